//! XFORWARD: which client an MTA in front has the mail from (Postfix's XFORWARD_README).
//!
//! Without it, mail over LMTP would all seem to come from the operator's own server. Only peers that are trusted may
//! say it: those on the Unix socket, and the configured proxies. Postfix says it with `lmtp_send_xforward_command = yes`.

use std::net::IpAddr;

use model::{Client, ClientIdentity};

use crate::command;
use crate::dialogue::{Dialogue, Forwarded, Next};
use crate::reply;

/// Bytes of a HELO name that are kept.
const HELO_BYTES: usize = 255;

impl Dialogue {
    pub(super) fn xforward(&mut self, argument: &[u8]) -> Option<Next> {
        if !self.may_forward {
            return self.error(reply::NOT_UNDERSTOOD);
        }
        if self.envelope.is_some() {
            return self.error(reply::AUTH_AMID_MAIL);
        }
        let mut forwarded =
            self.forwarded.take().map_or_else(|| Forwarded { client: *self.sender(), helo: None }, |f| *f);
        for attribute in argument.split(|byte| *byte == b' ').filter(|attribute| !attribute.is_empty()) {
            if !forwarded.set(attribute) {
                return self.error(reply::XFORWARD_SYNTAX);
            }
        }
        self.forwarded = Some(Box::new(forwarded));
        self.reply(reply::OK);
        None
    }
}

impl Forwarded {
    /// Takes an attribute over. Whether it was well-formed; those that say nothing of use are passed over.
    fn set(&mut self, attribute: &[u8]) -> bool {
        let Some(equals) = attribute.iter().position(|byte| *byte == b'=') else { return false };
        let (name, value) = (&attribute[..equals], decode_xtext(&attribute[equals + 1..]));
        let value = command::text(&value, HELO_BYTES);
        if value.eq_ignore_ascii_case("[UNAVAILABLE]") || value.eq_ignore_ascii_case("[TEMPUNAVAIL]") {
            return true;
        }
        match name.to_ascii_uppercase().as_slice() {
            b"ADDR" => match address(&value) {
                Some(address) => {
                    self.client = Client { address, port: 0, identity: ClientIdentity::Forwarded };
                    true
                }
                None => false,
            },
            b"PORT" => value.parse().map(|port| self.client.port = port).is_ok(),
            b"HELO" => {
                self.helo = Some(value);
                true
            }
            b"NAME" | b"PROTO" | b"IDENT" | b"SOURCE" => true,
            _ => false,
        }
    }
}

fn address(value: &str) -> Option<IpAddr> {
    let plain = match value.split_at_checked(5) {
        Some((family, address)) if family.eq_ignore_ascii_case("IPv6:") => address,
        _ => value,
    };
    plain.parse::<IpAddr>().ok().map(|address| address.to_canonical())
}

/// RFC 1891 section 5: `+` and two hexadecimal digits stand for a byte.
fn decode_xtext(value: &[u8]) -> Vec<u8> {
    let mut decoded = Vec::with_capacity(value.len());
    let mut rest = value;
    while let Some((byte, after)) = rest.split_first() {
        let hex = after.get(..2).filter(|_| *byte == b'+').and_then(|hex| std::str::from_utf8(hex).ok());
        match hex.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            Some(escaped) => {
                decoded.push(escaped);
                rest = &after[2..];
            }
            None => {
                decoded.push(*byte);
                rest = after;
            }
        }
    }
    decoded
}
