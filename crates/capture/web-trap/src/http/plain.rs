//! Answers that no site gives: small, plain, and like those of any server.

/// What all answers to one request have in common.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Context<'a> {
    /// The `Date`.
    pub(crate) date: &'a [u8],
    /// Whether the request was HTTP/1.1.
    pub(crate) is_1_1: bool,
    /// Whether the connection is kept after the answer.
    pub(crate) keep: bool,
    /// Whether only the header was asked for.
    pub(crate) head_only: bool,
}

impl Context<'_> {
    /// The `Connection` field where the version's own rule isn't what holds (RFC 9112, section 9.3).
    pub(crate) fn connection(&self) -> Option<&'static str> {
        match (self.is_1_1, self.keep) {
            (true, true) => None,
            (false, true) => Some("keep-alive"),
            (_, false) => Some("close"),
        }
    }
}

/// Appends an answer that says its status and nothing else.
pub(crate) fn plain(status: u16, context: Context<'_>, out: &mut Vec<u8>) {
    let (status_line, reason) = status_line(status);
    let mut put = |parts: &[&[u8]]| parts.iter().for_each(|part| out.extend_from_slice(part));
    put(&[status_line.as_bytes(), b"\r\nDate: ", context.date, b"\r\nContent-Type: text/plain\r\nContent-Length: "]);
    put(&[(reason.len() + 1).to_string().as_bytes(), b"\r\n"]);
    match status {
        405 => put(&[b"Allow: GET, HEAD, POST\r\n"]),
        // Long enough to make room on a disk or to write out a burst, short enough that a harvester comes back.
        503 => put(&[b"Retry-After: 30\r\n"]),
        _ => {}
    }
    if let Some(connection) = context.connection() {
        put(&[b"Connection: ", connection.as_bytes(), b"\r\n"]);
    }
    put(&[b"\r\n"]);
    if !context.head_only {
        put(&[reason.as_bytes(), b"\n"]);
    }
}

/// The status line, and the reason in it (RFC 9110, section 15).
fn status_line(status: u16) -> (&'static str, &'static str) {
    let line = match status {
        404 => "HTTP/1.1 404 Not Found",
        405 => "HTTP/1.1 405 Method Not Allowed",
        408 => "HTTP/1.1 408 Request Timeout",
        414 => "HTTP/1.1 414 URI Too Long",
        431 => "HTTP/1.1 431 Request Header Fields Too Large",
        501 => "HTTP/1.1 501 Not Implemented",
        503 => "HTTP/1.1 503 Service Unavailable",
        _ => "HTTP/1.1 400 Bad Request",
    };
    (line, line.get("HTTP/1.1 400 ".len()..).unwrap_or_default())
}
