//! An event and its identity.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{Message, Post, Probe, Session, Visit};

/// The identity of an event: a UUID whose first 48 bits are the event's time in milliseconds (RFC 9562, version 7),
/// so that ids sort by time and the day of an event can be told from its id.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct EventId(Uuid);

impl EventId {
    /// An id for an event at `at`, told apart from others of that millisecond by 74 of the bits of `unique`.
    ///
    /// ```
    /// let at: jiff::Timestamp = "2008-11-11T21:30:00Z".parse()?;
    /// let id = model::EventId::new(at, 7);
    /// assert_eq!(id.at(), at);
    /// assert!(id > model::EventId::new(at - jiff::SignedDuration::from_secs(1), u128::MAX));
    /// # Ok::<(), jiff::Error>(())
    /// ```
    pub fn new(at: Timestamp, unique: u128) -> Self {
        let millis = u64::try_from(at.as_millisecond()).unwrap_or(0);
        let mut random = [0; 10];
        random.copy_from_slice(&unique.to_be_bytes()[6..]);
        Self(uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid())
    }

    /// The time of the event, to the millisecond.
    pub fn at(&self) -> Timestamp {
        let bytes = self.0.as_bytes();
        let millis = bytes[..6].iter().fold(0i64, |n, b| n << 8 | i64::from(*b));
        Timestamp::from_millisecond(millis).unwrap_or(Timestamp::MAX)
    }

    /// The 16 bytes of the id, network order.
    pub fn as_bytes(&self) -> &[u8; 16] {
        self.0.as_bytes()
    }

    /// The id with these 16 bytes, whatever their version.
    pub fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(Uuid::from_bytes(bytes))
    }
}

impl fmt::Display for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.hyphenated().fmt(f)
    }
}

impl fmt::Debug for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for EventId {
    type Err = uuid::Error;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Uuid::try_parse(text).map(Self)
    }
}

/// One fact, as the journal keeps it.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// Somebody asked a trap site for a page.
    Visit(Visit),
    /// Somebody filled in a comment form.
    Post(Post),
    /// A message came in, for one trap recipient or more.
    Message(Message),
    /// An SMTP or LMTP session ended.
    Session(Session),
    /// Somebody tried a name, a relay or a password.
    Probe(Probe),
}

impl Event {
    /// The event's identity.
    pub fn id(&self) -> EventId {
        match self {
            Self::Visit(e) => e.id,
            Self::Post(e) => e.id,
            Self::Message(e) => e.id,
            Self::Session(e) => e.id,
            Self::Probe(e) => e.id,
        }
    }

    /// When it happened (a session: when it began).
    pub fn at(&self) -> Timestamp {
        match self {
            Self::Visit(e) => e.at,
            Self::Post(e) => e.at,
            Self::Message(e) => e.at,
            Self::Session(e) => e.at,
            Self::Probe(e) => e.at,
        }
    }

    /// What kind of fact it is.
    pub fn kind(&self) -> EventKind {
        match self {
            Self::Visit(_) => EventKind::Visit,
            Self::Post(_) => EventKind::Post,
            Self::Message(_) => EventKind::Message,
            Self::Session(_) => EventKind::Session,
            Self::Probe(_) => EventKind::Probe,
        }
    }
}

/// The kinds of [`Event`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EventKind {
    /// [`Event::Visit`].
    Visit,
    /// [`Event::Post`].
    Post,
    /// [`Event::Message`].
    Message,
    /// [`Event::Session`].
    Session,
    /// [`Event::Probe`].
    Probe,
}
