//! What a host called itself, and which events to cite: the part of a record that only its own page needs.

use std::collections::BTreeSet;
use std::net::IpAddr;

use model::{ActivityKind, EventId, Sample, VisitorNet};

use crate::{Contribution, Earliest};

/// How many user agents a record keeps.
pub const USER_AGENTS: usize = 8;
/// How many HELO names a record keeps.
pub const HELO_NAMES: usize = 8;
/// How many addresses within its /64 a record keeps.
pub const ADDRESSES: usize = 16;
/// How many events of each kind of activity a record keeps to cite.
pub const SAMPLES: usize = 4;
/// How many bytes of a user agent or a HELO name are kept; the rest is cut, at a character's boundary.
pub const TEXT_BYTES: usize = 200;

/// What a host called itself, and which events to cite.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Details {
    /// Addresses seen within an IPv6 /64; none for IPv4.
    pub addresses: Earliest<IpAddr, ADDRESSES>,
    /// User agents it gave.
    pub user_agents: Earliest<String, USER_AGENTS>,
    /// Names it gave in HELO or EHLO.
    pub helo_names: Earliest<String, HELO_NAMES>,
    /// Of each kind of activity the events with the smallest ids, which are the earliest by the millisecond: the
    /// smallest `N` of a set, so that the order in which they came doesn't matter.
    samples: BTreeSet<Sample>,
}

impl Details {
    /// Takes in what one event says. Returns whether anything changed.
    pub fn contribute(&mut self, host: VisitorNet, contribution: &Contribution<'_>) -> bool {
        let at = contribution.at;
        let address = contribution.address.filter(|_| matches!(host, VisitorNet::V6(_)));
        let user_agent = contribution.user_agent.map(bounded).filter(|text| !text.is_empty());
        let helo = Some(bounded(contribution.helo)).filter(|text| !text.is_empty());
        let new_address = address.is_some_and(|address| self.addresses.see(at, &address, |address| *address));
        let new_agent = user_agent.is_some_and(|text| self.user_agents.see(at, text, str::to_owned));
        let new_helo = helo.is_some_and(|text| self.helo_names.see(at, text, str::to_owned));
        let new_sample = self.cite(Sample { kind: contribution.kind, event: contribution.event });
        new_address || new_agent || new_helo || new_sample
    }

    /// Takes in what another partial record says of the same host. Returns whether anything changed.
    pub fn merge(&mut self, other: &Self) -> bool {
        let new_addresses = self.addresses.merge(&other.addresses);
        let new_agents = self.user_agents.merge(&other.user_agents);
        let new_helos = self.helo_names.merge(&other.helo_names);
        let new_samples = other.samples.iter().filter(|sample| self.cite(**sample)).count();
        new_addresses || new_agents || new_helos || new_samples > 0
    }

    /// The events to cite, by kind, the earliest first.
    pub fn samples(&self) -> impl ExactSizeIterator<Item = Sample> {
        self.samples.iter().copied()
    }

    /// Takes in an event to cite. Returns whether it is among those kept, and wasn't before.
    pub fn cite(&mut self, sample: Sample) -> bool {
        if !self.samples.insert(sample) {
            return false;
        }
        let of_kind = self.samples.range(of_kind(sample.kind));
        match of_kind.clone().next_back().copied() {
            Some(latest) if of_kind.count() > SAMPLES => {
                self.samples.remove(&latest);
                latest != sample
            }
            _ => true,
        }
    }
}

fn of_kind(kind: ActivityKind) -> std::ops::RangeInclusive<Sample> {
    let smallest = EventId::from_bytes([0; 16]);
    let largest = EventId::from_bytes([u8::MAX; 16]);
    Sample { kind, event: smallest }..=Sample { kind, event: largest }
}

/// The text's first [`TEXT_BYTES`], a function of the text alone.
fn bounded(text: &str) -> &str {
    &text[..text.floor_char_boundary(TEXT_BYTES)]
}
