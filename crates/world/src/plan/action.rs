//! What is done in the world, and when. All of it is planned before the world begins; what a plan cannot know is the
//! addresses that the pages will hold, so mail names its recipients by the crawl that will have taken them.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::Trade;

/// One connection's worth of doing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Action {
    /// When.
    pub at: Timestamp,
    /// Who, as an index into [`crate::Plan::actors`].
    pub actor: usize,
    /// What.
    pub deed: Deed,
}

/// What an actor does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Deed {
    /// Reads pages of a site.
    Crawl(Crawl),
    /// Speaks SMTP.
    Mail(MailSession),
}

/// Pages of one site, read one after the other.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Crawl {
    /// Its number: mail refers to it.
    pub id: usize,
    /// The site, as an index into [`crate::Plan::sites`].
    pub site: usize,
    /// Whether it comes by the site's path on another host name rather than by the site's own host name.
    pub by_path: bool,
    /// What it makes of robots.txt.
    pub robots: Robots,
    /// How many pages it reads, robots.txt not counted.
    pub pages: usize,
    /// Whether it fills in the comment form of the last page.
    pub comments: bool,
    /// Decides which links it follows.
    pub seed: u64,
}

/// What a crawler makes of robots.txt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Robots {
    /// Reads it first and keeps to it (RFC 9309).
    Obeys,
    /// Doesn't read it.
    Ignores,
    /// Reads it and fetches what it forbids.
    Breaks,
}

/// One SMTP session.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MailSession {
    /// What the client calls itself.
    pub helo: String,
    /// User names and passwords that it tries by AUTH LOGIN.
    pub passwords: Vec<(String, String)>,
    /// The messages.
    pub letters: Vec<Letter>,
}

/// One message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Letter {
    /// Its `Message-ID` without angle brackets. No two letters have the same.
    pub message_id: String,
    /// The envelope's sender; empty for the null sender.
    pub from: String,
    /// What it is about.
    pub trade: Trade,
    /// For whom it is sent, as an index into [`crate::Plan::operators`].
    pub operator: Option<usize>,
    /// Decides its text.
    pub seed: u64,
    /// To whom.
    pub recipients: Vec<Recipient>,
}

/// To whom a message goes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Recipient {
    /// An address that a crawl will have taken.
    Taken {
        /// The crawl.
        crawl: usize,
        /// Which of its addresses, counted on from the first again after the last.
        pick: usize,
        /// How the sender came by it.
        how: How,
    },
    /// A guessed address at a trap domain.
    Guessed(String),
    /// An address at somebody else's domain.
    Foreign(String),
}

/// How a sender came by an address that a visitor took.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum How {
    /// The visitor is a harvester of the operator that has it mailed.
    Harvested,
    /// The visitor is a harvester of another operator, which sold its list.
    Bought,
    /// The visitor is a search engine, whose cache the operator read: the harvester never visited.
    FromCache,
    /// The visitor signed it up for a newsletter: nobody spams.
    SignedUp,
}
