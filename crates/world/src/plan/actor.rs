//! Who acts in the world.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use crate::page::{Mangling, Skill};

/// What an actor is. The truth that Trapline has to find out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ActorKind {
    /// Takes addresses from pages for an operator.
    Harvester,
    /// Sends an operator's mail.
    SpamServer,
    /// Tries local parts that are common.
    DictionaryAttacker,
    /// Fills in comment forms.
    CommentSpammer,
    /// Fetches what robots.txt forbids; takes nothing.
    RuleBreaker,
    /// Tries whether a server relays.
    RelayProber,
    /// Tries passwords.
    PasswordGuesser,
    /// Reads pages for a search engine and obeys robots.txt.
    SearchEngine,
    /// A person with a browser.
    Person,
    /// A person who signs other people's addresses up for newsletters, to frame whoever owns the newsletter's server.
    Framer,
    /// A server that sends newsletters to who signed up, and asks them to confirm.
    NewsletterServer,
}

impl ActorKind {
    /// The name used in tables and output.
    pub fn name(self) -> &'static str {
        match self {
            Self::Harvester => "harvester",
            Self::SpamServer => "spam server",
            Self::DictionaryAttacker => "dictionary attacker",
            Self::CommentSpammer => "comment spammer",
            Self::RuleBreaker => "rule breaker",
            Self::RelayProber => "relay prober",
            Self::PasswordGuesser => "password guesser",
            Self::SearchEngine => "search engine",
            Self::Person => "person",
            Self::Framer => "framer",
            Self::NewsletterServer => "newsletter server",
        }
    }
}

/// Which machines send: a botnet, or others that have their habits in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fleet {
    /// The botnet of this name, controlled from the hosting firm.
    Srizbi,
    /// The botnet of this name, controlled from the hosting firm, in part won back on the day of the return.
    Rustock,
    /// The botnet of this name, controlled from the hosting firm.
    MegaD,
    /// The botnet of this name, controlled from elsewhere for the most part.
    Cutwail,
    /// Rented servers.
    Hosted,
    /// Accounts at a webmail provider.
    Webmail,
    /// The servers of a newsletter provider.
    Newsletters,
    /// Machines that guess local parts, relays and passwords.
    Guessers,
}

impl Fleet {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Srizbi,
        Self::Rustock,
        Self::MegaD,
        Self::Cutwail,
        Self::Hosted,
        Self::Webmail,
        Self::Newsletters,
        Self::Guessers,
    ];

    /// The name used in tables and output.
    pub fn name(self) -> &'static str {
        match self {
            Self::Srizbi => "Srizbi",
            Self::Rustock => "Rustock",
            Self::MegaD => "Mega-D",
            Self::Cutwail => "Cutwail",
            Self::Hosted => "rented servers",
            Self::Webmail => "webmail accounts",
            Self::Newsletters => "newsletter servers",
            Self::Guessers => "guessers",
        }
    }
}

/// The program that an actor reads pages with.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tool {
    /// What it gives as its user agent; empty for no such header.
    pub agent: String,
    /// Whether it speaks HTTP/1.0, which has no persistent connections.
    pub old_http: bool,
    /// Which ways of writing an address it understands.
    pub skill: Skill,
    /// What it does to the addresses that it takes.
    pub mangling: Mangling,
}

/// Somebody with an address of their own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Actor {
    /// What they are.
    pub kind: ActorKind,
    /// Their address.
    pub address: IpAddr,
    /// Their provider, as an index into [`crate::Plan::providers`].
    pub provider: usize,
    /// For whom a harvester works, as an index into [`crate::Plan::operators`].
    pub operator: Option<usize>,
    /// The fleet that a sender belongs to.
    pub fleet: Option<Fleet>,
    /// What a visitor reads pages with.
    pub tool: Tool,
}
