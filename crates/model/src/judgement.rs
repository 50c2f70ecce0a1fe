//! What is made of a message once it is in: what it says of itself, where its sender is, who harvested its recipients.

use serde::{Deserialize, Serialize};

use crate::{Attribution, Network};

/// What a message's own headers say, bounded. All of it is the sender's claim.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MessageSummary {
    /// Bytes of the message as received.
    pub size: u64,
    /// SHA-256 of the message as received.
    pub digest: [u8; 32],
    /// The `Subject`, decoded; empty if there is none.
    pub subject: String,
    /// The first address in `From`; empty if there is none.
    pub from: String,
    /// The `Message-ID` without angle brackets; empty if there is none.
    pub message_id: String,
    /// Whether it looks like the confirmation of a sign-up, which anyone can have sent to somebody else's address.
    pub sign_up_confirmation: bool,
}

/// All that is concluded from one message alone and from what is known of networks at its time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Judgement {
    /// What the message says of itself.
    pub summary: MessageSummary,
    /// Where its sender is.
    pub sender: Network,
    /// For each delivery, in their order: who harvested its address. `None` where the recipient was not an issued one.
    pub harvests: Vec<Option<Harvest>>,
}

/// The harvester behind one delivery, and where it is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Harvest {
    /// Who took the address, and how sure it is that they had it mailed.
    pub attribution: Attribution,
    /// Where the harvester was when it took the address.
    pub network: Network,
}
