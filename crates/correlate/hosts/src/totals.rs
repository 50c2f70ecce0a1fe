//! Everything counted, of all hosts together.

use attribution::through_a_cache;
use jiff::Timestamp;
use model::{Event, Judgement, Message, ProbeKind, Trap, VisitKind};
use serde::{Deserialize, Serialize};

use crate::{Lags, Turnarounds};

/// Everything counted, of all hosts together. Sums, minima and maxima only.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Totals {
    /// All events.
    pub events: u64,
    /// The time of the earliest event.
    pub first: Option<Timestamp>,
    /// The time of the latest event: as of when the totals are.
    pub last: Option<Timestamp>,
    /// Visits, by what they asked for.
    pub visits: VisitTotals,
    /// Trap addresses served.
    pub addresses_served: u64,
    /// Comment forms filled in.
    pub posts: u64,
    /// SMTP and LMTP sessions.
    pub sessions: u64,
    /// Messages.
    pub messages: u64,
    /// Deliveries to addresses issued to a visitor.
    pub issued_deliveries: u64,
    /// Deliveries to addresses set out by hand.
    pub static_deliveries: u64,
    /// Deliveries to guessed names.
    pub dictionary_deliveries: u64,
    /// Of the deliveries to issued addresses, those that are put down to the host which took the address.
    pub harvested_deliveries: u64,
    /// Of the deliveries to issued addresses, those whose visitor was a search engine, an edge of a content network
    /// or a shared proxy: the harvester is somebody behind it.
    pub deliveries_through_a_cache: u64,
    /// Messages that look like the confirmation of a sign-up.
    pub sign_up_confirmations: u64,
    /// Probes, by what they tried.
    pub probes: ProbeTotals,
    /// From harvest to spam, one for each delivery that is put down to its harvester.
    pub lags: Lags,
    /// Those deliveries by their confidence: the first is 0 to 9 %, the last 90 to 100 %.
    pub confidences: [u64; 10],
    /// From harvest to first spam, one for each address. The state keeps the addresses and with them this.
    pub turnarounds: Turnarounds,
}

/// Visits, by what they asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct VisitTotals {
    /// Trap pages.
    pub trap_page: u64,
    /// `robots.txt`.
    pub robots: u64,
    /// Paths that `robots.txt` forbids.
    pub forbidden_path: u64,
    /// Lines of imported access logs.
    pub imported: u64,
}

/// Probes, by what they tried.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProbeTotals {
    /// Guessed names in RCPT.
    pub dictionary: u64,
    /// Recipients at others' domains.
    pub relay: u64,
    /// Passwords.
    pub auth: u64,
    /// VRFY and EXPN.
    pub verify: u64,
}

impl Totals {
    /// Takes in one event; all but [`Totals::turnarounds`].
    pub fn count(&mut self, event: &Event, judgement: Option<&Judgement>) {
        self.events += 1;
        let at = event.at();
        self.first = Some(self.first.map_or(at, |first| first.min(at)));
        self.last = Some(self.last.map_or(at, |last| last.max(at)));
        match event {
            Event::Visit(visit) => {
                *self.visits.of(visit.kind) += 1;
                self.addresses_served += u64::from(visit.address.is_some());
            }
            Event::Post(_) => self.posts += 1,
            Event::Session(_) => self.sessions += 1,
            Event::Probe(probe) => *self.probes.of(probe.kind) += 1,
            Event::Message(message) => self.count_message(message, judgement),
        }
    }

    fn count_message(&mut self, message: &Message, judgement: Option<&Judgement>) {
        self.messages += 1;
        for delivery in &message.deliveries {
            match delivery.trap {
                Trap::Issued(_) => self.issued_deliveries += 1,
                Trap::Static(_) => self.static_deliveries += 1,
                Trap::Dictionary => self.dictionary_deliveries += 1,
            }
        }
        let Some(judgement) = judgement else { return };
        self.sign_up_confirmations += u64::from(judgement.summary.sign_up_confirmation);
        for harvest in judgement.harvests.iter().flatten() {
            let attribution = &harvest.attribution;
            if through_a_cache(attribution) {
                self.deliveries_through_a_cache += 1;
                continue;
            }
            self.harvested_deliveries += 1;
            self.lags.add(attribution.lag);
            let tenth = usize::from(attribution.confidence.get() / 10).min(self.confidences.len() - 1);
            self.confidences[tenth] += 1;
        }
    }

    /// All deliveries.
    pub fn deliveries(&self) -> u64 {
        self.issued_deliveries + self.static_deliveries + self.dictionary_deliveries
    }
}

impl VisitTotals {
    fn of(&mut self, kind: VisitKind) -> &mut u64 {
        match kind {
            VisitKind::TrapPage => &mut self.trap_page,
            VisitKind::Robots => &mut self.robots,
            VisitKind::ForbiddenPath => &mut self.forbidden_path,
            VisitKind::Imported => &mut self.imported,
        }
    }
}

impl ProbeTotals {
    fn of(&mut self, kind: ProbeKind) -> &mut u64 {
        match kind {
            ProbeKind::Dictionary => &mut self.dictionary,
            ProbeKind::Relay => &mut self.relay,
            ProbeKind::Auth => &mut self.auth,
            ProbeKind::Verify => &mut self.verify,
        }
    }
}
