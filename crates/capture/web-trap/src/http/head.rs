//! The head of a request: its line and its header fields, as they were sent.

use std::borrow::Cow;
use std::mem::MaybeUninit;

use httparse::{Header, Status};

use super::Refusal;
use crate::WebLimits;

/// More header fields than this are never read, whatever the limit is set to.
const MOST_HEADERS: usize = 128;

/// Where httparse puts the fields of one head.
type Fields<'b> = [MaybeUninit<Header<'b>>; MOST_HEADERS];

/// The head of a request, borrowed from the bytes that came.
#[derive(Debug)]
pub(crate) struct Head<'b> {
    /// The method as sent.
    pub(crate) method: &'b str,
    /// The target as sent.
    pub(crate) target: &'b str,
    /// Whether it is HTTP/1.1; HTTP/1.0 otherwise.
    pub(crate) is_1_1: bool,
    /// The fields in the order and spelling sent.
    pub(crate) fields: Vec<Header<'b>>,
    /// How the body is framed.
    pub(crate) framing: Framing,
    /// Whether the client wants the connection kept.
    pub(crate) keep_alive: bool,
    /// Bytes of the head, its empty line counted in.
    pub(crate) length: usize,
}

/// How a body is framed (RFC 9112, section 6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Framing {
    /// There is none.
    None,
    /// It has this many bytes, at least one.
    Length(u64),
    /// It comes in chunks.
    Chunked,
}

/// What the bytes of a connection are so far.
#[derive(Debug)]
pub(crate) enum Parsed<'b> {
    /// The head isn't there whole.
    Incomplete,
    /// A whole head.
    Whole(Head<'b>),
    /// Not a head that is answered.
    Refused(Refusal),
}

/// Reads the head at the start of these bytes.
pub(crate) fn parse<'b>(bytes: &'b [u8], limits: &WebLimits) -> Parsed<'b> {
    let window = &bytes[..bytes.len().min(limits.head_bytes)];
    let mut fields: Fields<'b> = [const { MaybeUninit::uninit() }; MOST_HEADERS];
    let mut request = httparse::Request::new(&mut []);
    match request.parse_with_uninit_headers(window, &mut fields) {
        Ok(Status::Complete(length)) => whole(&request, length, limits),
        Ok(Status::Partial) if window.len() >= limits.head_bytes => match request.path {
            // The target has ended, so it is the fields that are too long.
            Some(target) if target.len() <= limits.target_bytes && request.version.is_some() => {
                Parsed::Refused(Refusal::HeadTooLarge)
            }
            _ => Parsed::Refused(Refusal::TargetTooLong),
        },
        Ok(Status::Partial) => Parsed::Incomplete,
        Err(httparse::Error::TooManyHeaders) => Parsed::Refused(Refusal::HeadTooLarge),
        Err(_) => Parsed::Refused(Refusal::Malformed),
    }
}

fn whole<'b>(request: &httparse::Request<'_, 'b>, length: usize, limits: &WebLimits) -> Parsed<'b> {
    let (Some(method), Some(target), Some(minor)) = (request.method, request.path, request.version) else {
        return Parsed::Refused(Refusal::Malformed);
    };
    if target.len() > limits.target_bytes {
        return Parsed::Refused(Refusal::TargetTooLong);
    }
    if request.headers.len() > limits.headers {
        return Parsed::Refused(Refusal::HeadTooLarge);
    }
    let is_1_1 = minor == 1;
    match Meaning::of(request.headers, is_1_1) {
        Err(refusal) => Parsed::Refused(refusal),
        Ok(Meaning { framing, keep_alive }) => {
            let fields = request.headers.to_vec();
            Parsed::Whole(Head { method, target, is_1_1, fields, framing, keep_alive, length })
        }
    }
}

/// What the fields say about the connection.
struct Meaning {
    framing: Framing,
    keep_alive: bool,
}

