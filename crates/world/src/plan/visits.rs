//! Who reads which pages, and which of the addresses will be mailed, by whom, from when on.

use jiff::{SignedDuration, Timestamp};

use super::cast::Cast;
use super::operator::{CACHE_READER, TRADERS, lag_of};
use super::{Action, ActorKind, Crawl, Deed, How, Robots, scaled};
use crate::calendar::{BEGINS, CUT, ENDS, RETURN, SECOND_CUT};
use crate::dice::Dice;

/// Pages that harvesters read at scale 1.
const HARVESTED_PAGES: f64 = 2900.0;
/// Pages of one crawl, on average.
const PAGES_A_CRAWL: f64 = 2.6;

/// An address that an operator has on its list.
#[derive(Clone, Copy, Debug)]
pub(super) struct Listed {
    /// The crawl that will have taken it.
    pub(super) crawl: usize,
    /// Which of the crawl's addresses.
    pub(super) pick: usize,
    /// How the operator came by it.
    pub(super) how: How,
    /// From when on it is mailed.
    pub(super) ready: Timestamp,
}

/// All visits, and what becomes of the addresses.
#[derive(Debug, Default)]
pub(super) struct Visits {
    pub(super) actions: Vec<Action>,
    /// The list of each operator, in the order in which its addresses get ready.
    pub(super) lists: Vec<Vec<Listed>>,
    /// Addresses that somebody signs up for a newsletter.
    pub(super) signed_up: Vec<Listed>,
}

/// Draws visits one after the other.
struct Drawing<'a> {
    cast: &'a Cast,
    dice: Dice,
    sites: usize,
    visits: Visits,
}

impl Visits {
    /// The visits of a world of this scale.
    pub(super) fn draw(seed: u64, scale: f64, cast: &Cast, sites: usize) -> Self {
        let visits = Self { lists: vec![Vec::new(); TRADERS.len()], ..Self::default() };
        let mut drawing = Drawing { cast, dice: Dice::new(seed, "visits"), sites, visits };
        for operator in 0..TRADERS.len() {
            drawing.harvests(operator, scale);
        }
        drawing.engines(scale);
        drawing.others(scale);
        for operator in 0..TRADERS.len() {
            drawing.sell(operator);
        }
        let mut visits = drawing.visits;
        for list in &mut visits.lists {
            list.sort_by_key(|listed| (listed.ready, listed.crawl, listed.pick));
        }
        visits
    }
}

