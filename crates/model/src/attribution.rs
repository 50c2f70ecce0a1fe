//! Who harvested the address that a message came to, and how sure that is.

use std::fmt;

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

use crate::SealedVisit;

/// The harvester behind a delivery.
///
/// That the visitor took the address is proven by the address itself. That the visitor and the sender are one
/// operation is an inference; [`Attribution::confidence`] is about that, and [`Attribution::reasons`] says why.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Attribution {
    /// Who took the address, where and when.
    pub harvest: SealedVisit,
    /// From harvest to spam.
    pub lag: SignedDuration,
    /// How sure it is that whoever took the address had it mailed.
    pub confidence: Confidence,
    /// What speaks for and against it, in the order considered.
    pub reasons: Vec<Reason>,
}

/// How sure, in percent: 0 to 100.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Confidence(u8);

impl Confidence {
    /// This many percent, at most 100.
    pub fn percent(percent: u8) -> Self {
        Self(percent.min(100))
    }

    /// The percentage, 0 to 100.
    pub fn get(self) -> u8 {
        self.0
    }
}

impl fmt::Display for Confidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} %", self.0)
    }
}

/// Something that speaks for or against an attribution.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "reason", rename_all = "snake_case")]
pub enum Reason {
    /// The address opens under the site's key, so this visitor took it: the base of every attribution.
    AddressOpens,
    /// Harvester and sender are in one prefix or one AS.
    SameNetwork,
    /// Mailed within a few hours of the harvest: the address can hardly have been sold on.
    SoonAfterHarvest,
    /// Mailed so long after the harvest that the address may have changed hands.
    LongAfterHarvest,
    /// The visitor is in a range of a search engine: the harvester may have read its cache.
    SearchEngine {
        /// The engine's name as configured.
        name: String,
    },
    /// The visitor is an edge of a content delivery network, which may have served others from its cache.
    CdnEdge {
        /// The network's name as configured.
        name: String,
    },
    /// The visitor's address is that of an anonymising or shared proxy as configured.
    SharedProxy {
        /// The proxy's name as configured.
        name: String,
    },
    /// The sender is a forwarder or a mailbox provider as configured: it passes on others' mail.
    Forwarder {
        /// The forwarder's name as configured.
        name: String,
    },
    /// The message came through an importer: its sender is taken from a Received header.
    SenderFromReceived,
    /// The message looks like a sign-up confirmation, which anyone can have sent to frame somebody.
    SignUpConfirmation,
    /// The harvest lies after the delivery: a clock was wrong.
    HarvestAfterDelivery,
    /// Several visitors' addresses of this site were mailed by this sender in this session.
    SeveralHarvestersInSession,
}
