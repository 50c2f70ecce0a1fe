//! The PROXY protocol's header, versions 1 and 2: who the client behind a proxy is.
//!
//! Sections are those of Willy Tarreau, "The PROXY protocol, versions 1 & 2" (HAProxy, 2020/03/05). The grammar is
//! the `ppp` crate's; the framing is ours, so that a header is parsed only once it is there whole, the answer doesn't
//! depend on where the network cut it, and nothing longer than [`MAX_LENGTH`] is waited for.

use std::net::SocketAddr;

use ppp::{v1, v2};

/// What every version 1 header begins with (section 2.1).
pub const V1_SIGNATURE: &[u8] = b"PROXY ";
/// What every version 2 header begins with (section 2.2).
pub const V2_SIGNATURE: &[u8] = b"\r\n\r\n\0\r\nQUIT\n";

/// The longest version 1 header, its CRLF counted in (section 2.1).
const V1_MAX_LENGTH: usize = 107;
/// Signature, version and command, family and protocol, length (section 2.2).
const V2_FIXED_LENGTH: usize = 16;
/// What may follow the fixed part of a version 2 header. Addresses take 216 bytes at most; the rest is
/// type-length-value fields, which are skipped. The format allows 65,535; senders stay far below this.
const V2_MAX_VARIABLE_LENGTH: usize = 4_096;

/// The longest header that is taken: 4,112 bytes.
pub const MAX_LENGTH: usize = V2_FIXED_LENGTH + V2_MAX_VARIABLE_LENGTH;

/// What the first bytes of a connection are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Parsed {
    /// Could become a header; more bytes are needed to tell.
    Incomplete,
    /// A whole header.
    Header(Header),
    /// Something else: the first bytes of the protocol itself.
    NotProxy,
    /// Begins as a header but isn't one. The connection is to be dropped (section 2: a receiver must not guess).
    Invalid(Fault),
}

/// A whole header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// The client. `None` where the proxy speaks for itself or doesn't know: `LOCAL`, `UNKNOWN`, `UNSPEC`, a Unix
    /// socket, or a datagram protocol, which cannot be what a TCP connection carries.
    pub source: Option<SocketAddr>,
    /// Where the client connected to; `None` where `source` is.
    pub destination: Option<SocketAddr>,
    /// How many bytes the header takes; what follows is the client's.
    pub length: usize,
}

/// What is wrong with a header.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// A version 1 header has no CRLF within 107 bytes.
    #[error("a version 1 header does not end within 107 bytes")]
    TooLongV1,
    /// A version 2 header says it goes on for more than 4,096 bytes.
    #[error("a version 2 header announces more than 4096 bytes")]
    TooLongV2,
    /// A version 1 header breaks the grammar of section 2.1.
    #[error("a version 1 header is malformed")]
    MalformedV1,
    /// A version 2 header breaks the rules of section 2.2.
    #[error("a version 2 header is malformed")]
    MalformedV2,
}

/// Tells what the first bytes of a connection are.
///
/// Pure; looks at no more than [`MAX_LENGTH`] bytes. Once the answer isn't [`Parsed::Incomplete`], more bytes do not
/// change it.
///
/// ```
/// use listener::proxy_header::{Parsed, parse};
/// let Parsed::Header(header) = parse(b"PROXY TCP4 192.0.2.7 198.51.100.1 40000 25\r\nEHLO there\r\n") else { panic!() };
/// assert_eq!(header.source, "192.0.2.7:40000".parse().ok());
/// assert_eq!(header.length, 44);
/// assert_eq!(parse(b"PROXY TCP4 192.0"), Parsed::Incomplete);
/// assert_eq!(parse(b"GET / HTTP/1.1\r\n"), Parsed::NotProxy);
/// ```
pub fn parse(bytes: &[u8]) -> Parsed {
    if bytes.starts_with(V1_SIGNATURE) {
        parse_v1(bytes)
    } else if bytes.starts_with(V2_SIGNATURE) {
        parse_v2(bytes)
    } else if V1_SIGNATURE.starts_with(bytes) || V2_SIGNATURE.starts_with(bytes) {
        Parsed::Incomplete
    } else {
        Parsed::NotProxy
    }
}

/// Whether these bytes have a whole signature, so that they cannot be anything but a header.
pub(crate) fn is_signed(bytes: &[u8]) -> bool {
    bytes.starts_with(V1_SIGNATURE) || bytes.starts_with(V2_SIGNATURE)
}