impl Drawing<'_> {
    /// Plans a crawl and gives its number.
    fn crawl(&mut self, at: Timestamp, actor: usize, robots: Robots, pages: usize, comments: bool) -> usize {
        let id = self.visits.actions.len();
        let site = self.dice.between(0, self.sites - 1);
        let (by_path, seed) = (self.dice.chance(0.4), self.dice.seed());
        let crawl = Crawl { id, site, by_path, robots, pages, comments, seed };
        self.visits.actions.push(Action { at, actor, deed: Deed::Crawl(crawl) });
        id
    }

    /// The harvests of an operator. Some harvesters are far busier than others.
    fn harvests(&mut self, operator: usize, scale: f64) {
        let trader = &TRADERS[operator];
        let own = self.cast.harvesters[operator].clone();
        let busy: Vec<f64> = own.iter().map(|_| 0.25 + self.dice.unit().powi(2) * 2.0).collect();
        let crawls = scaled(HARVESTED_PAGES * trader.pages / PAGES_A_CRAWL, scale, own.len());
        for nth in 0..crawls {
            // Each harvests at least once.
            let actor = if nth < own.len() { own[nth] } else { own[self.dice.weighted(&busy)] };
            let at = self.time_of(actor);
            let pages = 1 + self.dice.weighted(&[0.36, 0.22, 0.16, 0.12, 0.08, 0.06]);
            let id = self.crawl(at, actor, Robots::Ignores, pages, false);
            for pick in 0..pages {
                if self.dice.chance(trader.live) {
                    self.list(operator, (id, pick), at, How::Harvested);
                }
            }
        }
    }

    /// A time at which an actor can reach anybody: none while the firm that hosts it cannot be reached.
    fn time_of(&mut self, actor: usize) -> Timestamp {
        // The firm is the first of the providers.
        if self.cast.actors[actor].provider != 0 {
            return self.dice.time(BEGINS, ENDS);
        }
        if self.dice.chance(0.015) { self.dice.time(RETURN, SECOND_CUT) } else { self.dice.time(BEGINS, CUT) }
    }

    /// Puts an address on an operator's list.
    fn list(&mut self, operator: usize, (crawl, pick): (usize, usize), taken: Timestamp, how: How) {
        let (median, sigma, bounds) = lag_of(TRADERS[operator].kind);
        let ready = taken + self.dice.lag(median, sigma, bounds);
        self.visits.lists[operator].push(Listed { crawl, pick, how, ready });
    }

    /// Sells a part of an operator's list: its buyer mails those addresses too, some weeks later.
    fn sell(&mut self, operator: usize) {
        let Some(buyer) = TRADERS[operator].sells_to else { return };
        for listed in self.visits.lists[operator].clone() {
            if listed.how == How::Harvested && self.dice.chance(0.15) {
                let days = self.dice.between(5, 20) as i64;
                let ready = listed.ready + SignedDuration::from_hours(24 * days);
                self.visits.lists[buyer].push(Listed { how: How::Bought, ready, ..listed });
            }
        }
    }

    /// Search engines come to every site, first of all, and again and again. Some of what they keep in their cache is
    /// read there by a harvester.
    fn engines(&mut self, scale: f64) {
        let crawlers = self.cast.others(ActorKind::SearchEngine);
        let first_week = BEGINS + SignedDuration::from_hours(24 * 7);
        let crawls = scaled(700.0 / 4.0, scale, self.sites * 2);
        for nth in 0..crawls {
            let actor = crawlers[nth % crawlers.len()];
            let first = nth < self.sites;
            let at = if first { self.dice.time(BEGINS, first_week) } else { self.dice.time(BEGINS, ENDS) };
            let pages = self.dice.between(2, 6);
            let id = self.crawl(at, actor, Robots::Obeys, pages, false);
            if first && let Some(Action { deed: Deed::Crawl(crawl), .. }) = self.visits.actions.last_mut() {
                crawl.site = nth;
            }
            for pick in 0..pages {
                if self.dice.chance(0.08) {
                    self.list(CACHE_READER, (id, pick), at, How::FromCache);
                }
            }
        }
    }

    fn others(&mut self, scale: f64) {
        for (kind, crawls, least, pages, robots, comments) in [
            (ActorKind::Person, 60.0, 4, (1, 1), Robots::Ignores, false),
            (ActorKind::Framer, 8.0, 2, (1, 1), Robots::Ignores, false),
            (ActorKind::CommentSpammer, 200.0, 4, (1, 1), Robots::Ignores, true),
            (ActorKind::RuleBreaker, 60.0, 3, (1, 3), Robots::Breaks, false),
        ] {
            let own = self.cast.others(kind);
            for nth in 0..scaled(crawls, scale, least.max(own.len())) {
                let actor = own[nth % own.len()];
                let at = self.dice.time(BEGINS, ENDS);
                let pages = self.dice.between(pages.0, pages.1);
                let id = self.crawl(at, actor, robots, pages, comments);
                if kind == ActorKind::Framer {
                    let ready = at + SignedDuration::from_mins(self.dice.between(3, 90) as i64);
                    self.visits.signed_up.push(Listed { crawl: id, pick: 0, how: How::SignedUp, ready });
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::plan::OperatorKind;
    use crate::plan::cast::is_huckster;
    use crate::provider;

    fn drawn() -> (Cast, Visits) {
        let cast = Cast::draw(4, 1.0, &provider::all());
        let visits = Visits::draw(4, 1.0, &cast, 24);
        (cast, visits)
    }

    #[test]
    fn nobody_reads_from_the_firm_while_it_is_cut_off() {
        let (cast, visits) = drawn();
        let from_firm = |action: &&Action| cast.actors[action.actor].provider == 0;
        assert!(visits.actions.iter().filter(from_firm).count() > 400);
        let online = |at| at < CUT || (RETURN <= at && at < SECOND_CUT);
        assert!(visits.actions.iter().filter(from_firm).all(|action| online(action.at)));
    }

    #[test]
    fn slow_operators_wait_weeks_and_fast_ones_hours() {
        let (_, visits) = drawn();
        let median_lag = |operator: usize| {
            let mut lags: Vec<_> = visits.lists[operator]
                .iter()
                .filter(|listed| listed.how == How::Harvested)
                .map(|listed| listed.ready.duration_since(visits.actions[listed.crawl].at))
                .collect();
            lags.sort();
            lags[lags.len() / 2]
        };
        for (operator, trader) in TRADERS.iter().enumerate() {
            let hours = median_lag(operator).as_hours();
            match trader.kind {
                OperatorKind::Huckster => assert!((13 * 24..21 * 24).contains(&hours), "{}: {hours} h", trader.name),
                OperatorKind::Fraudster => assert!((2..12).contains(&hours), "{}: {hours} h", trader.name),
            }
            assert_eq!(is_huckster(operator), trader.kind == OperatorKind::Huckster);
        }
    }

    #[test]
    fn lists_are_sold_on_and_a_cache_is_read() {
        let (_, visits) = drawn();
        let count = |how: How| visits.lists.iter().flatten().filter(|listed| listed.how == how).count();
        assert!(count(How::Bought) > 20, "{}", count(How::Bought));
        assert!(count(How::FromCache) > 20, "{}", count(How::FromCache));
        assert!(count(How::Harvested) > 5 * (count(How::Bought) + count(How::FromCache)));
    }
}
