//! A web client that is as simple as a bot's.

use std::fmt::Write;
use std::io;
use std::net::IpAddr;

use tokio::io::{AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

use super::{open, patiently, read_line};
use crate::plan::Tool;
use crate::{LoopbackAddr, WorldError};

/// The longest head of an answer, in bytes.
const HEAD: u64 = 32 << 10;
/// The longest body, in bytes.
const BODY: u64 = 2 << 20;
/// The longest line around a chunk, in bytes.
const CHUNK_LINE: u64 = 64;

/// An answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Fetched {
    /// Its status.
    pub(crate) status: u16,
    /// Its body, as text.
    pub(crate) body: String,
}

/// A visitor of one host.
#[derive(Debug)]
pub(crate) struct WebClient<'a> {
    target: LoopbackAddr,
    client: IpAddr,
    tool: &'a Tool,
    host: &'a str,
    connection: Option<BufReader<TcpStream>>,
    referer: Option<String>,
}

impl<'a> WebClient<'a> {
    /// A visitor with this address and this program.
    pub(crate) fn new(target: LoopbackAddr, client: IpAddr, tool: &'a Tool, host: &'a str) -> Self {
        Self { target, client, tool, host, connection: None, referer: None }
    }

    /// Fetches a path; posts a form's body to it if there is one. The inner error is this one exchange's.
    ///
    /// # Errors
    /// [`WorldError::Unreachable`] if no connection can be opened.
    pub(crate) async fn fetch(&mut self, path: &str, form: Option<&str>) -> Result<io::Result<Fetched>, WorldError> {
        let request = self.request(path, form);
        // A server may close a connection that has been kept; that is seen only by trying.
        if let Some(kept) = self.connection.take() {
            let fetched = self.exchange(kept, &request).await;
            // What was posted may have been taken in all the same: it isn't posted again.
            if fetched.is_ok() || form.is_some() {
                return Ok(fetched);
            }
        }
        let stream = match open(self.target, self.client).await? {
            Ok(stream) => stream,
            Err(error) => return Ok(Err(error)),
        };
        let fetched = self.exchange(BufReader::new(stream), &request).await;
        if fetched.is_ok() && !path.ends_with("robots.txt") {
            self.referer = Some(format!("http://{}{path}", self.host));
        }
        Ok(fetched)
    }

    fn request(&self, path: &str, form: Option<&str>) -> String {
        let version = if self.tool.old_http { "1.0" } else { "1.1" };
        let method = if form.is_some() { "POST" } else { "GET" };
        let mut head = format!("{method} {path} HTTP/{version}\r\nHost: {}\r\n", self.host);
        // Writing to a string cannot fail.
        if !self.tool.agent.is_empty() {
            let _ = write!(head, "User-Agent: {}\r\n", self.tool.agent);
        }
        if self.tool.agent.contains("Firefox") {
            head.push_str("Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8\r\n");
            head.push_str("Accept-Language: en-us,en;q=0.5\r\n");
        } else {
            head.push_str("Accept: */*\r\n");
        }
        if let Some(referer) = &self.referer {
            let _ = write!(head, "Referer: {referer}\r\n");
        }
        if let Some(form) = form {
            let length = form.len();
            let _ = write!(head, "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {length}\r\n");
        }
        head + "\r\n" + form.unwrap_or_default()
    }

    /// Sends a request and reads its answer; keeps the connection if both sides do.
    async fn exchange(&mut self, mut connection: BufReader<TcpStream>, request: &str) -> io::Result<Fetched> {
        connection.get_mut().write_all(request.as_bytes()).await?;
        let (fetched, keeps) = patiently(read_answer(&mut connection)).await?;
        if keeps && !self.tool.old_http {
            self.connection = Some(connection);
        }
        Ok(fetched)
    }
}

/// How a body ends (RFC 9112 section 6.3).
enum Framing {
    Length(u64),
    Chunked,
    Close,
}

/// Reads an answer. Also says whether the connection can be used again.
async fn read_answer(connection: &mut BufReader<TcpStream>) -> io::Result<(Fetched, bool)> {
    let mut left = HEAD;
    let status_line = read_line(connection, &mut left).await?;
    let status = status_line.split(' ').nth(1).and_then(|code| code.parse().ok()).ok_or(io::ErrorKind::InvalidData)?;
    let mut keeps = status_line.starts_with("HTTP/1.1");
    let mut framing = Framing::Close;
    loop {
        let line = read_line(connection, &mut left).await?;
        if line.is_empty() {
            break;
        }
        let (name, value) = line.split_once(':').ok_or(io::ErrorKind::InvalidData)?;
        let value = value.trim();
        match name.to_ascii_lowercase().as_str() {
            "content-length" => framing = Framing::Length(value.parse().map_err(|_| io::ErrorKind::InvalidData)?),
            "transfer-encoding" if value.eq_ignore_ascii_case("chunked") => framing = Framing::Chunked,
            "connection" if value.eq_ignore_ascii_case("close") => keeps = false,
            _ => {}
        }
    }
    let body = match framing {
        _ if status == 204 || status == 304 => Vec::new(),
        Framing::Length(length) => exactly(connection, length).await?,
        Framing::Chunked => chunked(connection).await?,
        Framing::Close => {
            keeps = false;
            until_closed(connection).await?
        }
    };
    Ok((Fetched { status, body: String::from_utf8_lossy(&body).into_owned() }, keeps))
}

async fn exactly(from: &mut BufReader<TcpStream>, length: u64) -> io::Result<Vec<u8>> {
    if length > BODY {
        return Err(io::ErrorKind::InvalidData.into());
    }
    let mut body = vec![0; length as usize];
    from.read_exact(&mut body).await?;
    Ok(body)
}

async fn until_closed(from: &mut BufReader<TcpStream>) -> io::Result<Vec<u8>> {
    let mut body = Vec::new();
    while from.read_buf(&mut body).await? > 0 {
        if body.len() as u64 > BODY {
            return Err(io::ErrorKind::InvalidData.into());
        }
    }
    Ok(body)
}

/// RFC 9112 section 7.1, without trailers.
async fn chunked(from: &mut BufReader<TcpStream>) -> io::Result<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let size = read_line(from, &mut { CHUNK_LINE }).await?;
        let size = size.split(';').next().unwrap_or_default().trim();
        let size = u64::from_str_radix(size, 16).map_err(|_| io::ErrorKind::InvalidData)?;
        body.extend(exactly(from, size).await?);
        read_line(from, &mut { CHUNK_LINE }).await?;
        if size == 0 {
            return Ok(body);
        }
        if body.len() as u64 > BODY {
            return Err(io::ErrorKind::InvalidData.into());
        }
    }
}
