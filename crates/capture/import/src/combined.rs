//! A line of an access log in the combined format.
//!
//! ```text
//! CLIENT ident user [17/May/2015:10:05:03 +0000] "GET /path HTTP/1.1" 200 203023 "REFERER" "USER AGENT"
//! ```
//!
//! Apache's `common` (without the last two), `combined` and `vhost_combined` (a host and port before the client), and
//! nginx's `combined`. Further fields after these are passed over. Quotes within a quoted field are written `\"` by
//! Apache and `\x22` by nginx.

use std::net::IpAddr;

use jiff::Timestamp;
use jiff::fmt::strtime;

/// What a line says. Other bytes than printable ASCII stand as the server escaped them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogLine {
    /// Who asked.
    pub client: IpAddr,
    /// The virtual host asked, without port, where the line has one; else empty.
    pub host: String,
    /// When.
    pub at: Timestamp,
    /// `GET` and so on; empty if the request was none of HTTP.
    pub method: String,
    /// Path and query; all of the request if it was none of HTTP.
    pub path: String,
    /// `1.1` and so on; empty if the request had none.
    pub http_version: String,
    /// The answer's status.
    pub status: u16,
    /// The `Referer` header.
    pub referer: Option<String>,
    /// The `User-Agent` header.
    pub user_agent: Option<String>,
}

/// Why a line is not one of an access log in the combined format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotCombined {
    /// It has other fields, or too few.
    #[error("not in the combined log format")]
    Format,
    /// The client is a host name.
    #[error("client that is not an address (HostnameLookups is on)")]
    Client,
    /// The time is not one.
    #[error("time that is not one")]
    Time,
    /// The status is not three digits.
    #[error("status that is not one")]
    Status,
}

impl LogLine {
    /// Reads a line without its ending.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(line: &[u8]) -> Result<Self, NotCombined> {
        let line = String::from_utf8_lossy(line);
        let (before, rest) = line.split_once(" [").ok_or(NotCombined::Format)?;
        let (time, rest) = rest.split_once("] ").ok_or(NotCombined::Format)?;
        let (host, client) = client(before)?;
        let (request, rest) = quoted(rest).ok_or(NotCombined::Format)?;
        let mut words = rest.split(' ').filter(|word| !word.is_empty());
        let status = words.next().ok_or(NotCombined::Format)?;
        let status = status.parse().ok().filter(|s| (100..1000).contains(s)).ok_or(NotCombined::Status)?;
        let headers = rest.find('"').and_then(|at| rest.get(at..)).unwrap_or_default();
        let (referer, headers) = quoted(headers).unwrap_or_default();
        let (user_agent, _) = quoted(headers).unwrap_or_default();
        let at = strtime::parse("%d/%b/%Y:%H:%M:%S %z", time).and_then(|time| time.to_timestamp());
        let (method, path, http_version) = split_request(request);
        Ok(Self {
            client,
            host,
            at: at.map_err(|_| NotCombined::Time)?,
            method,
            path,
            http_version,
            status,
            referer: given(referer),
            user_agent: given(user_agent),
        })
    }
}

/// Of what stands before the time: the virtual host, and the client.
fn client(before: &str) -> Result<(String, IpAddr), NotCombined> {
    let mut words = before.split(' ');
    let (Some(first), Some(second), Some(_)) = (words.next(), words.next(), words.next()) else {
        return Err(NotCombined::Format);
    };
    let address = |word: &str| word.trim_matches(['[', ']']).parse::<IpAddr>().ok().map(|a| a.to_canonical());
    if let Some(client) = address(first) {
        return Ok((String::new(), client));
    }
    let client = address(second).ok_or(NotCombined::Client)?;
    let host = first.rsplit_once(':').map_or(first, |(host, _)| host);
    Ok((host.to_owned(), client))
}

/// A quoted field and what follows it. A backslash takes the meaning from the character after it.
fn quoted(text: &str) -> Option<(&str, &str)> {
    let inside = text.trim_start_matches(' ').strip_prefix('"')?;
    let mut escaped = false;
    for (at, byte) in inside.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return Some((inside.get(..at)?, inside.get(at + 1..)?)),
            _ => {}
        }
    }
    None
}

fn given(field: &str) -> Option<String> {
    (!field.is_empty() && field != "-").then(|| unescaped(field))
}

/// Printable characters that were escaped; others stay as they are, so that a log shows no control character.
fn unescaped(field: &str) -> String {
    let mut out = String::with_capacity(field.len());
    let mut rest = field;
    while let Some((before, escape)) = rest.split_once('\\') {
        out.push_str(before);
        let hex =
            escape.strip_prefix('x').and_then(|hex| hex.get(..2)).and_then(|hex| u8::from_str_radix(hex, 16).ok());
        match (escape.bytes().next(), hex) {
            (Some(plain @ (b'"' | b'\\')), _) => {
                out.push(char::from(plain));
                rest = escape.get(1..).unwrap_or_default();
            }
            (_, Some(byte)) if byte.is_ascii_graphic() || byte == b' ' => {
                out.push(char::from(byte));
                rest = escape.get(3..).unwrap_or_default();
            }
            _ => {
                out.push('\\');
                rest = escape;
            }
        }
    }
    out.push_str(rest);
    out.replace(char::is_control, " ")
}

