//! Mail taken in.

use bytes::Bytes;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{Client, EventId, MailProtocol, SealedVisit};

/// A message as it was received, with those of its recipients that are traps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// The event's id.
    pub id: EventId,
    /// When its last byte had been read (imported: when the trusted relay received it).
    pub at: Timestamp,
    /// The session that brought it; none for imported mail.
    pub session: Option<EventId>,
    /// Who sent it.
    pub client: Client,
    /// How it came.
    pub protocol: MailProtocol,
    /// What the client called itself; empty if it didn't.
    pub helo: String,
    /// The envelope's sender without angle brackets; empty for the null sender.
    pub mail_from: String,
    /// One for each trap recipient.
    pub deliveries: Vec<Delivery>,
    /// Byte for byte as received, dot-stuffing undone.
    pub content: Bytes,
    /// The trap's own `Received` header, kept apart from the content.
    pub received: String,
    /// Whether the session was encrypted by then.
    pub tls: bool,
}

/// One message to one trap recipient.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delivery {
    /// The delivery's own id, cited as evidence.
    pub id: EventId,
    /// The recipient as the client gave it, without angle brackets.
    pub recipient: String,
    /// What kind of trap it hit.
    pub trap: Trap,
}

/// What kind of trap a recipient is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Trap {
    /// An address issued to a visitor: it opens, and says to whom.
    Issued(SealedVisit),
    /// An address that the operator set out by hand.
    Static(String),
    /// A local part that nobody was given: a guess.
    Dictionary,
}

impl Trap {
    /// The name used in tables and output.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Issued(_) => "issued",
            Self::Static(_) => "static",
            Self::Dictionary => "dictionary",
        }
    }
}
