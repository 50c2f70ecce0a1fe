//! What operators send to the addresses on their lists.

use jiff::Timestamp;

use super::cast::{Cast, is_huckster};
use super::operator::TRADERS;
use super::post_office::PostOffice;
use super::visits::{Listed, Visits};
use super::{Action, Fleet, Recipient};
use crate::calendar::{BEGINS, ENDS, SLOT, strength};
use crate::dialect::Dialect;
use crate::dice::Dice;
use crate::provider::Provider;

/// Messages to addresses that were taken, at scale 1, if nobody were cut off.
const MESSAGES: f64 = 16_000.0;

/// The mailings of a world of this scale.
pub(super) fn draw(seed: u64, scale: f64, cast: &Cast, providers: &[Provider], visits: &Visits) -> Vec<Action> {
    let mut mailing = Mailing {
        cast,
        dice: Dice::new(seed, "mailings"),
        office: PostOffice::new(&cast.actors, providers, "a"),
        actions: Vec::new(),
    };
    for (operator, list) in visits.lists.iter().enumerate() {
        if is_huckster(operator) {
            mailing.campaign(operator, list, scale);
        } else {
            mailing.bursts(operator, list, scale);
        }
    }
    mailing.actions
}

struct Mailing<'a> {
    cast: &'a Cast,
    dice: Dice,
    office: PostOffice<'a>,
    actions: Vec<Action>,
}

impl Mailing<'_> {
    /// A slow operator mails its list again and again, at the rate that its botnets can send: the volume follows
    /// their strength, and is what was wanted in all.
    fn campaign(&mut self, operator: usize, list: &[Listed], scale: f64) {
        let wanted = MESSAGES * scale * TRADERS[operator].messages;
        let slots = self.slots(list);
        for (fleet, share) in TRADERS[operator].fleets {
            let rate = |(at, rate, _): &(Timestamp, f64, usize)| rate * share * strength(*fleet, *at);
            // Sized by what would be sent without a cut, so that a cut takes away and nothing makes up for it.
            let uncut: f64 = slots.iter().map(|(_, rate, _)| rate * share).sum();
            let mut due = self.dice.unit();
            let mut next = self.session_size(*fleet);
            for slot in &slots {
                due += rate(slot) / uncut.max(f64::MIN_POSITIVE) * wanted * share;
                while due >= next as f64 {
                    due -= next as f64;
                    self.send(operator, *fleet, slot.0, &list[..slot.2], next);
                    next = self.session_size(*fleet);
                }
            }
        }
    }

    /// How many messages a session of this fleet brings.
    fn session_size(&mut self, fleet: Fleet) -> usize {
        let (least, most) = Dialect::of(fleet).messages;
        self.dice.between(least, most)
    }

    /// The slots in which a list is mailed: when they begin, at what rate, and how many of its addresses are ready. The
    /// rate grows while the list does, up to what the operator can send.
    fn slots(&mut self, list: &[Listed]) -> Vec<(Timestamp, f64, usize)> {
        let full = (list.len() as f64 * 0.25).max(1.0);
        let mut slots = Vec::new();
        let mut at = BEGINS;
        while at < ENDS {
            let ready = list.partition_point(|listed| listed.ready <= at);
            let noise = 0.88 + 0.24 * self.dice.unit();
            slots.push((at, (ready as f64 / full).min(1.0) * noise, ready));
            at += SLOT;
        }
        slots
    }

    /// Sends this many messages to a list, in one session at some time within a slot.
    fn send(&mut self, operator: usize, fleet: Fleet, slot: Timestamp, list: &[Listed], count: usize) {
        if list.is_empty() {
            return;
        }
        let recipients = Dialect::of(fleet).recipients;
        let mut letters = Vec::new();
        for _ in 0..count {
            let wanted = self.dice.between(recipients.0, recipients.1);
            let mut chosen: Vec<usize> = (0..wanted).map(|_| self.dice.between(0, list.len() - 1)).collect();
            chosen.sort_unstable();
            chosen.dedup_by_key(|place| (list[*place].crawl, list[*place].pick));
            let chosen = chosen.into_iter().map(|place| recipient(&list[place])).collect();
            letters.push(self.office.letter(fleet, TRADERS[operator].trade, Some(operator), chosen, &mut self.dice));
        }
        let at = self.dice.time(slot, slot + SLOT);
        self.session(at, fleet, letters);
    }

    /// A fast operator mails each address a few times within days, and is done with it.
    fn bursts(&mut self, operator: usize, list: &[Listed], scale: f64) {
        let trader = &TRADERS[operator];
        let wanted = (MESSAGES * scale * trader.messages).round() as usize;
        let weights: Vec<f64> = trader.fleets.iter().map(|(_, share)| *share).collect();
        let each = wanted.div_ceil(list.len().max(1)).clamp(1, 4);
        for listed in list.iter().filter(|listed| listed.ready < ENDS) {
            let mut at = listed.ready;
            for _ in 0..self.dice.between(1, 2 * each - 1) {
                let fleet = trader.fleets[self.dice.weighted(&weights)].0;
                let letter =
                    self.office.letter(fleet, trader.trade, Some(operator), vec![recipient(listed)], &mut self.dice);
                self.session(at, fleet, vec![letter]);
                at = self.dice.time(at, at + SLOT);
            }
        }
    }

    fn session(&mut self, at: Timestamp, fleet: Fleet, letters: Vec<super::Letter>) {
        let senders = self.cast.senders(fleet);
        let actor = senders[self.dice.between(0, senders.len() - 1)];
        self.actions.push(self.office.session(at, actor, fleet, letters, &mut self.dice));
    }
}

fn recipient(listed: &Listed) -> Recipient {
    Recipient::Taken { crawl: listed.crawl, pick: listed.pick, how: listed.how }
}
