//! Concentration: which providers the trade depends on.
//!
//! ```text
//! hosts, their activities ──▶ Rollup ──▶ Picture
//!                 │             │          ├ providers and countries: counts and shares
//!            NetworkMap      Totals        ├ halves: the few providers that hold half of each measure
//!                                          ├ cost: what harvesting costs
//!                                          └ lags: how long from harvest to spam
//! ```
//!
//! A host's provider is the one of the day on which the host was first seen doing the thing that is counted: the same
//! address may be a visitor under one provider and, years later, a spam server under another.
//!
//! Trap mail isn't all mail: the shares are of what came to these traps, and feeds of traps differ widely (Taster's
//! Choice, IMC 2012).

mod cost;
mod counts;
mod half;
mod lags;
mod rollup;

pub use cost::{HarvestCost, OBSERVED_AT_LEAST};
pub use counts::{Counts, Measure, Shares};
pub use half::Half;
pub use lags::{LagSummary, Quantiles};
pub use rollup::Rollup;

use jiff::Timestamp;
use model::Country;
use serde::{Deserialize, Serialize};

/// Who does what from where, as of the latest event.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Picture {
    /// The time of the latest event; none if there was none.
    pub as_of: Option<Timestamp>,
    /// Hosts seen doing anything.
    pub hosts: u64,
    /// All providers together.
    pub totals: Counts,
    /// The providers, those with the most messages first.
    pub providers: Vec<Provider>,
    /// The countries, those with the most messages first.
    pub countries: Vec<InCountry>,
    /// For each measure, the smallest set of providers that holds half of it.
    pub halves: Vec<Half>,
    /// What harvesting costs those whose addresses are taken.
    pub cost: HarvestCost,
    /// How long it takes from harvest to spam.
    pub lags: LagSummary,
}

/// What comes from one provider.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Provider {
    /// Its name; `AS64500` where only the AS is known, [`UNKNOWN`] where nothing is.
    pub name: String,
    /// Its ASes, as far as hosts were seen in them.
    pub asns: Vec<u32>,
    /// The country in which most of its hosts are registered.
    pub country: Option<Country>,
    /// What comes from it.
    pub counts: Counts,
    /// How much of the whole that is.
    pub shares: Shares,
}

/// What comes from one country.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct InCountry {
    /// The country; none where it isn't known.
    pub country: Option<Country>,
    /// What comes from it.
    pub counts: Counts,
    /// How much of the whole that is.
    pub shares: Shares,
}

/// The name under which hosts stand whose network isn't known. It is no provider, and never among the few that hold
/// half; but it is part of the whole.
pub const UNKNOWN: &str = "unknown";

impl Provider {
    /// Whether this is a provider, or at least an AS.
    pub fn is_known(&self) -> bool {
        self.name != UNKNOWN
    }
}

impl Picture {
    /// The providers in the order of one measure, largest first, of equals by name.
    pub fn by(&self, measure: Measure) -> Vec<&Provider> {
        let mut providers: Vec<_> = self.providers.iter().collect();
        providers.sort_by(|a, b| {
            let (a_count, b_count) = (a.counts.get(measure), b.counts.get(measure));
            b_count.cmp(&a_count).then_with(|| a.name.cmp(&b.name))
        });
        providers
    }

    /// The smallest set of providers that holds half of a measure.
    pub fn half(&self, measure: Measure) -> Option<&Half> {
        self.halves.iter().find(|half| half.measure == measure)
    }
}
