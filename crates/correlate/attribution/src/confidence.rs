//! How sure it is that whoever took an address had it mailed, argued.
//!
//! # What is proven, and what is inferred
//!
//! An address that opens was served by this site, at this second, to this visitor, and to nobody else: that the
//! visitor took it needs no confidence. The inference is that the visitor and whoever had the spam sent are one
//! operation. It is usually right, since the visitor was the only one to whom the address was ever shown; what can
//! come between are a cache, a sale, a third party in the mail's way, and a wrong clock. So the weighing starts high,
//! and each circumstance moves it for a reason that can be named:
//!
//! **Start: 75.** A list can always be sold on the day it is made, and one operation's robots are often hired from
//! another. Three in four is what we are ready to say of an address about which nothing else is known.
//!
//! **Same prefix +20, or same AS +12.** The visitor and the sender are the customers of one network, on a date
//! each. Tens of thousands of networks are announced: that a buyer of the list happens to sit in the seller's is
//! rare. A large access network has many unrelated customers in one AS, fewer in one prefix, hence the difference.
//! Does not count where the sender is a forwarder, whose network says nothing about the spammer's.
//!
//! **Mailed within 6 hours +10.** Lists are sold by the batch, and a batch takes time to gather; those who mail at
//! once ("fraudsters", Prince et al., CEAS 2005) gather for themselves.
//!
//! **Mailed after more than 180 days −15.** Old lists are sold, merged and leaked. The mail is
//! still the consequence of that visit, but whose hand it came from is less sure the longer it took. Slow harvesters
//! ("hucksters", a month or more from harvest to spam) work for themselves too, so a mere month changes nothing.
//!
//! **Other visitors' addresses in the same message −10.** One message to addresses that several visitors took comes
//! from a pooled list: one operation with many robots, or a buyer of several lists. Not where those visitors were all
//! in one prefix or one AS, which are many robots rather than many sellers.
//!
//! **Sender taken from a Received header −10.** Imported mail: the sender is what the trusted relay wrote, so it is
//! right as long as the relay was configured as trusted for good reason.
//!
//! **Through a forwarder −15.** The mail came through a third party's mailbox, which may have let somebody else's
//! mail through as well; the sender's address is the forwarder's.
//!
//! **Harvest after delivery −25.** Impossible, so that one of two clocks was wrong. Half a minute is let pass, as two
//! machines' clocks may differ by that: such mail counts as mailed at once. What the lag would have said, for or
//! against, isn't counted.
//!
//! Then come the **ceilings**, which no bonus lifts:
//!
//! - **Through a shared proxy: 40.** Somebody behind it took the address, so it's the operation's visit but hardly
//!   ever its host.
//! - **Through a search engine or an edge of a content network: 15.** The machine that visited did not harvest. The
//!   harvester read a copy (Hohlfeld et al., IMC 2012, saw search engines used as proxies), and many may have.
//! - **Sign-up confirmation: 20.** Anyone can type an address into a newsletter's form, and people do it to get
//!   somebody listed. The sender is then a victim. It is no more than a ceiling, since the message's looks are the
//!   sender's to choose: spam dressed as a confirmation is still counted, just not held against one operation.
//!
//! # Worked examples
//!
//! Each line is checked by a test.
//!
//! | circumstances | confidence |
//! |---|---:|
//! | an address opens, mailed after three weeks from elsewhere | 75 |
//! | the same, from the harvester's own prefix | 95 |
//! | the same, from another prefix of the harvester's AS | 87 |
//! | mailed after one hour from elsewhere | 85 |
//! | mailed after one hour from the harvester's own prefix | 100 |
//! | mailed after two years from elsewhere | 60 |
//! | after two years, with addresses that other networks' visitors took, imported | 40 |
//! | after three weeks through a forwarder in the harvester's prefix | 60 |
//! | after an hour through an anonymising proxy | 40 |
//! | after an hour through a search engine's cache | 15 |
//! | a newsletter's confirmation two minutes after the visit | 20 |
//! | two hours *before* the harvest | 50 |
//! | ten seconds before the harvest | 85 |

use jiff::SignedDuration;
use model::{Attribution, Confidence, Network, Reason};

const START: i32 = 75;
const SAME_PREFIX: i32 = 20;
const SAME_AS: i32 = 12;
const SOON: i32 = 10;
const LATE: i32 = -15;
const POOLED: i32 = -10;
const FROM_RECEIVED: i32 = -10;
const FORWARDED: i32 = -15;
const CLOCK_WRONG: i32 = -25;

const PROXY_CEILING: i32 = 40;
const CACHE_CEILING: i32 = 15;
const SIGN_UP_CEILING: i32 = 20;

