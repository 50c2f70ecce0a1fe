//! The two trades: those who mail at once, and those who take their time.

use jiff::SignedDuration;
use model::SealedVisit;
use serde::{Deserialize, Serialize};

use crate::mailed::turnaround;
use crate::{Lags, MailedAddress};

/// An address whose first spam comes within this time is in fast hands.
pub const FAST_WITHIN: SignedDuration = SignedDuration::from_hours(24);
/// An address whose first spam takes this long is in slow hands.
pub const SLOW_FROM: SignedDuration = SignedDuration::from_hours(30 * 24);

/// How long a harvested address lay before its first spam.
///
/// Prince et al. (CEAS 2005) found two kinds of harvester: "fraudsters", who mail at once and little, and
/// "hucksters", who take a month or more and then mail much. Where between "at once" and "a month" the rest lies they
/// don't say; here it is a class of its own rather than split at will.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Turnaround {
    /// Within [`FAST_WITHIN`], as fraudsters do. A clock that puts the spam before the harvest is taken as this.
    Fast,
    /// Between the two.
    Between,
    /// [`SLOW_FROM`] or more, as hucksters do.
    Slow,
}

impl Turnaround {
    /// The class of this time from harvest to first spam.
    pub fn of(lag: SignedDuration) -> Self {
        if lag <= FAST_WITHIN {
            Self::Fast
        } else if lag < SLOW_FROM {
            Self::Between
        } else {
            Self::Slow
        }
    }
}

/// The addresses of one class, and the mail to them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TurnaroundTally {
    /// Addresses.
    pub addresses: u64,
    /// Deliveries to them.
    pub deliveries: u64,
}

/// The harvested addresses that were mailed, by how long each lay.
///
/// An address's class is that of its earliest mail, which isn't always the first one folded. So each change of an
/// address takes back what was counted of it and counts it anew; the outcome is a function of the addresses alone.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Turnarounds {
    /// From harvest to first spam, one for each address.
    pub lags: Lags,
    /// Mailed at once.
    pub fast: TurnaroundTally,
    /// Neither.
    pub between: TurnaroundTally,
    /// Mailed after a month or more.
    pub slow: TurnaroundTally,
}

impl Turnarounds {
    /// Counts an address anew whose mail was `before` and is `after`.
    pub fn change(&mut self, harvest: &SealedVisit, before: Option<&MailedAddress>, after: &MailedAddress) {
        if let Some(before) = before {
            let lag = turnaround(harvest, before);
            self.lags.remove(lag);
            let tally = self.class(lag);
            tally.addresses = tally.addresses.saturating_sub(1);
            tally.deliveries = tally.deliveries.saturating_sub(before.count);
        }
        let lag = turnaround(harvest, after);
        self.lags.add(lag);
        let tally = self.class(lag);
        tally.addresses = tally.addresses.saturating_add(1);
        tally.deliveries = tally.deliveries.saturating_add(after.count);
    }

    /// How many addresses were mailed.
    pub fn addresses(&self) -> u64 {
        self.fast.addresses.saturating_add(self.between.addresses).saturating_add(self.slow.addresses)
    }

    fn class(&mut self, lag: SignedDuration) -> &mut TurnaroundTally {
        match Turnaround::of(lag) {
            Turnaround::Fast => &mut self.fast,
            Turnaround::Between => &mut self.between,
            Turnaround::Slow => &mut self.slow,
        }
    }
}
