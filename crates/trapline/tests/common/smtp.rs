//! A plain SMTP client whose address a trusted proxy names.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{IpAddr, SocketAddr, TcpStream};
use std::time::Duration;

/// A connection to the mail trap. Errors are those of the connection; a reply that refuses is a reply.
pub struct Smtp {
    stream: BufReader<TcpStream>,
}

impl Smtp {
    /// Connects as this client, reads the greeting and says EHLO.
    pub fn connect(server: SocketAddr, client: IpAddr) -> std::io::Result<Self> {
        let stream = TcpStream::connect(server)?;
        stream.set_read_timeout(Some(Duration::from_secs(60)))?;
        stream.set_nodelay(true)?;
        let mut smtp = Self { stream: BufReader::new(stream) };
        let family = if client.is_ipv4() { "TCP4" } else { "TCP6" };
        let own = if client.is_ipv4() { "127.0.0.1" } else { "::1" };
        smtp.write(format!("PROXY {family} {client} {own} 40000 25\r\n").as_bytes())?;
        smtp.reply()?;
        smtp.say("EHLO client.example")?;
        Ok(smtp)
    }

    pub fn write(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        self.stream.get_mut().write_all(bytes)
    }

    /// Sends a line and gives the reply's code.
    pub fn say(&mut self, line: &str) -> std::io::Result<u16> {
        self.write(format!("{line}\r\n").as_bytes())?;
        self.reply()
    }

    /// The code of the next reply.
    pub fn reply(&mut self) -> std::io::Result<u16> {
        loop {
            let mut line = Vec::new();
            if (&mut self.stream).take(1024).read_until(b'\n', &mut line)? == 0 {
                return Err(std::io::ErrorKind::UnexpectedEof.into());
            }
            let line = String::from_utf8_lossy(&line);
            if line.as_bytes().get(3) != Some(&b'-') {
                return line
                    .get(..3)
                    .and_then(|code| code.parse().ok())
                    .ok_or_else(|| std::io::Error::other(line.into_owned()));
            }
        }
    }

    /// Delivers a message to these recipients; the code of the last reply.
    pub fn deliver(&mut self, from: &str, recipients: &[&str], content: &[u8]) -> std::io::Result<u16> {
        self.say(&format!("MAIL FROM:<{from}>"))?;
        for recipient in recipients {
            let code = self.say(&format!("RCPT TO:<{recipient}>"))?;
            if code != 250 {
                return Ok(code);
            }
        }
        let code = self.say("DATA")?;
        if code != 354 {
            return Ok(code);
        }
        self.write(&stuffed(content))?;
        self.reply()
    }
}

/// The content as DATA takes it: dots doubled at the beginnings of lines, ended by CRLF.CRLF.
fn stuffed(content: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(content.len() + 8);
    let mut at_line = true;
    for (index, &byte) in content.iter().enumerate() {
        if at_line && byte == b'.' {
            out.push(b'.');
        }
        out.push(byte);
        at_line = byte == b'\n' && index > 0 && content[index - 1] == b'\r';
    }
    if !out.ends_with(b"\r\n") {
        out.extend_from_slice(b"\r\n");
    }
    out.extend_from_slice(b".\r\n");
    out
}
