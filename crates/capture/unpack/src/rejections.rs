//! What of an input was not taken, why, and where.

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;

/// How many places are kept of each reason.
const EXAMPLES: usize = 5;

/// What of an input was not taken, by reason. Each item of an input is either accepted or counted here, so that
/// the numbers add up to what was read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Rejections {
    reasons: BTreeMap<String, Rejected>,
}

/// Items not taken for one reason.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Rejected {
    /// How many.
    pub count: u64,
    /// Where the first few of them are: a file and a line, a record or a byte offset.
    pub examples: Vec<String>,
}

impl Rejections {
    /// Counts one item, at the place that `place` names, as not taken for this reason.
    pub fn reject(&mut self, reason: impl AsRef<str>, place: impl FnOnce() -> String) {
        let reason = reason.as_ref();
        if !self.reasons.contains_key(reason) {
            self.reasons.insert(reason.to_owned(), Rejected::default());
        }
        if let Some(rejected) = self.reasons.get_mut(reason) {
            rejected.count += 1;
            if rejected.examples.len() < EXAMPLES {
                rejected.examples.push(place());
            }
        }
    }

    /// How many items were not taken.
    pub fn total(&self) -> u64 {
        self.reasons.values().map(|rejected| rejected.count).sum()
    }

    /// Whether all were taken.
    pub fn is_empty(&self) -> bool {
        self.reasons.is_empty()
    }

    /// The reasons and what was not taken for each, in alphabetical order.
    pub fn reasons(&self) -> impl Iterator<Item = (&str, &Rejected)> {
        self.reasons.iter().map(|(reason, rejected)| (reason.as_str(), rejected))
    }

    /// How many items were not taken for this reason.
    pub fn count(&self, reason: &str) -> u64 {
        self.reasons.get(reason).map_or(0, |rejected| rejected.count)
    }
}

impl fmt::Display for Rejections {
    /// A line for each reason.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, (reason, rejected)) in self.reasons().enumerate() {
            let newline = if at == 0 { "" } else { "\n" };
            let more = if rejected.count > rejected.examples.len() as u64 { ", …" } else { "" };
            write!(f, "{newline}{} × {reason} ({}{more})", rejected.count, rejected.examples.join(", "))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_reason_keeps_its_count_and_the_first_places() {
        let mut rejections = Rejections::default();
        (1..=9).for_each(|line| rejections.reject("no date", || format!("a.log:{line}")));
        rejections.reject("no address", || "a.log:7".to_owned());
        assert_eq!(rejections.total(), 10);
        assert_eq!(
            rejections.to_string(),
            "1 × no address (a.log:7)\n9 × no date (a.log:1, a.log:2, a.log:3, a.log:4, a.log:5, …)"
        );
    }
}