impl Meaning {
    fn of(fields: &[Header<'_>], is_1_1: bool) -> Result<Self, Refusal> {
        let (mut length, mut coding, mut hosts) = (None, None, 0);
        let (mut close, mut keep) = (false, false);
        for field in fields {
            let is = |name: &str| field.name.eq_ignore_ascii_case(name);
            if is("content-length") {
                // Two lengths can be read as either: refused even where they are equal (RFC 9112, section 6.3).
                if length.replace(content_length(field.value)?).is_some() {
                    return Err(Refusal::Malformed);
                }
            } else if is("transfer-encoding") {
                if coding.replace(field.value).is_some() {
                    return Err(Refusal::Malformed);
                }
            } else if is("host") {
                hosts += 1;
            } else if is("connection") {
                for option in field.value.split(|byte| *byte == b',') {
                    close |= option.trim_ascii().eq_ignore_ascii_case(b"close");
                    keep |= option.trim_ascii().eq_ignore_ascii_case(b"keep-alive");
                }
            }
        }
        // RFC 9112, section 3.2: a request without a host, or with several, is answered with 400.
        if hosts > 1 || (is_1_1 && hosts == 0) {
            return Err(Refusal::Malformed);
        }
        let framing = match (length, coding) {
            (None | Some(0), None) => Framing::None,
            (Some(length), None) => Framing::Length(length),
            // Both, or chunks in HTTP/1.0, are how requests are smuggled (RFC 9112, section 6.1).
            (Some(_), Some(_)) => return Err(Refusal::Malformed),
            (None, Some(_)) if !is_1_1 => return Err(Refusal::Malformed),
            (None, Some(coding)) if coding.trim_ascii().eq_ignore_ascii_case(b"chunked") => Framing::Chunked,
            (None, Some(_)) => return Err(Refusal::UnknownCoding),
        };
        Ok(Self { framing, keep_alive: !close && (is_1_1 || keep) })
    }
}

/// Digits and nothing else: no sign, no list, no more than fit (RFC 9110, section 8.6).
fn content_length(value: &[u8]) -> Result<u64, Refusal> {
    let text = std::str::from_utf8(value).map_err(|_| Refusal::Malformed)?;
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(Refusal::Malformed);
    }
    text.parse().map_err(|_| Refusal::Malformed)
}

