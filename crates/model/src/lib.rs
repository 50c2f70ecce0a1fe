//! The vocabulary of Trapline: what is seen, by whom, and what is concluded from it.
//!
//! ```text
//! bot ──▶ visit ──▶ trap address ──▶ delivery ──▶ attribution ──▶ host ──▶ network, provider
//! ```
//!
//! Events are facts: a [`Visit`], a [`Post`], a [`Message`] with its [`Delivery`]s, a [`Session`], a [`Probe`].
//! They are what the journal keeps and the lake stores. Judgements ([`Attribution`], [`HostRecord`]) are made
//! from them and can always be made again.
//!
//! Nothing in this crate does I/O or reads a clock: time is a value that is passed in.

mod attribution;
mod client;
mod delivery;
mod event;
mod host;
mod judgement;
mod network;
mod post;
mod probe;
mod sealed;
mod session;
mod visit;
pub mod wire;

pub use attribution::{Attribution, Confidence, Reason};
pub use client::{Client, ClientIdentity};
pub use delivery::{Delivery, Message, Trap};
pub use event::{Event, EventId, EventKind};
pub use host::{Activity, ActivityKind, HostRecord, Sample, Seen};
pub use judgement::{Harvest, Judgement, MessageSummary};
pub use network::{Country, Network};
pub use post::{FormField, Post};
pub use probe::{Probe, ProbeKind};
pub use sealed::{KeyGeneration, SealedVisit, SiteId, VisitorNet};
pub use session::{
    AuthAttempt, MailProtocol, ReplyMark, Session, SessionEnding, TlsSession, Transcript, TranscriptChunk,
};
pub use visit::{Request, Visit, VisitKind};

/// A point in time, as [`jiff`] has it. Events carry whole microseconds.
pub use jiff::Timestamp;
