//! An SMTP or LMTP session, and what the client sent in it.

use bytes::Bytes;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{Client, EventId};

/// One connection to the mail trap, from greeting to ending.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// The event's id.
    pub id: EventId,
    /// When the connection was accepted.
    pub at: Timestamp,
    /// When it ended.
    pub ended: Timestamp,
    /// The other end.
    pub client: Client,
    /// SMTP or LMTP.
    pub protocol: MailProtocol,
    /// The last argument of HELO, EHLO or LHLO; empty if none came.
    pub helo: String,
    /// What was negotiated, if STARTTLS succeeded.
    pub tls: Option<TlsSession>,
    /// What the client sent.
    pub transcript: Transcript,
    /// AUTH attempts, all of them refused.
    pub auth_attempts: Vec<AuthAttempt>,
    /// Commands read.
    pub commands: u32,
    /// Messages taken in.
    pub messages: u32,
    /// Recipients accepted.
    pub recipients: u32,
    /// Bytes read from the client, message content included.
    pub client_bytes: u64,
    /// How it ended.
    pub ending: SessionEnding,
}

/// How mail comes in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MailProtocol {
    /// RFC 5321.
    Smtp,
    /// RFC 2033, from an MTA in front.
    Lmtp,
    /// Imported from files.
    Import,
}

impl MailProtocol {
    /// The name used in tables and output.
    pub fn name(self) -> &'static str {
        match self {
            Self::Smtp => "smtp",
            Self::Lmtp => "lmtp",
            Self::Import => "import",
        }
    }
}

/// What STARTTLS negotiated.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TlsSession {
    /// `TLSv1.2`, `TLSv1.3`.
    pub version: String,
    /// The cipher suite's IANA name.
    pub cipher: String,
}

/// The client's raw bytes with time offsets, up to a bound, and when we answered.
///
/// Commands are kept whole. Of message content only the head and the tail are kept, since the message itself is
/// stored. Bytes under TLS are kept as decrypted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Transcript {
    /// The bytes kept, chunk after chunk.
    pub bytes: Bytes,
    /// One for each read from the socket, or each cut in one.
    pub chunks: Vec<TranscriptChunk>,
    /// One for each reply sent.
    pub replies: Vec<ReplyMark>,
}

/// A run of client bytes that arrived together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TranscriptChunk {
    /// Microseconds since the session began.
    pub offset_us: u64,
    /// Bytes of it kept in the transcript.
    pub kept: u32,
    /// Bytes after those that were left out.
    pub left_out: u32,
}

/// When a reply went out, relative to what the client had sent by then.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReplyMark {
    /// Microseconds since the session began.
    pub offset_us: u64,
    /// Client bytes received before it.
    pub after_client_bytes: u64,
    /// The reply's code.
    pub code: u16,
}

/// An attempt to log in. The password itself is never kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuthAttempt {
    /// `PLAIN`, `LOGIN`, or what else was asked for.
    pub mechanism: String,
    /// The user name; empty if none was given.
    pub user: String,
    /// HMAC-SHA-256 of the password under a key of the deployment, so that equal passwords can be told.
    pub password_hash: Option<[u8; 32]>,
}

/// How a session ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SessionEnding {
    /// QUIT.
    Quit,
    /// The client closed without it.
    Dropped,
    /// The client reset the connection.
    Reset,
    /// It was idle for too long, or took too long in all.
    TimedOut,
    /// A limit of ours ended it: too many errors, too long a line, too many messages.
    Limit,
    /// The server was stopped.
    Shutdown,
}

impl SessionEnding {
    /// The name used in tables and output.
    pub fn name(self) -> &'static str {
        match self {
            Self::Quit => "quit",
            Self::Dropped => "dropped",
            Self::Reset => "reset",
            Self::TimedOut => "timed_out",
            Self::Limit => "limit",
            Self::Shutdown => "shutdown",
        }
    }
}