impl<'b> Head<'b> {
    /// The first field of this name, which is in lower case.
    pub(crate) fn field(&self, name: &str) -> Option<&'b [u8]> {
        self.fields.iter().find(|field| field.name.eq_ignore_ascii_case(name)).map(|field| field.value)
    }

    /// The first field of this name as text; what isn't UTF-8 in it is replaced.
    pub(crate) fn text(&self, name: &str) -> Option<Cow<'b, str>> {
        self.field(name).map(String::from_utf8_lossy)
    }

    /// The host asked for: that of the target where it has one (RFC 9112, section 3.2.2), else the field's.
    pub(crate) fn host(&self) -> Cow<'b, str> {
        match self.absolute() {
            Some((authority, _)) => Cow::Borrowed(authority),
            None => self.text("host").unwrap_or_default(),
        }
    }

    /// The path asked for, without its query.
    pub(crate) fn path(&self) -> &'b str {
        let origin = self.absolute().map_or(self.target, |(_, path)| path);
        origin.split(['?', '#']).next().unwrap_or_default()
    }

    /// Whether the client waits to be told to go on (RFC 9110, section 10.1.1).
    pub(crate) fn expects_continue(&self) -> bool {
        self.is_1_1 && self.field("expect").is_some_and(|value| value.eq_ignore_ascii_case(b"100-continue"))
    }

    /// Authority and path of a target in absolute form.
    fn absolute(&self) -> Option<(&'b str, &'b str)> {
        let (scheme, rest) = self.target.split_once("://")?;
        if !scheme.eq_ignore_ascii_case("http") && !scheme.eq_ignore_ascii_case("https") {
            return None;
        }
        let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let (authority, path) = rest.split_at(end);
        Some((authority, if path.is_empty() { "/" } else { path }))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn head(text: &str) -> Head<'_> {
        match parse(text.as_bytes(), &WebLimits::default()) {
            Parsed::Whole(head) => head,
            other => panic!("{text:?}: {other:?}"),
        }
    }

    fn refusal(text: &str) -> Refusal {
        match parse(text.as_bytes(), &WebLimits::default()) {
            Parsed::Refused(refusal) => refusal,
            other => panic!("{text:?}: {other:?}"),
        }
    }

    #[test]
    fn fields_keep_the_order_and_spelling_of_the_client() {
        let head = head("GET /a?b HTTP/1.1\r\nhOST: x.example\r\nACCEPT: */*\r\nuser-agent: z\r\n\r\n");
        assert_eq!(head.fields.iter().map(|field| field.name).collect::<Vec<_>>(), ["hOST", "ACCEPT", "user-agent"]);
        assert_eq!((head.path(), &*head.host()), ("/a", "x.example"));
    }

    #[test]
    fn the_host_of_a_target_in_absolute_form_outdoes_the_field() {
        for (target, host, path) in [
            ("http://a.example/p?q", "a.example", "/p"),
            ("HTTP://a.example:80", "a.example:80", "/"),
            ("https://a.example?q", "a.example", ""),
            ("/p://x", "field.example", "/p://x"),
        ] {
            let text = format!("GET {target} HTTP/1.1\r\nHost: field.example\r\n\r\n");
            let head = head(&text);
            assert_eq!((&*head.host(), head.path()), (host, path), "{target}");
        }
    }

    #[test]
    fn a_body_whose_end_could_be_read_in_two_ways_is_refused() {
        for fields in [
            "Content-Length: 5\r\nTransfer-Encoding: chunked",
            "Transfer-Encoding: chunked\r\nContent-Length: 5",
            "Content-Length: 5\r\nContent-Length: 6",
            "Content-Length: 5\r\nContent-Length: 5",
            "Content-Length: 5, 5",
            "Content-Length: +5",
            "Content-Length: 0x5",
            "Content-Length: -1",
            "Content-Length:",
            "Content-Length: 99999999999999999999",
            "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
            "Content-Length : 5",
            "Content-Length: 5\r\n folded: 1",
            "Host: other.example",
        ] {
            let text = format!("POST / HTTP/1.1\r\nHost: x.example\r\n{fields}\r\n\r\n");
            assert_eq!(refusal(&text), Refusal::Malformed, "{fields}");
        }
        let old = "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n";
        assert_eq!(refusal(old), Refusal::Malformed);
        for coding in ["gzip, chunked", "chunked, identity", "identity", "xchunked", "chunked;q=1"] {
            let text = format!("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: {coding}\r\n\r\n");
            assert_eq!(refusal(&text), Refusal::UnknownCoding, "{coding}");
        }
    }

    #[test]
    fn what_is_not_http_1_is_refused_at_once() {
        for bytes in [
            "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
            "\u{16}\u{3}\u{1}\u{2}\0\u{1}\0",
            "GET / HTTP/1.1\r\nHost: x\0y\r\n\r\n",
            "GET /\0 HTTP/1.1\r\n",
            "EHLO mail.example\r\n",
            "GET / HTTP/1.1\r\n\r\n",
        ] {
            assert_eq!(refusal(bytes), Refusal::Malformed, "{bytes:?}");
        }
    }

    #[test]
    fn each_part_that_is_too_long_gets_the_status_made_for_it() {
        assert_eq!(refusal(&format!("GET /{} HTTP/1.1\r\nHost: x\r\n\r\n", "a".repeat(5_000))), Refusal::TargetTooLong);
        assert_eq!(refusal(&format!("GET /{}", "a".repeat(20_000))), Refusal::TargetTooLong);
        assert_eq!(refusal(&format!("GET / HTTP/1.1\r\nHost: {}", "a".repeat(20_000))), Refusal::HeadTooLarge);
        assert_eq!(refusal(&format!("GET / HTTP/1.1\r\n{}", "a: b\r\n".repeat(200))), Refusal::HeadTooLarge);
        assert_eq!(refusal(&format!("GET / HTTP/1.1\r\n{}\r\n", "a: b\r\n".repeat(110))), Refusal::HeadTooLarge);
    }

    #[test]
    fn a_connection_is_kept_as_the_client_asks_and_its_version_allows() {
        for (version, connection, kept) in [
            ("1.1", "", true),
            ("1.1", "Connection: close\r\n", false),
            ("1.1", "Connection: Upgrade, CLOSE\r\n", false),
            ("1.0", "", false),
            ("1.0", "Connection: Keep-Alive\r\n", true),
        ] {
            let text = format!("GET / HTTP/{version}\r\nHost: x\r\n{connection}\r\n");
            assert_eq!(head(&text).keep_alive, kept, "{version} {connection}");
        }
    }
}
