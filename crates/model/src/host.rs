//! What an address was seen doing.

use std::net::IpAddr;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{EventId, VisitorNet};

/// All that is known of one host: an IPv4 address, or an IPv6 /64, since that is what one customer has.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct HostRecord {
    /// The host.
    pub host: VisitorNet,
    /// What it did, one for each kind seen, in the order of [`ActivityKind`].
    pub activities: Vec<Activity>,
    /// Addresses seen within an IPv6 /64, the earliest seen first; empty for IPv4.
    pub addresses: Vec<Seen<IpAddr>>,
    /// User agents it gave, the earliest seen first, up to a bound.
    pub user_agents: Vec<Seen<String>>,
    /// Names it gave in HELO or EHLO, the earliest seen first, up to a bound.
    pub helo_names: Vec<Seen<String>>,
    /// Events to cite, the earliest of each kind, up to a bound.
    pub samples: Vec<Sample>,
}

/// One kind of activity of a host.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Activity {
    /// Which kind.
    pub kind: ActivityKind,
    /// How often: visits, deliveries, probes, posts.
    pub count: u64,
    /// First seen.
    pub first: Timestamp,
    /// Last seen.
    pub last: Timestamp,
}

/// The kinds of [`Activity`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ActivityKind {
    /// Took addresses from trap pages. By itself no offence: people and search engines do too.
    Visitor,
    /// Took an address that was then mailed; the count is of deliveries to addresses that it took.
    Harvester,
    /// Sent mail to traps; the count is of deliveries.
    SpamServer,
    /// Guessed local parts.
    DictionaryAttacker,
    /// Filled in a comment form.
    CommentSpammer,
    /// Fetched what robots.txt forbids.
    RuleBreaker,
    /// Tried to relay.
    RelayProber,
    /// Guessed passwords.
    PasswordGuesser,
}

impl ActivityKind {
    /// All kinds, in order.
    pub const ALL: [Self; 8] = [
        Self::Visitor,
        Self::Harvester,
        Self::SpamServer,
        Self::DictionaryAttacker,
        Self::CommentSpammer,
        Self::RuleBreaker,
        Self::RelayProber,
        Self::PasswordGuesser,
    ];

    /// The name as people read it.
    pub fn title(self) -> &'static str {
        match self {
            Self::Visitor => "visitor",
            Self::Harvester => "harvester",
            Self::SpamServer => "spam server",
            Self::DictionaryAttacker => "dictionary attacker",
            Self::CommentSpammer => "comment spammer",
            Self::RuleBreaker => "rule breaker",
            Self::RelayProber => "relay prober",
            Self::PasswordGuesser => "password guesser",
        }
    }
}

/// A value and when it was first seen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seen<T> {
    /// First seen.
    pub first: Timestamp,
    /// What was seen.
    pub value: T,
}

/// An event to cite for an activity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Sample {
    /// The activity it shows.
    pub kind: ActivityKind,
    /// The event.
    pub event: EventId,
}

impl HostRecord {
    /// The activity of this kind, if it was seen.
    pub fn activity(&self, kind: ActivityKind) -> Option<&Activity> {
        self.activities.iter().find(|activity| activity.kind == kind)
    }

    /// When the host was first seen doing anything.
    pub fn first_seen(&self) -> Option<Timestamp> {
        self.activities.iter().map(|activity| activity.first).min()
    }

    /// When the host was last seen doing anything.
    pub fn last_seen(&self) -> Option<Timestamp> {
        self.activities.iter().map(|activity| activity.last).max()
    }
}
