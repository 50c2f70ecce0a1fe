//! Who is at the other end, and how that was learned.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

/// The other end of a connection: a visitor or a sender.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Client {
    /// Its address. An IPv4 address mapped into IPv6 stands here as IPv4.
    pub address: IpAddr,
    /// Its TCP port; 0 where it isn't known.
    pub port: u16,
    /// How the address was learned.
    pub identity: ClientIdentity,
}

impl Client {
    /// A client known by its own TCP connection.
    pub fn direct(address: IpAddr, port: u16) -> Self {
        Self { address: address.to_canonical(), port, identity: ClientIdentity::Direct }
    }
}

/// How a client's address was learned. Client identity is earned: what an untrusted peer claims never counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClientIdentity {
    /// It is the peer of the TCP connection.
    Direct,
    /// A trusted proxy said so by the PROXY protocol.
    ProxyProtocol,
    /// A trusted proxy said so in `X-Forwarded-For` or `Forwarded`.
    Forwarded,
    /// An imported message or log line says so.
    Imported,
}
