//! Who handed a message to the first host that is to be believed.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use jiff::Timestamp;

use crate::received::{Received, received};

/// The host that handed a message in, from the topmost `Received` header that names one from outside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Relay {
    /// Its address.
    pub address: IpAddr,
    /// What it called itself; empty if that was not written down.
    pub helo: String,
    /// The believed host that took the message from it.
    pub by: String,
    /// When; `None` if that header has no date that makes sense.
    pub at: Option<Timestamp>,
    /// For whom, where that header says.
    pub recipient: Option<String>,
    /// How many `Received` headers stand above that one.
    pub depth: usize,
}

/// Why no relay can be told from a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoRelay {
    /// There is no `Received` header.
    #[error("no Received header")]
    NoReceived,
    /// A host that isn't trusted comes first without its address: what stands below it may be made up.
    #[error("the Received header of the relay has no address")]
    NoAddress,
    /// Every `Received` header tells of trusted and internal hosts.
    #[error("no Received header names a host from outside")]
    NothingFromOutside,
}

/// Finds the relay.
///
/// Headers are read from the top, where the last host to take the message wrote its own. Each is believed as long
/// as all above it tell of a client that is `trusted` or inside (loopback, private and link-local ranges), of a
/// fetch from a mailbox, or of a step within a host. The first with a client from outside names the relay; what
/// stands below was written by the relay or by whoever is behind it, and can be a lie.
///
/// # Errors
/// Why there is none.
pub fn relay(content: &[u8], trusted: &[IpNet]) -> Result<Relay, NoRelay> {
    let mut nothing = NoRelay::NoReceived;
    for (depth, hop) in received(content).enumerate() {
        nothing = NoRelay::NothingFromOutside;
        match hop.client {
            _ if hop.is_internal_step() => {}
            None => return Err(NoRelay::NoAddress),
            Some(address) if is_inside(address) || trusted.iter().any(|net| net.contains(&address)) => {}
            Some(address) => {
                let Received { helo, by, at, recipient, .. } = hop;
                return Ok(Relay { address, helo, by, at, recipient, depth });
            }
        }
    }
    Err(nothing)
}

const INSIDE_V4: [Ipv4Net; 7] = [
    Ipv4Net::new_assert(Ipv4Addr::new(0, 0, 0, 0), 8),
    Ipv4Net::new_assert(Ipv4Addr::new(10, 0, 0, 0), 8),
    Ipv4Net::new_assert(Ipv4Addr::new(100, 64, 0, 0), 10),
    Ipv4Net::new_assert(Ipv4Addr::new(127, 0, 0, 0), 8),
    Ipv4Net::new_assert(Ipv4Addr::new(169, 254, 0, 0), 16),
    Ipv4Net::new_assert(Ipv4Addr::new(172, 16, 0, 0), 12),
    Ipv4Net::new_assert(Ipv4Addr::new(192, 168, 0, 0), 16),
];

const INSIDE_V6: [Ipv6Net; 3] = [
    Ipv6Net::new_assert(Ipv6Addr::new(0xfc00, 0, 0, 0, 0, 0, 0, 0), 7),
    Ipv6Net::new_assert(Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 0), 10),
    Ipv6Net::new_assert(Ipv6Addr::UNSPECIFIED, 127),
];

/// Whether an address can only be met inside the receiver's own network (RFC 1918, 3927, 4193, 4291, 6598).
fn is_inside(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(v4) => INSIDE_V4.iter().any(|net| net.contains(&v4)),
        IpAddr::V6(v6) => INSIDE_V6.iter().any(|net| net.contains(&v6)),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    const CHAIN: &[u8] = b"\
Received: from localhost (localhost [127.0.0.1])\n\
\tby inner.example (Postfix) with ESMTP; Mon, 26 Aug 2002 10:41:43 -0400\n\
Received: from mail.mx.example [198.51.100.1]\n\
\tby localhost with IMAP (fetchmail-5.9.0)\n\
\tfor me@localhost (single-drop); Mon, 26 Aug 2002 15:41:43 +0100\n\
Received: from backup.mx.example (backup.mx.example [198.51.100.2]) by mail.mx.example\n\
\twith ESMTP for <trap@x.example>; Mon, 26 Aug 2002 15:40:00 +0100\n\
Received: from [203.0.113.1] (pool.isp.example [192.0.2.7]) by backup.mx.example\n\
\twith SMTP for <trap@x.example>; Mon, 26 Aug 2002 15:30:00 +0100\n\
Received: from bank.example (bank.example [203.0.113.9]) by lies.example; Mon, 1 Jan 1990 00:00:00 +0000\n\
\n";

    #[test]
    fn the_relay_is_the_first_client_from_outside_the_trusted_hosts() {
        let relay = relay(CHAIN, &["198.51.100.0/24".parse().unwrap()]).unwrap();
        assert_eq!(relay.address.to_string(), "192.0.2.7");
        assert_eq!(relay.helo, "[203.0.113.1]");
        assert_eq!(relay.by, "backup.mx.example");
        assert_eq!(relay.at, "2002-08-26T14:30:00Z".parse().ok());
        assert_eq!(relay.recipient.as_deref(), Some("trap@x.example"));
        assert_eq!(relay.depth, 3);
    }

    #[test]
    fn a_host_that_is_not_trusted_is_the_relay_itself() {
        assert_eq!(relay(CHAIN, &[]).unwrap().address.to_string(), "198.51.100.2");
    }

    #[test]
    fn what_stands_below_a_host_without_address_is_not_believed() {
        let content = b"Received: from somewhere by mx.example with SMTP\nReceived: from x (y [192.0.2.7]) by z\n\n";
        assert_eq!(relay(content, &[]), Err(NoRelay::NoAddress));
        assert_eq!(relay(b"Subject: x\n\n", &[]), Err(NoRelay::NoReceived));
        let inside = b"Received: from x (y [10.0.0.1]) by z with SMTP\n\n";
        assert_eq!(relay(inside, &[]), Err(NoRelay::NothingFromOutside));
    }
}
