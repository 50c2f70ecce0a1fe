//! An attempt at something that a trap doesn't offer.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{Client, EventId};

/// Somebody tried a name, a relay or a password.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Probe {
    /// The event's id.
    pub id: EventId,
    /// When.
    pub at: Timestamp,
    /// The session it came in.
    pub session: Option<EventId>,
    /// Who.
    pub client: Client,
    /// What was tried.
    pub kind: ProbeKind,
    /// The recipient, the user name, or the name asked for.
    pub target: String,
    /// What the client called itself; empty if it didn't.
    pub helo: String,
}

/// What a probe tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProbeKind {
    /// A guessed local part at a trap domain.
    Dictionary,
    /// A recipient at somebody else's domain.
    Relay,
    /// AUTH with a guessed user.
    Auth,
    /// VRFY or EXPN.
    Verify,
}

impl ProbeKind {
    /// The name used in tables and output.
    pub fn name(self) -> &'static str {
        match self {
            Self::Dictionary => "dictionary",
            Self::Relay => "relay",
            Self::Auth => "auth",
            Self::Verify => "verify",
        }
    }
}
