//! The header section of a message, field by field, bounded (RFC 5322, section 2.2).

use jiff::Timestamp;
use mail_parser::parsers::MessageStream;
use mail_parser::{Address, DateTime, HeaderValue};

/// How much of a message's beginning is searched for headers, in bytes. Real header sections have 1 to 20 KB.
pub const HEADER_BYTES: usize = 256 << 10;

/// How much of one header's value is looked at, in bytes.
pub const VALUE_BYTES: usize = 16 << 10;

/// A header field as it stands in the message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header<'a> {
    /// Its name as spelled.
    pub name: &'a str,
    /// Its value with its folding and line ending, cut at [`VALUE_BYTES`].
    pub value: &'a [u8],
}

impl Header<'_> {
    /// Whether it has this name. Case doesn't matter.
    pub fn is(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name)
    }

    /// The value as text in one line: folding undone, what isn't UTF-8 replaced.
    pub fn text(&self) -> String {
        let text = String::from_utf8_lossy(self.value);
        text.split(['\r', '\n', '\0']).map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join(" ")
    }

    /// The value with encoded words (RFC 2047) decoded.
    pub(crate) fn decoded(&self) -> String {
        match MessageStream::new(self.value).parse_unstructured() {
            HeaderValue::Text(text) => text.into_owned(),
            HeaderValue::TextList(texts) => texts.join(" "),
            _ => String::new(),
        }
    }
}

/// The header fields of a message, top to bottom. Lines that are no field are passed over: an mbox `From ` line,
/// garbage. An empty line ends them.
pub fn headers(content: &[u8]) -> Headers<'_> {
    Headers { rest: content.get(..HEADER_BYTES).unwrap_or(content) }
}

/// Iterates over header fields; made by [`headers()`].
#[derive(Clone, Debug)]
pub struct Headers<'a> {
    rest: &'a [u8],
}

impl<'a> Iterator for Headers<'a> {
    type Item = Header<'a>;

    fn next(&mut self) -> Option<Header<'a>> {
        loop {
            let (field, rest) = self.rest.split_at_checked(field_length(self.rest))?;
            if field.is_empty() || matches!(field, [b'\n', ..] | [b'\r', b'\n', ..]) {
                self.rest = &[];
                return None;
            }
            self.rest = rest;
            if let Some(header) = parse(field) {
                return Some(header);
            }
        }
    }
}

/// The length of the first field: its line, and those after it that begin with white space.
fn field_length(bytes: &[u8]) -> usize {
    let mut length = 0;
    while let Some(line) = bytes.get(length..).filter(|rest| !rest.is_empty()) {
        if length > 0 && !matches!(line.first(), Some(b' ' | b'\t')) {
            break;
        }
        let end = line.iter().position(|byte| *byte == b'\n').map_or(line.len(), |at| at + 1);
        length += end;
        if matches!(line, [b'\n', ..] | [b'\r', b'\n', ..]) {
            break;
        }
    }
    length
}

fn parse(field: &[u8]) -> Option<Header<'_>> {
    let colon = field.iter().position(|byte| *byte == b':')?;
    let (name, value) = field.split_at_checked(colon)?;
    // White space before the colon is obsolete syntax that is still met (RFC 5322, section 4.5).
    let name = std::str::from_utf8(name).ok()?.trim_end_matches([' ', '\t']);
    let sound = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_graphic());
    let value = value.get(1..)?;
    sound.then(|| Header { name, value: value.get(..VALUE_BYTES).unwrap_or(value) })
}

/// The addresses in a value such as that of `To`, groups included, without names and angle brackets. No more than
/// `limit` of them.
pub fn addresses(value: &[u8], limit: usize) -> Vec<String> {
    let HeaderValue::Address(list) = MessageStream::new(value).parse_address() else { return Vec::new() };
    let address = |addr: &mail_parser::Addr<'_>| addr.address.as_deref().map(|address| address.trim().to_owned());
    match &list {
        Address::List(list) => list.iter().filter_map(address).take(limit).collect(),
        Address::Group(groups) => {
            groups.iter().flat_map(|group| &group.addresses).filter_map(address).take(limit).collect()
        }
    }
}

/// The time in a value such as that of `Date` (RFC 5322, section 3.3), however sloppy its form.
pub fn date(value: &[u8]) -> Option<Timestamp> {
    match MessageStream::new(value).parse_date() {
        HeaderValue::DateTime(date) => timestamp(&date),
        _ => None,
    }
}

pub(crate) fn timestamp(date: &DateTime) -> Option<Timestamp> {
    // A leap second is taken as the second after it.
    let leap = date.second == 60;
    let date = DateTime { second: if leap { 59 } else { date.second }, ..*date };
    if !date.is_valid() {
        return None;
    }
    Timestamp::from_second(date.to_timestamp() + i64::from(leap)).ok()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn names(content: &[u8]) -> Vec<String> {
        headers(content).map(|header| header.name.to_owned()).collect()
    }

    #[test]
    fn an_mbox_line_and_garbage_are_passed_over_and_an_empty_line_ends_the_headers() {
        let content = b"From a@b  Mon Jul 22 18:12:38 2002\nSubject: one\n two\ngarbage\nTo : x\n\nNot: this\n";
        assert_eq!(names(content), ["Subject", "To"]);
        assert_eq!(headers(content).next().unwrap().text(), "one two");
        assert_eq!(names(b"A: 1\r\nB: 2\r\n\r\nC: 3\r\n"), ["A", "B"]);
        assert_eq!(names(b"A: 1"), ["A"]);
        assert!(names(b"").is_empty());
    }

    #[test]
    fn neither_a_header_without_end_nor_a_million_of_them_is_read_whole() {
        let mut content = b"Subject: ".to_vec();
        content.resize(1 << 20, b'x');
        assert_eq!(headers(&content).next().unwrap().value.len(), VALUE_BYTES);
        let many = b"A: b\n".repeat(1_000_000);
        assert_eq!(headers(&many).count(), HEADER_BYTES.div_ceil(5));
    }

    #[test]
    fn addresses_come_without_names_and_from_groups_too() {
        let of = |value: &str| addresses(value.as_bytes(), 10);
        assert_eq!(of("\"A, B\" <a@x.example>, b@y.example (bee)\r\n"), ["a@x.example", "b@y.example"]);
        assert_eq!(of("list: <c@x.example>, d@y.example;"), ["c@x.example", "d@y.example"]);
        assert_eq!(addresses("a@x, ".repeat(100).as_bytes(), 10).len(), 10);
    }

    #[test]
    fn a_sloppy_date_is_a_time_and_an_impossible_one_is_none() {
        let of = |value: &str| date(value.as_bytes()).map(|at| at.to_string());
        assert_eq!(of("Mon, 22 Jul 2002 18:12:38 +0100").as_deref(), Some("2002-07-22T17:12:38Z"));
        assert_eq!(of("22 Jul 2002 18:12:38 EDT").as_deref(), Some("2002-07-22T22:12:38Z"));
        assert_eq!(of("Sat, 31 Dec 2016 23:59:60 +0000").as_deref(), Some("2017-01-01T00:00:00Z"));
        assert_eq!(of("Mon, 42 Jul 2002 18:12:38 +0100"), None);
        assert_eq!(of("yesterday"), None);
    }
}
