//! The trap's own trace of a message: the `Received` header that a mail server would have put on top of it
//! (RFC 5321 section 4.4). Kept apart, since the content is evidence as it came.

use std::fmt::Write;
use std::net::IpAddr;

use jiff::fmt::rfc2822::DateTimePrinter;
use jiff::tz::TimeZone;
use model::{Client, EventId, MailProtocol, Timestamp};

/// What the header says.
pub(crate) struct Trace<'a> {
    pub(crate) helo: &'a str,
    pub(crate) client: &'a Client,
    pub(crate) hostname: &'a str,
    pub(crate) protocol: MailProtocol,
    /// Whether the client said EHLO rather than HELO.
    pub(crate) extended: bool,
    pub(crate) smtputf8: bool,
    pub(crate) tls: bool,
    pub(crate) id: EventId,
    pub(crate) at: Timestamp,
}

impl Trace<'_> {
    /// The header, folded, with its last CRLF.
    pub(crate) fn header(&self) -> String {
        let mut header = String::with_capacity(160 + self.helo.len());
        header.push_str("Received: from ");
        push_name(&mut header, self.helo);
        let address = self.client.address;
        let family = if matches!(address, IpAddr::V6(_)) { "IPv6:" } else { "" };
        let (hostname, with) = (self.hostname, self.with());
        // Writing to a string does not fail.
        let _ = write!(header, " ([{family}{address}])\r\n\tby {hostname} with {with} id {};\r\n\t", queue_id(self.id));
        let at = self.at.to_zoned_datetime(TimeZone::UTC);
        let printed = DateTimePrinter::new().print_zoned_datetime(&at, &mut header);
        if printed.is_err() {
            header.push_str("Thu, 1 Jan 1970 00:00:00 +0000");
        }
        header.push_str("\r\n");
        header
    }

    /// The protocol's registered name (RFC 3848; RFC 6531 section 4.3 for UTF8SMTP).
    fn with(&self) -> &'static str {
        match (self.protocol, self.smtputf8, self.tls) {
            (MailProtocol::Lmtp, false, false) => "LMTP",
            (MailProtocol::Lmtp, false, true) => "LMTPS",
            (MailProtocol::Lmtp, true, false) => "UTF8LMTP",
            (MailProtocol::Lmtp, true, true) => "UTF8LMTPS",
            (_, true, false) => "UTF8SMTP",
            (_, true, true) => "UTF8SMTPS",
            (_, false, true) => "ESMTPS",
            (_, false, false) if self.extended => "ESMTP",
            (_, false, false) => "SMTP",
        }
    }
}

/// The name that a client and the operator can both quote: the end of the event's id, which is its random part.
pub(crate) fn queue_id(id: EventId) -> String {
    id.as_bytes()[10..].iter().fold(String::with_capacity(12), |mut text, byte| {
        let _ = write!(text, "{byte:02X}");
        text
    })
}

/// The client's name with nothing in it that could end the header or a comment.
fn push_name(header: &mut String, name: &str) {
    if name.is_empty() {
        return header.push_str("unknown");
    }
    header.extend(name.chars().map(|c| match c {
        '(' | ')' | '<' | '>' | ';' | '\\' | '"' => '?',
        c if c.is_control() || c.is_whitespace() => '?',
        c => c,
    }));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_cannot_write_lines_of_its_own_into_the_trace() {
        let at = "2008-11-11T21:30:00Z".parse().unwrap_or_default();
        let trace = Trace {
            helo: "x)\r\nSubject: (forged",
            client: &Client::direct(IpAddr::from([192, 0, 2, 1]), 4000),
            hostname: "mx.trap.example",
            protocol: MailProtocol::Smtp,
            extended: true,
            smtputf8: false,
            tls: true,
            id: EventId::from_bytes([0xab; 16]),
            at,
        };
        assert_eq!(
            trace.header(),
            "Received: from x???Subject:??forged ([192.0.2.1])\r\n\
             \tby mx.trap.example with ESMTPS id ABABABABABAB;\r\n\
             \tTue, 11 Nov 2008 21:30:00 +0000\r\n"
        );
    }
}
