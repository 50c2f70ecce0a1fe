//! A host's whole record, as it is folded.

use model::{HostRecord, VisitorNet};

use crate::{Activities, Contribution, Details};

/// All that the events so far say of one host.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Host {
    /// What it did.
    pub activities: Activities,
    /// What it called itself, and which events to cite.
    pub details: Details,
}

impl Host {
    /// Takes in what one event says of this host. Returns whether the details changed; the activities always do.
    pub fn contribute(&mut self, host: VisitorNet, contribution: &Contribution<'_>) -> bool {
        self.activities.contribute(contribution);
        self.details.contribute(host, contribution)
    }

    /// Takes in what another partial record says of the same host. Commutative and associative.
    pub fn merge(&mut self, other: &Self) {
        self.activities.merge(&other.activities);
        self.details.merge(&other.details);
    }

    /// As it is shown.
    pub fn record(&self, host: VisitorNet) -> HostRecord {
        HostRecord {
            host,
            activities: self.activities.to_vec(),
            addresses: self.details.addresses.seen(),
            user_agents: self.details.user_agents.seen(),
            helo_names: self.details.helo_names.seen(),
            samples: self.details.samples().collect(),
        }
    }
}
