//! What is counted, and as how much of the whole.

use serde::{Deserialize, Serialize};

/// What the picture counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Hosts that took addresses which were then mailed.
    pub harvesters: u64,
    /// Visits, by anybody.
    pub visits: u64,
    /// Messages sent, one for each delivery to a trap.
    pub messages: u64,
    /// Hosts that sent them.
    pub spam_servers: u64,
    /// Messages, sent by whomever, to addresses that harvesters here took.
    pub harvested_messages: u64,
}

/// One of the [`Counts`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Measure {
    /// [`Counts::harvesters`].
    Harvesters,
    /// [`Counts::visits`].
    Visits,
    /// [`Counts::messages`].
    Messages,
    /// [`Counts::spam_servers`].
    SpamServers,
    /// [`Counts::harvested_messages`].
    HarvestedMessages,
}

impl Measure {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::Harvesters, Self::Visits, Self::Messages, Self::SpamServers, Self::HarvestedMessages];

    /// The name as people read it.
    pub fn title(self) -> &'static str {
        match self {
            Self::Harvesters => "harvesters",
            Self::Visits => "visits",
            Self::Messages => "messages",
            Self::SpamServers => "spam servers",
            Self::HarvestedMessages => "messages through its harvesters",
        }
    }
}

/// [`Counts`] as shares of the whole, 0 to 1 each; 0 where the whole is nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Shares {
    /// Of the harvesters.
    pub harvesters: f64,
    /// Of the visits.
    pub visits: f64,
    /// Of the messages.
    pub messages: f64,
    /// Of the spam servers.
    pub spam_servers: f64,
    /// Of the messages to harvested addresses.
    pub harvested_messages: f64,
}

impl Counts {
    /// One of them.
    pub fn get(&self, measure: Measure) -> u64 {
        match measure {
            Measure::Harvesters => self.harvesters,
            Measure::Visits => self.visits,
            Measure::Messages => self.messages,
            Measure::SpamServers => self.spam_servers,
            Measure::HarvestedMessages => self.harvested_messages,
        }
    }

    /// Takes in more.
    pub fn merge(&mut self, more: &Self) {
        self.harvesters += more.harvesters;
        self.visits += more.visits;
        self.messages += more.messages;
        self.spam_servers += more.spam_servers;
        self.harvested_messages += more.harvested_messages;
    }

    /// Takes out what was taken in before.
    pub(crate) fn remove(&mut self, less: &Self) {
        self.harvesters = self.harvesters.saturating_sub(less.harvesters);
        self.visits = self.visits.saturating_sub(less.visits);
        self.messages = self.messages.saturating_sub(less.messages);
        self.spam_servers = self.spam_servers.saturating_sub(less.spam_servers);
        self.harvested_messages = self.harvested_messages.saturating_sub(less.harvested_messages);
    }

    /// As shares of a whole.
    pub fn of(&self, whole: &Self) -> Shares {
        let share = |measure| share(self.get(measure), whole.get(measure));
        Shares {
            harvesters: share(Measure::Harvesters),
            visits: share(Measure::Visits),
            messages: share(Measure::Messages),
            spam_servers: share(Measure::SpamServers),
            harvested_messages: share(Measure::HarvestedMessages),
        }
    }
}

impl Shares {
    /// One of them.
    pub fn get(&self, measure: Measure) -> f64 {
        match measure {
            Measure::Harvesters => self.harvesters,
            Measure::Visits => self.visits,
            Measure::Messages => self.messages,
            Measure::SpamServers => self.spam_servers,
            Measure::HarvestedMessages => self.harvested_messages,
        }
    }
}

/// A part of a whole, 0 to 1; of nothing, 0.
pub(crate) fn share(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}
