//! What really happened in a world: who took which address, who mailed it, and for whom.

mod score;

use std::collections::BTreeMap;
use std::net::IpAddr;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use score::{JudgedDelivery, Score};

use crate::plan::{ActorKind, Fleet, How, Operator, Trade};

/// What really happened. Every figure in it is simulated.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Truth {
    /// Says that all of this is simulated, to whoever finds it in a file.
    pub note: String,
    /// The world's seed.
    pub seed: u64,
    /// The world's scale.
    pub scale: f64,
    /// The operators.
    pub operators: Vec<Operator>,
    /// Every fetch of a page or of robots.txt, in order of time.
    pub visits: Vec<TrueVisit>,
    /// Every comment posted, in order of time.
    pub posts: Vec<TruePost>,
    /// Every message brought to the mail trap, in order of time.
    pub messages: Vec<TrueMessage>,
    /// Messages that were never sent since no address had been taken for them.
    pub unsent: u64,
    /// Connections that broke: refused with a 4xx or 5xx banner, or cut.
    pub broken: u64,
    /// Counts by kind of actor.
    pub counts: BTreeMap<ActorKind, Count>,
}

/// A fetch of a page or of robots.txt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrueVisit {
    /// When, by the world's time.
    pub at: Timestamp,
    /// By whom.
    pub visitor: IpAddr,
    /// What the visitor is.
    pub kind: ActorKind,
    /// The operator that a harvester works for, as an index into [`Truth::operators`].
    pub operator: Option<usize>,
    /// The site's slug.
    pub site: String,
    /// The path fetched.
    pub path: String,
    /// The status of the answer; 0 where the connection broke.
    pub status: u16,
    /// The address that was handed out.
    pub address: Option<String>,
    /// Whether robots.txt forbids the path.
    pub forbidden: bool,
}

/// A comment posted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TruePost {
    /// When.
    pub at: Timestamp,
    /// By whom.
    pub visitor: IpAddr,
    /// The site's slug.
    pub site: String,
    /// The status of the answer; 0 where the connection broke.
    pub status: u16,
}

/// A message brought to the mail trap.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrueMessage {
    /// Its `Message-ID` without angle brackets. No two messages have the same.
    pub message_id: String,
    /// When.
    pub at: Timestamp,
    /// The sender's address.
    pub sender: IpAddr,
    /// What the sender is.
    pub kind: ActorKind,
    /// Which machines it is one of.
    pub fleet: Fleet,
    /// For whom it was sent, as an index into [`Truth::operators`].
    pub operator: Option<usize>,
    /// What it is about.
    pub trade: Trade,
    /// What the sender called itself.
    pub helo: String,
    /// The envelope's sender; empty for the null sender.
    pub mail_from: String,
    /// Bytes.
    pub size: usize,
    /// The answer to the message; none where it was never sent or never answered.
    pub code: Option<u16>,
    /// One for each recipient.
    pub deliveries: Vec<TrueDelivery>,
}

/// A message to one recipient.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrueDelivery {
    /// The recipient as sent.
    pub recipient: String,
    /// The answer to it.
    pub code: Option<u16>,
    /// The visit at which the address was handed out, as an index into [`Truth::visits`]; none where it was guessed.
    pub visit: Option<usize>,
    /// How the sender came by the address; none where it was guessed.
    pub how: Option<How>,
}

/// Counts of one kind of actor.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Count {
    /// How many there are that did anything.
    pub actors: u64,
    /// Connections.
    pub connections: u64,
    /// Pages fetched, robots.txt not counted.
    pub pages: u64,
    /// Addresses handed out to them.
    pub addresses: u64,
    /// Comments posted.
    pub posts: u64,
    /// Messages brought.
    pub messages: u64,
    /// Recipients whose message the trap took in.
    pub accepted: u64,
}

impl TrueMessage {
    /// Whether the trap took in the message for this recipient.
    pub fn accepted(&self, delivery: &TrueDelivery) -> bool {
        let yes = |code: Option<u16>| code.is_some_and(|code| (200..300).contains(&code));
        yes(self.code) && yes(delivery.code)
    }
}

impl Truth {
    /// The visits at which an address was handed out.
    pub fn harvests(&self) -> impl Iterator<Item = &TrueVisit> {
        self.visits.iter().filter(|visit| visit.address.is_some())
    }

    /// The harvester's visit behind a delivery. None for a guessed address; for one out of a search engine's cache,
    /// since its harvester never visited; and for one that was signed up for a newsletter, since nobody harvested it.
    pub fn harvester(&self, delivery: &TrueDelivery) -> Option<&TrueVisit> {
        match delivery.how {
            Some(How::Harvested | How::Bought) => self.visits.get(delivery.visit?),
            Some(How::FromCache | How::SignedUp) | None => None,
        }
    }

    /// Deliveries that the trap took in.
    pub fn accepted(&self) -> impl Iterator<Item = (&TrueMessage, &TrueDelivery)> {
        let pairs = self.messages.iter().flat_map(|message| message.deliveries.iter().map(move |d| (message, d)));
        pairs.filter(|(message, delivery)| message.accepted(delivery))
    }

    /// Spam messages brought a day on average between two times.
    pub fn messages_a_day(&self, from: Timestamp, to: Timestamp) -> f64 {
        let spam =
            |message: &&TrueMessage| message.kind == ActorKind::SpamServer && from <= message.at && message.at < to;
        let days = to.duration_since(from).as_secs_f64() / 86_400.0;
        self.messages.iter().filter(spam).count() as f64 / days.max(f64::MIN_POSITIVE)
    }
}