const SOON_WITHIN: SignedDuration = SignedDuration::from_hours(6);
const LATE_AFTER: SignedDuration = SignedDuration::from_hours(180 * 24);
const CLOCKS_DIFFER_BY: SignedDuration = SignedDuration::from_secs(30);

/// How the time from harvest to spam speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lag {
    /// The harvest is later than the delivery by more than two clocks differ.
    Impossible,
    /// Within 6 hours.
    Soon,
    /// Neither soon nor late.
    Usual,
    /// More than 180 days.
    Late,
}

impl Lag {
    /// How this time from harvest to delivery speaks.
    pub fn of(lag: SignedDuration) -> Self {
        if lag < -CLOCKS_DIFFER_BY {
            Self::Impossible
        } else if lag <= SOON_WITHIN {
            Self::Soon
        } else if lag <= LATE_AFTER {
            Self::Usual
        } else {
            Self::Late
        }
    }
}

/// How near two networks are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Nearness {
    Apart,
    SameAs,
    SamePrefix,
}

impl Nearness {
    /// Each at its own time. What is unknown is near nothing.
    pub fn of(one: &Network, other: &Network) -> Self {
        if one.prefix.is_some() && one.prefix == other.prefix {
            Self::SamePrefix
        } else if one.asn.is_some() && one.asn == other.asn {
            Self::SameAs
        } else {
            Self::Apart
        }
    }
}

/// What is known of one delivery to an issued address, beyond that the address opens.
#[derive(Clone, Copy, Debug)]
pub struct Circumstances<'a> {
    /// From harvest to delivery.
    pub lag: SignedDuration,
    /// Where the harvester was when it took the address.
    pub harvester: &'a Network,
    /// Where the sender was when it sent.
    pub sender: &'a Network,
    /// The search engine whose visit it was.
    pub search_engine: Option<&'a str>,
    /// The content delivery network whose visit it was.
    pub cdn_edge: Option<&'a str>,
    /// The shared proxy whose visit it was.
    pub shared_proxy: Option<&'a str>,
    /// The forwarder that sent the message.
    pub forwarder: Option<&'a str>,
    /// Whether the sender was taken from a Received header.
    pub imported: bool,
    /// Whether the message looks like the confirmation of a sign-up.
    pub sign_up_confirmation: bool,
    /// Whether the message is also to addresses that visitors of unrelated networks took.
    pub several_harvesters: bool,
}

/// The confidence in these circumstances, and what speaks for and against it.
pub fn weigh(circumstances: &Circumstances<'_>) -> (Confidence, Vec<Reason>) {
    let mut scale = Scale { points: START, ceiling: 100, reasons: vec![Reason::AddressOpens] };
    scale.weigh_networks(circumstances);
    scale.weigh_lag(circumstances.lag);
    scale.weigh_the_way(circumstances);
    scale.weigh_the_visitor(circumstances);
    let percent = scale.points.min(scale.ceiling).clamp(0, 100);
    (Confidence::percent(u8::try_from(percent).unwrap_or(0)), scale.reasons)
}

/// Whether the visitor took the address for somebody else, who isn't known: then no harvest is pinned on its host.
pub fn through_a_cache(attribution: &Attribution) -> bool {
    attribution.reasons.iter().any(|reason| {
        matches!(reason, Reason::SearchEngine { .. } | Reason::CdnEdge { .. } | Reason::SharedProxy { .. })
    })
}

struct Scale {
    points: i32,
    ceiling: i32,
    reasons: Vec<Reason>,
}

impl Scale {
    fn add(&mut self, points: i32, reason: Reason) {
        self.points += points;
        self.reasons.push(reason);
    }

    fn cap(&mut self, ceiling: i32, reason: Reason) {
        self.ceiling = self.ceiling.min(ceiling);
        self.reasons.push(reason);
    }

    fn weigh_networks(&mut self, circumstances: &Circumstances<'_>) {
        if circumstances.forwarder.is_some() {
            return;
        }
        match Nearness::of(circumstances.harvester, circumstances.sender) {
            Nearness::SamePrefix => self.add(SAME_PREFIX, Reason::SameNetwork),
            Nearness::SameAs => self.add(SAME_AS, Reason::SameNetwork),
            Nearness::Apart => {}
        }
    }

    fn weigh_lag(&mut self, lag: SignedDuration) {
        match Lag::of(lag) {
            Lag::Soon => self.add(SOON, Reason::SoonAfterHarvest),
            Lag::Usual => {}
            Lag::Late => self.add(LATE, Reason::LongAfterHarvest),
            Lag::Impossible => self.add(CLOCK_WRONG, Reason::HarvestAfterDelivery),
        }
    }

