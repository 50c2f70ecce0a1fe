//! How well a judgement agrees with the truth.

use std::collections::{HashMap, HashSet};

use jiff::{SignedDuration, Timestamp};
use model::VisitorNet;
use serde::{Deserialize, Serialize};

use super::{TrueDelivery, Truth};

/// A claim: this delivery's address was harvested by this visitor at this time. Only what is asserted belongs here:
/// where Trapline itself says that it isn't sure (a low confidence), it claims nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct JudgedDelivery {
    /// The message's `Message-ID`, with or without angle brackets.
    pub message_id: String,
    /// The recipient as received.
    pub recipient: String,
    /// Who is said to have harvested it.
    pub harvester: VisitorNet,
    /// When, to the second.
    pub harvested_at: Timestamp,
}

/// How well claims agree with the truth.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Score {
    /// Deliveries that the trap took in and whose harvester visited: those that can be attributed.
    pub attributable: u64,
    /// Deliveries for which a harvester was claimed.
    pub attributed: u64,
    /// Claims that name the harvester and the time of its visit.
    pub correct: u64,
    /// Claims that don't.
    pub wrong: u64,
    /// Those of the wrong ones that name the right visit, but a visitor who only passed the page on (a search engine)
    /// or who signed the address up for a newsletter.
    pub wrong_though_visit_right: u64,
    /// Attributable deliveries without any claim.
    pub missed: u64,
    /// The share of claims that are correct, 0 to 1; 1 if there are none.
    pub precision: f64,
    /// The share of attributable deliveries that were claimed correctly, 0 to 1; 1 if there are none.
    pub recall: f64,
}

impl Truth {
    /// Scores claims. A second claim about a delivery counts for nothing.
    pub fn score(&self, judged: impl IntoIterator<Item = JudgedDelivery>) -> Score {
        let by_id: HashMap<&str, usize> =
            self.messages.iter().enumerate().map(|(place, message)| (message.message_id.as_str(), place)).collect();
        let mut score = Score::default();
        let mut claimed = HashSet::new();
        for claim in judged {
            let id = claim.message_id.trim_start_matches('<').trim_end_matches('>');
            let Some(place) = by_id.get(id).copied() else {
                score.attributed += 1;
                score.wrong += 1;
                continue;
            };
            let nth = self.delivery(place, &claim.recipient);
            if claimed.insert((place, nth)) {
                self.weigh(&claim, nth.and_then(|nth| self.messages[place].deliveries.get(nth)), &mut score);
            }
        }
        self.count_missed(&claimed, &mut score);
        let share = |part: u64, whole: u64| if whole == 0 { 1.0 } else { part as f64 / whole as f64 };
        score.precision = share(score.correct, score.attributed);
        score.recall = share(score.correct, score.attributable);
        score
    }

    /// Which of a message's deliveries a recipient means. A message to one recipient can mean no other.
    fn delivery(&self, message: usize, recipient: &str) -> Option<usize> {
        let deliveries = &self.messages[message].deliveries;
        let same = |delivery: &TrueDelivery| normalised(&delivery.recipient) == normalised(recipient);
        deliveries.iter().position(same).or((deliveries.len() == 1).then_some(0))
    }

    fn weigh(&self, claim: &JudgedDelivery, delivery: Option<&TrueDelivery>, score: &mut Score) {
        score.attributed += 1;
        let names = |visit: &super::TrueVisit| {
            let apart = visit.at.duration_since(claim.harvested_at).abs();
            claim.harvester.contains(visit.visitor) && apart <= SignedDuration::from_secs(1)
        };
        if delivery.and_then(|delivery| self.harvester(delivery)).is_some_and(names) {
            score.correct += 1;
            return;
        }
        score.wrong += 1;
        let visit = delivery.and_then(|delivery| self.visits.get(delivery.visit?));
        score.wrong_though_visit_right += u64::from(visit.is_some_and(names));
    }

    fn count_missed(&self, claimed: &HashSet<(usize, Option<usize>)>, score: &mut Score) {
        for (place, message) in self.messages.iter().enumerate() {
            for (nth, delivery) in message.deliveries.iter().enumerate() {
                if message.accepted(delivery) && self.harvester(delivery).is_some() {
                    score.attributable += 1;
                    score.missed += u64::from(!claimed.contains(&(place, Some(nth))));
                }
            }
        }
    }
}

/// A recipient without what servers may write otherwise: case, quotes, angle brackets.
fn normalised(recipient: &str) -> String {
    recipient.trim_matches(['<', '>', ' ']).replace('"', "").to_ascii_lowercase()
}
