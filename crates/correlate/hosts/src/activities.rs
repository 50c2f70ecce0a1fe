//! How often a host did what, and when: the part of a record that the picture scans.

use std::cmp::{max, min};

use jiff::Timestamp;
use model::{Activity, ActivityKind};

use crate::Contribution;

/// How often something happened, and when first and last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tally {
    /// How often.
    pub count: u64,
    /// First.
    pub first: Timestamp,
    /// Last.
    pub last: Timestamp,
}

impl Tally {
    /// So often at one time.
    pub fn of(count: u64, at: Timestamp) -> Self {
        Self { count, first: at, last: at }
    }

    /// Takes in more of the same.
    pub fn merge(&mut self, other: Self) {
        self.count = self.count.saturating_add(other.count);
        self.first = min(self.first, other.first);
        self.last = max(self.last, other.last);
    }
}

/// The trap addresses that a host took.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Taken {
    /// How many.
    pub addresses: u64,
    /// The sum of the times at which it took them, in seconds since 1970 (negative before). With the count it gives
    /// for how long they have been out, all together, as of any later time.
    pub seconds: i128,
}

impl Taken {
    /// Takes in more.
    pub fn merge(&mut self, other: Self) {
        self.addresses = self.addresses.saturating_add(other.addresses);
        self.seconds = self.seconds.saturating_add(other.seconds);
    }

    /// For how many seconds these addresses have been out by `end`, all together.
    pub fn exposure_seconds(&self, end: Timestamp) -> i128 {
        (i128::from(self.addresses) * i128::from(end.as_second()) - self.seconds).max(0)
    }
}

/// What a host was seen doing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Activities {
    /// By kind, in the order of [`ActivityKind::ALL`].
    tallies: [Option<Tally>; ActivityKind::ALL.len()],
    /// The addresses it took, a trap page each. Visits from imported access logs take none.
    pub taken: Taken,
}

impl Activities {
    /// The tally of one kind.
    pub fn get(&self, kind: ActivityKind) -> Option<&Tally> {
        self.tallies[kind as usize].as_ref()
    }

    /// How often it did this; 0 if never.
    pub fn count(&self, kind: ActivityKind) -> u64 {
        self.get(kind).map_or(0, |tally| tally.count)
    }

    /// Takes in more of one kind.
    pub fn add(&mut self, kind: ActivityKind, tally: Tally) {
        match &mut self.tallies[kind as usize] {
            Some(known) => known.merge(tally),
            none => *none = Some(tally),
        }
    }

    /// Takes in what one event says.
    pub fn contribute(&mut self, contribution: &Contribution<'_>) {
        self.add(contribution.kind, Tally::of(contribution.count, contribution.at));
        if contribution.took_address {
            self.taken.merge(Taken { addresses: 1, seconds: contribution.at.as_second().into() });
        }
    }

    /// Takes in what another partial record says of the same host.
    pub fn merge(&mut self, other: &Self) {
        for (kind, tally) in other.iter() {
            self.add(kind, *tally);
        }
        self.taken.merge(other.taken);
    }

    /// The kinds seen, in the order of [`ActivityKind::ALL`].
    pub fn iter(&self) -> impl Iterator<Item = (ActivityKind, &Tally)> {
        ActivityKind::ALL.into_iter().zip(&self.tallies).filter_map(|(kind, tally)| Some((kind, tally.as_ref()?)))
    }

    /// As a record shows them.
    pub fn to_vec(&self) -> Vec<Activity> {
        self.iter()
            .map(|(kind, tally)| Activity { kind, count: tally.count, first: tally.first, last: tally.last })
            .collect()
    }
}
