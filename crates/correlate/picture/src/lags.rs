//! How long it takes from harvest to spam.

use hosts::{Lags, Totals, TurnaroundTally};
use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

/// How long it takes from harvest to spam.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LagSummary {
    /// Of all deliveries that are put down to their harvester.
    pub deliveries: Quantiles,
    /// Of the first delivery to each harvested address: the harvest-to-spam lag as it is usually told.
    pub first_deliveries: Quantiles,
    /// Addresses first mailed within a day, as "fraudsters" do.
    pub fast: TurnaroundTally,
    /// Addresses first mailed between a day and a month after.
    pub between: TurnaroundTally,
    /// Addresses first mailed a month after or later, as "hucksters" do.
    pub slow: TurnaroundTally,
}

/// How some lags are spread. Each is right to within an eighth; none where nothing was counted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Quantiles {
    /// How many.
    pub count: u64,
    /// How many more were negative: a clock was wrong. They aren't in the figures below.
    pub impossible: u64,
    /// A tenth is no longer than this.
    pub tenth: Option<SignedDuration>,
    /// Half is no longer than this.
    pub median: Option<SignedDuration>,
    /// Nine tenths are no longer than this.
    pub nine_tenths: Option<SignedDuration>,
}

impl LagSummary {
    /// As these totals have it.
    pub(crate) fn of(totals: &Totals) -> Self {
        let turnarounds = &totals.turnarounds;
        Self {
            deliveries: Quantiles::of(&totals.lags),
            first_deliveries: Quantiles::of(&turnarounds.lags),
            fast: turnarounds.fast,
            between: turnarounds.between,
            slow: turnarounds.slow,
        }
    }
}

impl Quantiles {
    fn of(lags: &Lags) -> Self {
        Self {
            count: lags.count(),
            impossible: lags.impossible,
            tenth: lags.quantile(0.1),
            median: lags.quantile(0.5),
            nine_tenths: lags.quantile(0.9),
        }
    }
}
