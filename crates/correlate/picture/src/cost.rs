//! What harvesting costs: "50 addresses on your site".

use hosts::{Activities, Taken, Totals};
use jiff::{SignedDuration, Timestamp};
use model::ActivityKind;
use serde::{Deserialize, Serialize};

/// So long must harvesters have been watched before a rate a year is told.
pub const OBSERVED_AT_LEAST: SignedDuration = SignedDuration::from_hours(7 * 24);

const SECONDS_A_YEAR: f64 = 365.25 * 86_400.0;

/// What harvesting costs those whose addresses are taken.
///
/// The rate a year is that of the addresses' own time: each counts from when it was taken to the latest event, so that
/// one taken yesterday isn't taken for one that stayed silent for a year. It assumes that mail goes on at the rate
/// seen, which nobody knows: spam comes in waves, slow harvesters haven't mailed yet what they took last week, and
/// lists are mailed for years. With less than [`OBSERVED_AT_LEAST`] there is no rate; with less than a year it is an
/// extrapolation ([`HarvestCost::is_extrapolated`]) and has to be shown as one.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct HarvestCost {
    /// Hosts that took addresses which were then mailed.
    pub harvesters: u64,
    /// All addresses that these hosts took, mailed or not.
    pub addresses_taken: u64,
    /// Those that were mailed.
    pub addresses_mailed: u64,
    /// Deliveries to them.
    pub deliveries: u64,
    /// From the first harvest to the latest event.
    pub observed: SignedDuration,
    /// For how long the addresses have been in harvesters' hands, all together, in years.
    pub address_years: f64,
    /// Messages an address, so far; none if no address was taken.
    pub messages_per_address: Option<f64>,
    /// Messages an address and year; none if observed for too short a time.
    pub messages_per_address_per_year: Option<f64>,
}

impl HarvestCost {
    /// How many messages a year would come to so many addresses on a page that such harvesters visit.
    pub fn for_addresses(&self, addresses: u64) -> Option<f64> {
        self.messages_per_address_per_year.map(|rate| rate * addresses as f64)
    }

    /// Whether the rate a year says more than was observed.
    pub fn is_extrapolated(&self) -> bool {
        self.observed.as_secs_f64() < SECONDS_A_YEAR
    }
}

/// What is needed of the hosts for the cost, folded in any order.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Harvested {
    harvesters: u64,
    taken: Taken,
    first: Option<Timestamp>,
}

impl Harvested {
    pub fn add(&mut self, activities: &Activities) {
        if let Some(harvester) = activities.get(ActivityKind::Harvester) {
            let first = Some(harvester.first);
            self.merge(&Self { harvesters: 1, taken: activities.taken, first });
        }
    }

    /// Takes out a host as it was taken in. The first harvest stays: a host only ever comes in with an earlier one.
    pub fn remove(&mut self, activities: &Activities) {
        if activities.get(ActivityKind::Harvester).is_some() {
            self.harvesters = self.harvesters.saturating_sub(1);
            self.taken.addresses = self.taken.addresses.saturating_sub(activities.taken.addresses);
            self.taken.seconds = self.taken.seconds.saturating_sub(activities.taken.seconds);
        }
    }

    pub fn merge(&mut self, other: &Self) {
        self.harvesters += other.harvesters;
        self.taken.merge(other.taken);
        self.first = self.first.into_iter().chain(other.first).min();
    }

    pub fn cost(&self, totals: &Totals) -> HarvestCost {
        let addresses_mailed = totals.turnarounds.addresses();
        let observed = self
            .first
            .zip(totals.last)
            .map_or(SignedDuration::ZERO, |(first, last)| last.duration_since(first).max(SignedDuration::ZERO));
        // An address proves its harvest even where the record of the visit was lost. Those are taken to have been out
        // from the beginning, so that the rate isn't told too high.
        let unrecorded = addresses_mailed.saturating_sub(self.taken.addresses);
        let recorded_seconds = totals.last.map_or(0, |last| self.taken.exposure_seconds(last));
        let seconds = recorded_seconds as f64 + unrecorded as f64 * observed.as_secs_f64();
        let addresses_taken = self.taken.addresses + unrecorded;
        let deliveries = totals.harvested_deliveries;
        let address_years = seconds / SECONDS_A_YEAR;
        HarvestCost {
            harvesters: self.harvesters,
            addresses_taken,
            addresses_mailed,
            deliveries,
            observed,
            address_years,
            messages_per_address: (addresses_taken > 0).then(|| deliveries as f64 / addresses_taken as f64),
            messages_per_address_per_year: (observed >= OBSERVED_AT_LEAST && address_years > 0.0)
                .then(|| deliveries as f64 / address_years),
        }
    }
}
