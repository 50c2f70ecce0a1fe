//! The mail trap: receive-only SMTP (RFC 5321) and LMTP (RFC 2033).
//!
//! ```text
//!             serve                 session              dialogue                         journal
//! client ──▶ accept, limits, ──▶ bytes, timer, ──▶ line ─▶ command ─▶ verb ──▶ Message ──▶ durable, then 250
//!            PROXY header        TLS (wire, tls)   content: dot_stuffing, bdat   Probe, Session ──▶ recorder
//!                                                  └▶ transcript: all of it, bounded
//! ```
//!
//! - [`MailTrap`] has what sessions share; `serve` listens and drains; `session` does one connection's I/O.
//! - `dialogue` is a session apart from I/O: bytes in, replies and facts out, the same wherever the network cut them.
//! - `command` reads a line, `verb/` has one file a verb, `reply` what is said, `envelope` and `body` a message so far.
//! - `transcript` keeps what the client sent, `received` the trap's own trace of a message, `recorder` takes facts
//!   over that nobody waits for.
//!
//! What holds throughout:
//!
//! - 250 at the end of a message is sent after the journal has it on disk, never before.
//! - Nothing is sent to anybody but the client, and nothing is relayed.
//! - Every byte of the client's is bounded before it is kept: line, recipients, message, all messages together,
//!   transcript, time.
//! - A password is in no event: its keyed hash is, and the transcript leaves it out.

mod body;
mod command;
mod config;
mod counts;
mod dialogue;
mod dot_stuffing;
mod envelope;
mod password;
mod received;
mod recorder;
mod reply;
mod serve;
mod session;
mod tls;
mod transcript;
mod trap;
mod verb;
mod wire;

pub use config::{SmtpConfig, SmtpLimits, StartTls};
pub use tls::CertificateError;
pub use trap::MailTrap;
