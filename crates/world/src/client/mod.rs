//! The clients: HTTP and SMTP as bots speak them, to this machine only.

mod http;
mod smtp;

pub(crate) use http::{Fetched, WebClient};
pub(crate) use smtp::{Envelope, MailClient, Outcome};

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

use crate::{LoopbackAddr, WorldError};

/// How long an answer may take. The trap is on this machine: one that takes longer is stuck.
const PATIENCE: Duration = Duration::from_secs(60);

/// Opens a connection on which a client of the world speaks, its address told by a PROXY header.
async fn open(target: LoopbackAddr, client: IpAddr) -> Result<io::Result<TcpStream>, WorldError> {
    let mut stream = target.connect().await?;
    let header = proxy_header(client, target.get());
    Ok(stream.write_all(&header).await.map(|()| stream))
}

/// Waits for an answer, but not for ever.
async fn patiently<T>(answer: impl Future<Output = io::Result<T>>) -> io::Result<T> {
    tokio::time::timeout(PATIENCE, answer).await.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
}

/// Reads a line without its end, of no more than `left` bytes; takes from `left` what it read.
async fn read_line(from: &mut BufReader<TcpStream>, left: &mut u64) -> io::Result<String> {
    let mut line = Vec::new();
    let read = (&mut *from).take(*left).read_until(b'\n', &mut line).await?;
    *left -= read as u64;
    match line.strip_suffix(b"\n") {
        Some(whole) => Ok(String::from_utf8_lossy(whole.strip_suffix(b"\r").unwrap_or(whole)).into_owned()),
        None => Err(io::ErrorKind::UnexpectedEof.into()),
    }
}

/// A PROXY protocol header: version 2 (section 2.2), for some clients version 1 (section 2.1), so that both are used.
fn proxy_header(client: IpAddr, server: SocketAddr) -> Vec<u8> {
    // A client's port: any, but always the same for the same client, since nothing depends on it.
    let last = match client {
        IpAddr::V4(v4) => v4.octets()[3],
        IpAddr::V6(v6) => v6.octets()[7],
    };
    let port = 20_000 + u16::from(last) * 150;
    if last % 8 == 7 {
        let (family, destination) = match client {
            IpAddr::V4(_) => ("TCP4", "127.0.0.1"),
            IpAddr::V6(_) => ("TCP6", "::1"),
        };
        return format!("PROXY {family} {client} {destination} {port} {}\r\n", server.port()).into_bytes();
    }
    let mut header = b"\r\n\r\n\x00\r\nQUIT\n\x21".to_vec();
    match client {
        IpAddr::V4(v4) => {
            header.extend([0x11, 0, 12]);
            header.extend(v4.octets());
            header.extend([127, 0, 0, 1]);
        }
        IpAddr::V6(v6) => {
            header.extend([0x21, 0, 36]);
            header.extend(v6.octets());
            header.extend(std::net::Ipv6Addr::LOCALHOST.octets());
        }
    }
    header.extend(port.to_be_bytes());
    header.extend(server.port().to_be_bytes());
    header
}
