//! HTTP/1.0 and 1.1 (RFC 9110, RFC 9112) as a trap has to read them.
//!
//! The grammar is `httparse`'s, which stands under hyper; the framing around it is ours. A trap's evidence is the
//! request as it was sent: header names in the order and spelling received, which `http::HeaderMap` throws away and
//! hyper keeps in a private type. It also wants each limit (head, target, body, time, memory) at the one place where
//! bytes come in, and it is to answer as fast as a file server does. So a request is read here without being made
//! into anything in between: `Head` borrows from the connection's buffer.
//!
//! Where the standard lets a receiver repair what is ambiguous, this one refuses: behind a proxy, a request hidden in
//! another's body would carry a client address that the proxy never vouched for (RFC 9112, section 11.2).

mod body;
mod head;
mod plain;

pub(crate) use body::{Body, BodyReader, Progress};
pub(crate) use head::{Framing, Head, Parsed, parse};
pub(crate) use plain::{Context, plain};

/// Why a request isn't read on. The connection is closed after the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// 400: not HTTP/1, or ambiguous.
    Malformed,
    /// 408: the head didn't come in time (RFC 9110, section 15.5.9).
    Late,
    /// 414: the target is too long (RFC 9110, section 15.5.15).
    TargetTooLong,
    /// 431: the head is too long or has too many fields (RFC 6585, section 5).
    HeadTooLarge,
    /// 501: a transfer coding other than chunked (RFC 9112, section 6.1).
    UnknownCoding,
    /// 503: connections hold as much memory together as they may.
    Overloaded,
}

impl Refusal {
    /// The status of the answer.
    pub(crate) fn status(self) -> u16 {
        match self {
            Self::Malformed => 400,
            Self::Late => 408,
            Self::TargetTooLong => 414,
            Self::HeadTooLarge => 431,
            Self::UnknownCoding => 501,
            Self::Overloaded => 503,
        }
    }
}