/// `GET /path HTTP/1.1`; bots leave out any of it, and put spaces into the path.
fn split_request(request: &str) -> (String, String, String) {
    if request == "-" {
        return Default::default();
    }
    let is_method = |word: &str| {
        !word.is_empty() && word.len() <= 32 && word.bytes().all(|b| b.is_ascii_alphabetic() || b"-_".contains(&b))
    };
    match request.split_once(' ').filter(|(method, _)| is_method(method)) {
        Some((method, rest)) => {
            let (path, version) = match rest.rsplit_once(' ') {
                Some((path, version)) if version.starts_with("HTTP/") => (path, version.get(5..).unwrap_or_default()),
                _ => (rest, ""),
            };
            (method.to_owned(), unescaped(path), unescaped(version))
        }
        None => (String::new(), unescaped(request), String::new()),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn parse(line: &str) -> LogLine {
        LogLine::parse(line.as_bytes()).unwrap_or_else(|error| panic!("{error}: {line}"))
    }

    #[test]
    fn a_combined_line_says_who_asked_for_what_when() {
        let line = parse(
            r#"192.0.2.7 - - [17/May/2015:10:05:03 +0200] "GET /a?b=c HTTP/1.1" 200 203023 "http://x.example/" "Bot/1.0""#,
        );
        assert_eq!(
            line,
            LogLine {
                client: [192, 0, 2, 7].into(),
                host: String::new(),
                at: "2015-05-17T08:05:03Z".parse().unwrap(),
                method: "GET".to_owned(),
                path: "/a?b=c".to_owned(),
                http_version: "1.1".to_owned(),
                status: 200,
                referer: Some("http://x.example/".to_owned()),
                user_agent: Some("Bot/1.0".to_owned()),
            }
        );
    }

    #[test]
    fn ipv6_virtual_hosts_users_and_further_fields_are_understood() {
        let line =
            parse(r#"2001:db8::7 - bob smith [17/May/2015:10:05:03 +0000] "GET / HTTP/2.0" 200 - "-" "-" 0.003 "x""#);
        assert_eq!((line.client.to_string().as_str(), line.http_version.as_str()), ("2001:db8::7", "2.0"));
        assert_eq!((line.referer, line.user_agent), (None, None));
        let line =
            parse(r#"www.x.example:443 ::ffff:192.0.2.7 - - [17/May/2015:10:05:03 +0000] "GET / HTTP/1.0" 304 0"#);
        assert_eq!((line.client.to_string().as_str(), line.host.as_str()), ("192.0.2.7", "www.x.example"));
    }

    #[test]
    fn escaped_quotes_are_undone_and_binary_stays_escaped() {
        let line = parse(
            r#"192.0.2.7 - - [17/May/2015:10:05:03 +0000] "GET /\"x\" HTTP/1.1" 200 1 "-" "a \"b\" \x22c\x22 \x1b[31m \\""#,
        );
        assert_eq!(line.path, r#"/"x""#);
        assert_eq!(line.user_agent.as_deref(), Some(r#"a "b" "c" \x1b[31m \"#));
        let line = parse(r#"192.0.2.7 - - [17/May/2015:10:05:03 +0000] "\x16\x03\x01" 400 0 "-" "-""#);
        assert_eq!((line.method.as_str(), line.path.as_str()), ("", r"\x16\x03\x01"));
        assert_eq!(parse(r#"192.0.2.7 - - [17/May/2015:10:05:03 +0000] "-" 408 0 "-" "-""#).path, "");
    }

    #[test]
    fn what_is_no_line_of_a_log_is_told_why() {
        let of = |line: &str| LogLine::parse(line.as_bytes()).unwrap_err();
        assert_eq!(of(""), NotCombined::Format);
        assert_eq!(of("From a@x.example Mon Jul 22 18:12:38 2002"), NotCombined::Format);
        assert_eq!(of(r#"host.example - - [17/May/2015:10:05:03 +0000] "GET / HTTP/1.1" 200 1"#), NotCombined::Client);
        assert_eq!(of(r#"192.0.2.7 - - [42/May/2015:10:05:03 +0000] "GET / HTTP/1.1" 200 1"#), NotCombined::Time);
        assert_eq!(of(r#"192.0.2.7 - - [17/May/2015:10:05:03 +0000] "GET / HTTP/1.1" OK 1"#), NotCombined::Status);
        assert_eq!(of(r#"192.0.2.7 - - [17/May/2015:10:05:03 +0000] "GET / HTTP/1.1"#), NotCombined::Format);
    }
}
