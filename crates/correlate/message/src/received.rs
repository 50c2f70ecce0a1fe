//! `Received` headers: each host that took a message says from whom, when and how (RFC 5321, section 4.4).

use std::net::IpAddr;

use jiff::Timestamp;
use mail_parser::parsers::MessageStream;
use mail_parser::{HeaderValue, Host};

use crate::headers::{Header, headers, timestamp};
use crate::peer::peer;

/// How many `Received` headers of a message are looked at. Servers take a message for looping at 100 or less
/// (RFC 5321, section 6.3).
pub const HOPS: usize = 100;

/// What one host wrote about taking a message. All of it is that host's word, and only as good as the host.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Received {
    /// Whether it names a client at all; one that doesn't tells of a step within the host.
    pub has_client: bool,
    /// The address of the client as the host recorded it.
    pub client: Option<IpAddr>,
    /// The client's reverse name as the host found it.
    pub client_name: Option<String>,
    /// What the client called itself; empty if the host did not write that down.
    pub helo: String,
    /// The host; empty if it didn't say.
    pub by: String,
    /// `SMTP`, `ESMTPS`, `local` and the like, in capitals; empty if it didn't say.
    pub with: String,
    /// The recipient, if it named one.
    pub recipient: Option<String>,
    /// When it took the message.
    pub at: Option<Timestamp>,
}

impl Received {
    /// Reads the value of a `Received` header.
    ///
    /// Where an address was recorded is decided by [`peer()`], since a client may write anything into its HELO;
    /// the rest is left to `mail-parser`, but for protocols that it doesn't know.
    pub fn parse(value: &[u8]) -> Self {
        let text = Header { name: "Received", value }.text();
        // The library's tokens end with the line; the text is one line by now.
        let HeaderValue::Received(parsed) = MessageStream::new(text.as_bytes()).parse_received() else {
            return Self::default();
        };
        let name = |host: &Host<'_>| match host {
            Host::Name(name) => name.to_string(),
            Host::IpAddr(address) => format!("[{address}]"),
        };
        let helo = parsed.helo.as_ref().or(parsed.from.as_ref()).map(name).unwrap_or_default();
        Self {
            has_client: starts_with_from(&text),
            client: peer(&text),
            client_name: parsed.from_iprev.as_ref().map(|name| name.trim_end_matches('.').to_owned()),
            helo,
            by: parsed.by.as_ref().map(name).unwrap_or_default(),
            with: parsed.with.map_or_else(|| protocol(&text), |with| with.to_string().to_ascii_uppercase()),
            recipient: parsed.for_.as_ref().map(|address| address.to_string()),
            at: parsed.date.as_ref().and_then(timestamp),
        }
    }

    /// Whether it tells of a message fetched from a mailbox or handed over within the host, rather than of a
    /// client that sent it.
    pub fn is_internal_step(&self) -> bool {
        !self.has_client || ["IMAP", "POP3", "POP", "LOCAL", "STDIO"].contains(&self.with.as_str())
    }
}

fn starts_with_from(text: &str) -> bool {
    text.split_whitespace().next().is_some_and(|word| word.eq_ignore_ascii_case("from"))
}

/// The word after `with` outside comments, in capitals.
fn protocol(text: &str) -> String {
    let mut depth = 0u32;
    let mut words = text.split_inclusive(['(', ')', ' ']).filter_map(|piece| {
        let outside = depth == 0;
        if piece.ends_with('(') {
            depth += 1;
        } else if piece.ends_with(')') {
            depth = depth.saturating_sub(1);
        }
        let word = piece.trim_matches(['(', ')', ' ', ';']);
        (outside && !word.is_empty()).then_some(word)
    });
    words.by_ref().find(|word| word.eq_ignore_ascii_case("with"));
    words.next().unwrap_or_default().split(['/', ';']).next().unwrap_or_default().to_ascii_uppercase()
}

/// The `Received` headers of a message, the latest first; [`HOPS`] at most.
pub fn received(content: &[u8]) -> impl Iterator<Item = Received> + '_ {
    headers(content).filter(|header| header.is("Received")).take(HOPS).map(|header| Received::parse(header.value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_postfix_header_says_who_when_how_and_for_whom() {
        let hop = Received::parse(
            b" from pc (pool.isp.example [192.0.2.7])\r\n\tby mx.example (Postfix) with ESMTP id 117DD2E06D\r\n\
              \tfor <trap@x.example>; Tue, 27 Aug 2002 07:15:45 -0400 (EDT)\r\n",
        );
        assert_eq!(
            hop,
            Received {
                has_client: true,
                client: Some([192, 0, 2, 7].into()),
                client_name: Some("pool.isp.example".to_owned()),
                helo: "pc".to_owned(),
                by: "mx.example".to_owned(),
                with: "ESMTP".to_owned(),
                recipient: Some("trap@x.example".to_owned()),
                at: "2002-08-27T11:15:45Z".parse().ok(),
            }
        );
    }

    #[test]
    fn qmail_and_exim_say_the_helo_apart() {
        assert_eq!(Received::parse(b"from unknown (HELO h) (192.168.0.2) by linux.local with SMTP").helo, "h");
        assert_eq!(Received::parse(b"from a.example ([192.0.2.7] helo=pc.example) by mx with smtp").helo, "pc.example");
    }

    #[test]
    fn fetching_from_a_mailbox_is_a_step_within() {
        let fetched = Received::parse(b"from phobos [127.0.0.1] by localhost with IMAP (fetchmail-5.9.0)");
        assert!(fetched.is_internal_step());
        assert!(Received::parse(b"by hub.example (Postfix, from userid 538) id 6").is_internal_step());
        assert!(Received::parse(b"(qmail 11101 invoked from network); 7 Sep 2002 04:47:28 -0000").is_internal_step());
        assert!(!Received::parse(b"from pc (x [192.0.2.7]) by mx with SMTP").is_internal_step());
    }
}