/// Section 2.1: one line of text.
fn parse_v1(bytes: &[u8]) -> Parsed {
    let window = &bytes[..bytes.len().min(V1_MAX_LENGTH)];
    let Some(line_end) = window.windows(2).position(|pair| pair == b"\r\n") else {
        return if bytes.len() < V1_MAX_LENGTH { Parsed::Incomplete } else { Parsed::Invalid(Fault::TooLongV1) };
    };
    let length = line_end + 2;
    let Ok(header) = v1::Header::try_from(&window[..length]) else {
        return Parsed::Invalid(Fault::MalformedV1);
    };
    let (source, destination) = match header.addresses {
        v1::Addresses::Tcp4(pair) => {
            pair_of((pair.source_address, pair.source_port), (pair.destination_address, pair.destination_port))
        }
        v1::Addresses::Tcp6(pair) => {
            pair_of((pair.source_address, pair.source_port), (pair.destination_address, pair.destination_port))
        }
        v1::Addresses::Unknown => (None, None),
    };
    Parsed::Header(Header { source, destination, length })
}

/// Section 2.2: fixed binary fields, addresses, type-length-value fields.
fn parse_v2(bytes: &[u8]) -> Parsed {
    let Some(fixed) = bytes.first_chunk::<V2_FIXED_LENGTH>() else { return Parsed::Incomplete };
    let variable_length = usize::from(u16::from_be_bytes([fixed[14], fixed[15]]));
    if variable_length > V2_MAX_VARIABLE_LENGTH {
        return Parsed::Invalid(Fault::TooLongV2);
    }
    let length = V2_FIXED_LENGTH + variable_length;
    let Some(whole) = bytes.get(..length) else { return Parsed::Incomplete };
    let Ok(header) = v2::Header::try_from(whole) else { return Parsed::Invalid(Fault::MalformedV2) };
    let speaks_for_client = header.command == v2::Command::Proxy && header.protocol == v2::Protocol::Stream;
    let (source, destination) = match header.addresses {
        v2::Addresses::IPv4(pair) if speaks_for_client => {
            pair_of((pair.source_address, pair.source_port), (pair.destination_address, pair.destination_port))
        }
        v2::Addresses::IPv6(pair) if speaks_for_client => {
            pair_of((pair.source_address, pair.source_port), (pair.destination_address, pair.destination_port))
        }
        _ => (None, None),
    };
    Parsed::Header(Header { source, destination, length })
}

