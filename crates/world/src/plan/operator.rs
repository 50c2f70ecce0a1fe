//! Who runs harvesters and has their addresses mailed.

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

use super::Fleet;

/// The two kinds of harvesting that Prince et al. found (CEAS 2005).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OperatorKind {
    /// Slow: weeks from harvest to spam, then much mail to each address.
    Huckster,
    /// Fast: minutes to days, then little mail.
    Fraudster,
}

/// What an operator's mail is about: a family of templates.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Trade {
    /// Pills.
    #[default]
    Pills,
    /// Copies of watches.
    Watches,
    /// Diplomas for sale.
    Diplomas,
    /// Online casinos.
    Casino,
    /// Praise of a worthless stock.
    Stocks,
    /// Letters as if from a bank.
    Bank,
    /// Letters as if from a parcel service.
    Parcel,
    /// A prize or a fortune, for a fee.
    Lottery,
    /// No trade: a newsletter asks whether its reader signed up.
    Confirmation,
}

/// An operator.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Operator {
    /// The name that tables show.
    pub name: String,
    /// Slow or fast.
    pub kind: OperatorKind,
    /// What its mail is about.
    pub trade: Trade,
}

/// An operator as the plan is made of it. Shares are of all operators together and add up to 1.
#[derive(Clone, Copy, Debug)]
pub(super) struct Trader {
    pub(super) name: &'static str,
    pub(super) kind: OperatorKind,
    pub(super) trade: Trade,
    /// Harvesters at scale 1.
    pub(super) harvesters: usize,
    /// The share of them that is at the firm.
    pub(super) at_firm: f64,
    /// Its share of all pages that harvesters fetch.
    pub(super) pages: f64,
    /// Its share of all messages.
    pub(super) messages: f64,
    /// What it sends with, and the share of its messages that each sends.
    pub(super) fleets: &'static [(Fleet, f64)],
    /// The share of its addresses that are ever mailed.
    pub(super) live: f64,
    /// To which trader, as an index, it sells a part of its list.
    pub(super) sells_to: Option<usize>,
}

use Fleet::{Cutwail, Hosted, MegaD, Rustock, Srizbi, Webmail};
use OperatorKind::{Fraudster, Huckster};

/// The trader who also reads the cache of a search engine.
pub(super) const CACHE_READER: usize = 3;

/// All of them. Real traps stay silent far more often (0.5 % were ever mailed in Hohlfeld et al., IMC 2012); here
/// about a fifth are, so that a run of seconds has something to show.
pub(super) const TRADERS: [Trader; 8] = [
    Trader {
        name: "pill sellers",
        kind: Huckster,
        trade: Trade::Pills,
        harvesters: 16,
        at_firm: 0.85,
        pages: 0.26,
        messages: 0.33,
        fleets: &[(Srizbi, 0.5), (Rustock, 0.3), (Cutwail, 0.2)],
        live: 0.25,
        sells_to: Some(3),
    },
    Trader {
        name: "watch sellers",
        kind: Huckster,
        trade: Trade::Watches,
        harvesters: 12,
        at_firm: 0.8,
        pages: 0.2,
        messages: 0.26,
        fleets: &[(Srizbi, 0.5), (MegaD, 0.3), (Cutwail, 0.2)],
        live: 0.25,
        sells_to: Some(2),
    },
    Trader {
        name: "diploma mill",
        kind: Huckster,
        trade: Trade::Diplomas,
        harvesters: 8,
        at_firm: 0.75,
        pages: 0.14,
        messages: 0.16,
        fleets: &[(Srizbi, 0.6), (MegaD, 0.4)],
        live: 0.25,
        sells_to: None,
    },
    Trader {
        name: "casino ring",
        kind: Huckster,
        trade: Trade::Casino,
        harvesters: 6,
        at_firm: 0.4,
        pages: 0.1,
        messages: 0.13,
        fleets: &[(Cutwail, 0.6), (Rustock, 0.3), (Hosted, 0.1)],
        live: 0.25,
        sells_to: None,
    },
    Trader {
        name: "stock touts",
        kind: Huckster,
        trade: Trade::Stocks,
        harvesters: 4,
        at_firm: 0.25,
        pages: 0.06,
        messages: 0.07,
        fleets: &[(Hosted, 0.7), (Cutwail, 0.3)],
        live: 0.25,
        sells_to: None,
    },
    Trader {
        name: "bank phishers",
        kind: Fraudster,
        trade: Trade::Bank,
        harvesters: 6,
        at_firm: 0.15,
        pages: 0.1,
        messages: 0.02,
        fleets: &[(Hosted, 0.6), (Webmail, 0.4)],
        live: 0.25,
        sells_to: None,
    },
    Trader {
        name: "parcel phishers",
        kind: Fraudster,
        trade: Trade::Parcel,
        harvesters: 4,
        at_firm: 0.0,
        pages: 0.07,
        messages: 0.015,
        fleets: &[(Hosted, 1.0)],
        live: 0.25,
        sells_to: None,
    },
    Trader {
        name: "lottery writers",
        kind: Fraudster,
        trade: Trade::Lottery,
        harvesters: 4,
        at_firm: 0.0,
        pages: 0.07,
        messages: 0.015,
        fleets: &[(Webmail, 1.0)],
        live: 0.25,
        sells_to: None,
    },
];

/// How long an operator of this kind waits before it mails an address: median, spread (the sigma of a log-normal
/// distribution), least and most. 17 days is what Project Honey Pot gave as the average.
pub(super) fn lag_of(kind: OperatorKind) -> (SignedDuration, f64, (SignedDuration, SignedDuration)) {
    let (hours, minutes) = (SignedDuration::from_hours, SignedDuration::from_mins);
    match kind {
        Huckster => (hours(17 * 24), 0.45, (hours(6 * 24), hours(60 * 24))),
        Fraudster => (hours(5), 1.6, (minutes(4), hours(5 * 24))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_add_up() {
        let near = |sum: f64| (sum - 1.0).abs() < 1e-9;
        assert!(near(TRADERS.iter().map(|trader| trader.pages).sum()));
        assert!(near(TRADERS.iter().map(|trader| trader.messages).sum()));
        assert!(TRADERS.iter().all(|trader| near(trader.fleets.iter().map(|(_, share)| share).sum())));
    }
}
