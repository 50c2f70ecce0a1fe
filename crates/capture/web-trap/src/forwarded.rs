//! Who the client behind trusted proxies is: `X-Forwarded-For` and `Forwarded` (RFC 7239).
//!
//! Each proxy adds, at the right, the address of whoever it got the request from. So the walk begins with the
//! connection's own peer and goes left as long as whoever vouches is trusted; everything further left is a claim of
//! somebody who isn't, and is never looked at.

use std::net::{IpAddr, SocketAddr};

use httparse::Header;
use listener::TrustedProxies;
use model::{Client, ClientIdentity};

use crate::ForwardedHeader;

const X_FORWARDED_FOR: &str = "x-forwarded-for";
const FORWARDED: &str = "forwarded";

/// The client of a request that came over this connection.
pub(crate) fn client_of(
    connection: Client,
    fields: &[Header<'_>],
    trusted: &TrustedProxies,
    believed: ForwardedHeader,
) -> Client {
    if !trusted.contains(connection.address) {
        return connection;
    }
    let mut client = connection;
    for hop in hops(fields, believed).into_iter().rev() {
        // A hop that its proxy hides or garbles: whoever is nearest and known answers for it.
        let Some((address, port)) = hop else { break };
        client = Client { address, port, identity: ClientIdentity::Forwarded };
        if !trusted.contains(address) {
            break;
        }
    }
    client
}

/// An address and its port, 0 if it has none; nothing where it isn't told.
type Hop = Option<(IpAddr, u16)>;

/// The hops in the order of the header, the nearest last.
fn hops(fields: &[Header<'_>], believed: ForwardedHeader) -> Vec<Hop> {
    let has = |name: &str| fields.iter().any(|field| field.name.eq_ignore_ascii_case(name));
    let take_x = match believed {
        ForwardedHeader::XForwardedFor => true,
        ForwardedHeader::Forwarded => false,
        ForwardedHeader::Either => has(X_FORWARDED_FOR),
    };
    let (name, read): (_, fn(&str) -> Hop) =
        if take_x { (X_FORWARDED_FOR, node) } else { (FORWARDED, forwarded_element) };
    // Several fields of one name are one list (RFC 9110, section 5.3). Bytes that aren't text are a hop not told.
    let named = fields.iter().filter(|field| field.name.eq_ignore_ascii_case(name));
    let values = named.map(|field| String::from_utf8_lossy(field.value));
    values.flat_map(|value| split_outside_quotes(&value, b',').into_iter().map(read).collect::<Vec<_>>()).collect()
}

/// The `for` of one element of a `Forwarded` header (RFC 7239, section 4).
fn forwarded_element(element: &str) -> Hop {
    let pairs = split_outside_quotes(element, b';');
    let value = pairs.iter().find_map(|pair| {
        let (name, value) = pair.split_once('=')?;
        name.trim().eq_ignore_ascii_case("for").then_some(value.trim())
    })?;
    let unquoted = value.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(value);
    node(unquoted)
}

/// An address, with or without a port; IPv6 with or without brackets (RFC 7239, section 6).
fn node(text: &str) -> Hop {
    let text = text.trim();
    let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
    let (address, port) = match bare.parse::<IpAddr>() {
        Ok(address) => (address, 0),
        Err(_) => text.parse::<SocketAddr>().map(|both| (both.ip(), both.port())).ok()?,
    };
    Some((address.to_canonical(), port))
}

/// Splits at a separator that isn't within a quoted string (RFC 9110, section 5.6.4).
fn split_outside_quotes(text: &str, separator: u8) -> Vec<&str> {
    let (mut quoted, mut escaped, mut start, mut parts) = (false, false, 0, Vec::new());
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            _ if byte == separator && !quoted => {
                parts.push(&text[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&text[start..]);
    parts
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use proptest::prelude::*;

    use super::*;

    fn trusted() -> TrustedProxies {
        ["10.0.0.0/8".parse().unwrap(), "2001:db8:ff::/48".parse().unwrap()].into_iter().collect()
    }

    fn resolve(peer: &str, headers: &[(&'static str, &str)], believed: ForwardedHeader) -> (String, ClientIdentity) {
        let fields: Vec<_> = headers.iter().map(|(name, value)| Header { name, value: value.as_bytes() }).collect();
        let client = client_of(Client::direct(peer.parse().unwrap(), 1), &fields, &trusted(), believed);
        (client.address.to_string(), client.identity)
    }

    fn address(peer: &str, headers: &[(&'static str, &str)]) -> String {
        resolve(peer, headers, ForwardedHeader::Either).0
    }

    #[test]
    fn an_untrusted_peer_is_the_client_whatever_it_claims() {
        let claims = [("x-forwarded-for", "198.51.100.1"), ("forwarded", "for=198.51.100.2")];
        assert_eq!(
            resolve("192.0.2.1", &claims, ForwardedHeader::Either),
            ("192.0.2.1".into(), ClientIdentity::Direct)
        );
    }

    #[test]
    fn what_stands_left_of_the_first_untrusted_hop_is_not_believed() {
        assert_eq!(address("10.0.0.1", &[("x-forwarded-for", "8.8.8.8, 192.0.2.7, 10.1.1.1")]), "192.0.2.7");
        assert_eq!(
            address("10.0.0.1", &[("x-forwarded-for", "8.8.8.8"), ("x-forwarded-for", "192.0.2.7")]),
            "192.0.2.7"
        );
        assert_eq!(address("10.0.0.1", &[("forwarded", "for=8.8.8.8, for=192.0.2.7;by=10.0.0.1")]), "192.0.2.7");
    }

    #[test]
    fn every_way_of_writing_an_address_is_read() {
        for (written, read) in [
            ("for=192.0.2.43", "192.0.2.43"),
            ("For=\"[2001:db8:cafe::17]:4711\"", "2001:db8:cafe::17"),
            ("proto=http; for=\"192.0.2.60:81\" ;by=203.0.113.43", "192.0.2.60"),
            ("by=\"a,b;for=8.8.8.8\";for=192.0.2.9", "192.0.2.9"),
            ("for=\"[::ffff:192.0.2.5]\"", "192.0.2.5"),
        ] {
            assert_eq!(address("10.0.0.1", &[("forwarded", written)]), read, "{written}");
        }
        for (written, read) in
            [("192.0.2.4:99", "192.0.2.4"), ("2001:db8::1", "2001:db8::1"), ("[2001:db8::2]:5", "2001:db8::2")]
        {
            assert_eq!(address("10.0.0.1", &[("x-forwarded-for", written)]), read, "{written}");
        }
    }

    #[test]
    fn a_hop_that_its_proxy_hides_is_answered_for_by_that_proxy() {
        assert_eq!(address("10.0.0.1", &[("forwarded", "for=8.8.8.8, for=unknown")]), "10.0.0.1");
        assert_eq!(address("10.0.0.1", &[("x-forwarded-for", "8.8.8.8, _hidden, 10.2.2.2")]), "10.2.2.2");
        assert_eq!(address("10.0.0.1", &[]), "10.0.0.1");
    }

    #[test]
    fn a_forwarded_header_that_the_proxy_passed_on_does_not_outdo_the_one_that_it_writes() {
        let both = [("forwarded", "for=8.8.8.8"), ("x-forwarded-for", "192.0.2.7")];
        assert_eq!(address("10.0.0.1", &both), "192.0.2.7");
        assert_eq!(resolve("10.0.0.1", &both, ForwardedHeader::Forwarded).0, "8.8.8.8");
    }

    fn hop() -> impl Strategy<Value = String> {
        prop_oneof![
            any::<[u8; 4]>().prop_map(|octets| IpAddr::from(octets).to_string()),
            any::<[u8; 16]>().prop_map(|octets| IpAddr::from(octets).to_string()),
            Just("10.9.8.7".to_owned()),
            "[ -~]{0,24}",
        ]
    }

    proptest! {
        #[test]
        fn no_claim_before_a_trusted_proxys_own_entry_changes_the_client(
            claims in prop::collection::vec(hop(), 0..6),
            octets in any::<[u8; 4]>().prop_filter("not a proxy", |octets| octets[0] != 10),
            proxies in 0usize..3,
        ) {
            let client = IpAddr::from(octets).to_string();
            // A quote opened by the client must not swallow what the proxy adds, so claims come in fields of their own.
            let mut values = claims;
            values.push(std::iter::once(client.clone()).chain((0..proxies).map(|n| format!("10.0.0.{n}"))).collect::<Vec<_>>().join(", "));
            let headers: Vec<_> = values.iter().map(|value| ("x-forwarded-for", value.as_str())).collect();
            prop_assert_eq!(address("10.0.0.99", &headers), client);
        }

        #[test]
        fn no_bytes_make_it_fail(value in prop::collection::vec(0x20u8..=0xFF, 0..200).prop_filter("a header value", |v| !v.contains(&0x7F))) {
            for name in ["forwarded", "x-forwarded-for"] {
                let fields = [Header { name, value: &value }];
                client_of(Client::direct([10, 0, 0, 1].into(), 1), &fields, &trusted(), ForwardedHeader::Either);
            }
        }
    }
}