    fn weigh_the_way(&mut self, circumstances: &Circumstances<'_>) {
        if circumstances.several_harvesters {
            self.add(POOLED, Reason::SeveralHarvestersInSession);
        }
        if circumstances.imported {
            self.add(FROM_RECEIVED, Reason::SenderFromReceived);
        }
        if let Some(name) = circumstances.forwarder {
            self.add(FORWARDED, Reason::Forwarder { name: name.to_owned() });
        }
        if circumstances.sign_up_confirmation {
            self.cap(SIGN_UP_CEILING, Reason::SignUpConfirmation);
        }
    }

    fn weigh_the_visitor(&mut self, circumstances: &Circumstances<'_>) {
        if let Some(name) = circumstances.search_engine {
            self.cap(CACHE_CEILING, Reason::SearchEngine { name: name.to_owned() });
        }
        if let Some(name) = circumstances.cdn_edge {
            self.cap(CACHE_CEILING, Reason::CdnEdge { name: name.to_owned() });
        }
        if let Some(name) = circumstances.shared_proxy {
            self.cap(PROXY_CEILING, Reason::SharedProxy { name: name.to_owned() });
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    const HOUR: SignedDuration = SignedDuration::from_hours(1);
    const WEEKS: SignedDuration = SignedDuration::from_hours(21 * 24);
    const YEARS: SignedDuration = SignedDuration::from_hours(730 * 24);

    fn network(prefix: &str, asn: u32) -> Network {
        Network { prefix: Some(prefix.parse().unwrap()), asn: Some(asn), ..Network::default() }
    }

    /// The confidence with the harvester in 240.7.0.0/16, AS64500, and the sender where `sender` says.
    fn percent(lag: SignedDuration, sender: &str, change: impl FnOnce(&mut Circumstances<'_>)) -> u8 {
        let harvester = network("240.7.0.0/16", 64500);
        let sender = match sender {
            "prefix" => harvester.clone(),
            "as" => network("240.9.0.0/16", 64500),
            _ => network("241.1.0.0/16", 64501),
        };
        let mut circumstances = Circumstances {
            lag,
            harvester: &harvester,
            sender: &sender,
            search_engine: None,
            cdn_edge: None,
            shared_proxy: None,
            forwarder: None,
            imported: false,
            sign_up_confirmation: false,
            several_harvesters: false,
        };
        change(&mut circumstances);
        weigh(&circumstances).0.get()
    }

    #[test]
    fn the_worked_examples_come_out_as_argued() {
        assert_eq!(percent(WEEKS, "elsewhere", |_| ()), 75);
        assert_eq!(percent(WEEKS, "prefix", |_| ()), 95);
        assert_eq!(percent(WEEKS, "as", |_| ()), 87);
        assert_eq!(percent(HOUR, "elsewhere", |_| ()), 85);
        assert_eq!(percent(HOUR, "prefix", |_| ()), 100);
        assert_eq!(percent(YEARS, "elsewhere", |_| ()), 60);
        let pooled_and_imported = percent(YEARS, "elsewhere", |it| {
            it.several_harvesters = true;
            it.imported = true;
        });
        assert_eq!(pooled_and_imported, 40);
        assert_eq!(percent(WEEKS, "prefix", |it| it.forwarder = Some("Mail")), 60);
        assert_eq!(percent(HOUR, "elsewhere", |it| it.shared_proxy = Some("Onion")), 40);
        assert_eq!(percent(HOUR, "elsewhere", |it| it.search_engine = Some("Search")), 15);
        assert_eq!(percent(SignedDuration::from_mins(2), "elsewhere", |it| it.sign_up_confirmation = true), 20);
        assert_eq!(percent(SignedDuration::from_hours(-2), "elsewhere", |_| ()), 50);
        assert_eq!(percent(SignedDuration::from_secs(-10), "elsewhere", |_| ()), 85);
    }

    #[test]
    fn networks_that_are_not_known_are_not_taken_for_the_same() {
        let unknown = Network::default();
        assert_eq!(Nearness::of(&unknown, &unknown), Nearness::Apart);
        assert_eq!(Nearness::of(&unknown, &network("240.7.0.0/16", 64500)), Nearness::Apart);
    }

    #[test]
    fn no_bonus_lifts_a_ceiling() {
        let framed_through_a_cache = percent(HOUR, "prefix", |it| {
            it.cdn_edge = Some("Edge");
            it.shared_proxy = Some("Onion");
            it.sign_up_confirmation = true;
        });
        assert_eq!(framed_through_a_cache, 15);
    }
}
