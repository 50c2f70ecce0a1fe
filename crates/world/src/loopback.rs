//! The one door out of a world, which leads to this machine and nowhere else.
//!
//! Simulation stays at home: every connection of the world is opened by [`LoopbackAddr::connect`], a
//! [`LoopbackAddr`] cannot be made of any other address, and a test sees to it that no other file of the crate
//! opens a socket. Names are never resolved.

use std::fmt;
use std::io;
use std::net::SocketAddr;

use tokio::net::TcpStream;

use crate::WorldError;

/// How often a connection that fails is tried again before the world is given up. A full accept queue is short-lived.
const ATTEMPTS: u32 = 4;

/// An address of this machine: within 127.0.0.0/8, or `::1`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LoopbackAddr(SocketAddr);

impl LoopbackAddr {
    /// This address, if it is one of this machine's.
    ///
    /// ```
    /// assert!(world::LoopbackAddr::new("127.0.0.1:25".parse()?).is_ok());
    /// assert!(world::LoopbackAddr::new("192.0.2.1:25".parse()?).is_err());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`WorldError::NotLoopback`] for any other.
    pub fn new(address: SocketAddr) -> Result<Self, WorldError> {
        // `is_loopback` says no to an IPv4 address mapped into IPv6, which is how a socket would be tricked out.
        if address.ip().is_loopback() { Ok(Self(address)) } else { Err(WorldError::NotLoopback(address)) }
    }

    /// The address.
    pub fn get(self) -> SocketAddr {
        self.0
    }

    /// Opens a connection.
    ///
    /// # Errors
    /// [`WorldError::Unreachable`] if nobody takes it.
    pub(crate) async fn connect(self) -> Result<TcpStream, WorldError> {
        let mut attempt = 1;
        loop {
            match TcpStream::connect(self.0).await {
                Ok(stream) => {
                    // Commands are small and waited for; Nagle's algorithm would hold each back for the last one's ACK.
                    // A socket that can't do without is still a socket.
                    let _ = stream.set_nodelay(true);
                    return Ok(stream);
                }
                Err(error) if attempt < ATTEMPTS && is_passing(&error) => attempt += 1,
                Err(source) => return Err(WorldError::Unreachable { target: self.0, source }),
            }
        }
    }
}

/// Whether an error can be gone the next time.
fn is_passing(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionReset, Interrupted, TimedOut, WouldBlock};
    matches!(error.kind(), ConnectionAborted | ConnectionReset | Interrupted | TimedOut | WouldBlock)
}

impl fmt::Display for LoopbackAddr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use std::fs;
    use std::path::Path;

    #[test]
    fn only_addresses_of_this_machine_are_taken() {
        for yes in ["127.0.0.1:80", "127.255.0.9:25", "[::1]:25"] {
            assert!(LoopbackAddr::new(yes.parse().unwrap()).is_ok(), "{yes}");
        }
        for no in [
            "0.0.0.0:25",
            "10.0.0.1:25",
            "192.0.2.1:25",
            "240.0.0.1:25",
            "[::]:25",
            "[2001:db8::1]:25",
            "[::ffff:127.0.0.1]:25",
            "[::ffff:192.0.2.1]:25",
        ] {
            assert!(matches!(LoopbackAddr::new(no.parse().unwrap()), Err(WorldError::NotLoopback(_))), "{no}");
        }
    }

    #[test]
    fn no_other_file_opens_a_socket_or_resolves_a_name() {
        let mut files = Vec::new();
        sources(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/src")), &mut files);
        assert!(files.len() > 10);
        for (name, text) in files.iter().filter(|(name, _)| !name.ends_with("loopback.rs")) {
            // Put together here so that this file's own text is not found by a search for it.
            for means in [
                ["::conn", "ect("],
                ["Udp", "Socket"],
                ["lookup", "_host"],
                ["Tcp", "Socket"],
                ["Unix", "Stream"],
                ["ToSocket", "Addrs"],
            ] {
                assert!(!text.contains(&means.concat()), "{name} has {}", means.concat());
            }
        }
    }

    fn sources(folder: &Path, into: &mut Vec<(String, String)>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                sources(&path, into);
            } else {
                into.push((path.display().to_string(), fs::read_to_string(&path).unwrap()));
            }
        }
    }
}