fn pair_of(
    source: impl Into<SocketAddr>,
    destination: impl Into<SocketAddr>,
) -> (Option<SocketAddr>, Option<SocketAddr>) {
    (Some(source.into()), Some(destination.into()))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use proptest::prelude::*;

    use super::*;

    /// A version 2 header: command and version, family and protocol, what follows.
    fn v2_header(command: u8, family: u8, rest: &[u8]) -> Vec<u8> {
        let length = u16::try_from(rest.len()).unwrap().to_be_bytes();
        [V2_SIGNATURE, &[command, family], &length, rest].concat()
    }

    const IPV4_PAIR: [u8; 12] = [192, 0, 2, 7, 198, 51, 100, 1, 0x9C, 0x40, 0, 25];

    fn source_of(bytes: &[u8]) -> Option<String> {
        match parse(bytes) {
            Parsed::Header(header) => header.source.map(|source| source.to_string()),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn both_versions_name_clients_of_both_families() {
        assert_eq!(source_of(b"PROXY TCP4 192.0.2.7 198.51.100.1 40000 25\r\n").unwrap(), "192.0.2.7:40000");
        assert_eq!(source_of(b"PROXY TCP6 2001:db8::7 2001:db8::1 40000 25\r\n").unwrap(), "[2001:db8::7]:40000");
        assert_eq!(source_of(&v2_header(0x21, 0x11, &IPV4_PAIR)).unwrap(), "192.0.2.7:40000");
        let mut ipv6 = [0; 36];
        ipv6[..4].copy_from_slice(&[0x20, 1, 0x0D, 0xB8]);
        ipv6[15] = 7;
        ipv6[32..34].copy_from_slice(&40_000u16.to_be_bytes());
        assert_eq!(source_of(&v2_header(0x21, 0x21, &ipv6)).unwrap(), "[2001:db8::7]:40000");
    }

    #[test]
    fn a_proxy_that_checks_health_or_knows_nobody_names_no_client() {
        for unknown in [&b"PROXY UNKNOWN\r\n"[..], b"PROXY UNKNOWN ffff::1 ffff::2 1 2\r\n"] {
            assert_eq!(source_of(unknown), None);
        }
        assert_eq!(source_of(&v2_header(0x20, 0x11, &IPV4_PAIR)), None, "LOCAL");
        assert_eq!(source_of(&v2_header(0x20, 0, b"")), None, "LOCAL without addresses");
        assert_eq!(source_of(&v2_header(0x21, 0, b"")), None, "UNSPEC");
        assert_eq!(source_of(&v2_header(0x21, 0x12, &IPV4_PAIR)), None, "UDP");
        assert_eq!(source_of(&v2_header(0x21, 0x31, &[b'a'; 216])), None, "a Unix socket");
    }

    #[test]
    fn fields_after_the_addresses_are_skipped() {
        let with_fields = [&IPV4_PAIR[..], &[0x04, 0, 3, 1, 2, 3]].concat();
        let header = v2_header(0x21, 0x11, &with_fields);
        let Parsed::Header(parsed) = parse(&[&header[..], b"EHLO"].concat()) else { panic!() };
        assert_eq!(parsed.length, header.len());
        assert_eq!(parsed.source.unwrap().to_string(), "192.0.2.7:40000");
    }

    #[test]
    fn no_header_is_waited_for_beyond_its_longest_form() {
        assert_eq!(parse(&[b"PROXY TCP4 ", &[b'1'; 96][..]].concat()), Parsed::Invalid(Fault::TooLongV1));
        assert_eq!(parse(&[V2_SIGNATURE, &[0x21, 0x11, 0x10, 0x01]].concat()), Parsed::Invalid(Fault::TooLongV2));
    }

    #[test]
    fn what_breaks_the_grammar_is_refused_rather_than_guessed_at() {
        for line in [
            &b"PROXY TCP4 192.0.2.7 198.51.100.1 40000\r\n"[..],
            b"PROXY TCP4 192.0.2.777 198.51.100.1 40000 25\r\n",
            b"PROXY TCP4 2001:db8::7 2001:db8::1 40000 25\r\n",
            b"PROXY TCP4 192.0.2.7 198.51.100.1 99999 25\r\n",
            b"PROXY TCP9 192.0.2.7 198.51.100.1 1 25\r\n",
            b"PROXY \r\n",
        ] {
            assert_eq!(parse(line), Parsed::Invalid(Fault::MalformedV1), "{}", line.escape_ascii());
        }
        for header in
            [v2_header(0x11, 0x11, &IPV4_PAIR), v2_header(0x2F, 0x11, &IPV4_PAIR), v2_header(0x21, 0x11, &[1; 5])]
        {
            assert_eq!(parse(&header), Parsed::Invalid(Fault::MalformedV2), "{}", header.escape_ascii());
        }
    }

    proptest! {
        #[test]
        fn the_answer_does_not_depend_on_where_the_network_cut_the_bytes(
            begin in prop_oneof![Just(V1_SIGNATURE.to_vec()), Just(V2_SIGNATURE.to_vec()), Just(b"PROXY TCP4 192.0.2.7 ".to_vec()), Just(vec![])],
            rest in prop::collection::vec(any::<u8>(), 0..160),
        ) {
            let all = [begin, rest].concat();
            let mut told = Parsed::Incomplete;
            for cut in 0..=all.len() {
                let parsed = parse(&all[..cut]);
                if told != Parsed::Incomplete {
                    prop_assert_eq!(parsed, told);
                }
                told = parsed;
                if let Parsed::Header(header) = parsed {
                    prop_assert!(header.length <= cut);
                }
            }
        }

        #[test]
        fn every_client_that_a_header_can_name_is_named(octets in any::<[u8; 16]>(), v4 in any::<[u8; 4]>(), port in any::<u16>()) {
            let four = format!("PROXY TCP4 {} 127.0.0.1 {port} 25\r\n", std::net::Ipv4Addr::from(v4));
            prop_assert_eq!(source_of(four.as_bytes()), Some(SocketAddr::from((v4, port)).to_string()));
            let six = format!("PROXY TCP6 {} ::1 {port} 25\r\n", std::net::Ipv6Addr::from(octets));
            prop_assert_eq!(source_of(six.as_bytes()), Some(SocketAddr::from((octets, port)).to_string()));
        }
    }
}
