//! The days of the world: autumn 2008, with its cut and its return.
//!
//! The times of the cut and of the return are history; that spam fell by some 65 % is too. How the fall is spread over
//! the botnets is made up here, so every figure that a run shows is simulated.

use jiff::{SignedDuration, Timestamp};

use crate::plan::Fleet;

/// When the world begins: 1 September 2008, 03:30 UTC, so that its quarter days meet the cut.
pub const BEGINS: Timestamp = at(1_220_239_800);
/// When the hosting firm's upstreams stop carrying it: 11 November 2008, 21:30 UTC (16:30 in New York).
pub const CUT: Timestamp = at(1_226_439_000);
/// When it is carried again for a day: 15 November 2008, 15:30 UTC.
pub const RETURN: Timestamp = at(1_226_763_000);
/// When that ends: 16 November 2008, 15:30 UTC.
pub const SECOND_CUT: Timestamp = at(1_226_849_400);
/// When the world ends: 18 November 2008, 21:30 UTC.
pub const ENDS: Timestamp = at(1_227_043_800);

/// Mail is planned by slots of this length.
pub(crate) const SLOT: SignedDuration = SignedDuration::from_hours(6);

/// The second of the Unix epoch, as a timestamp. Only for the constants above, which lie well within bounds.
const fn at(second: i64) -> Timestamp {
    Timestamp::constant(second, 0)
}

/// What share of its usual volume a fleet sends at this time.
pub(crate) fn strength(fleet: Fleet, at: Timestamp) -> f64 {
    let (cut, returned, later) = match fleet {
        _ if at < CUT => return 1.0,
        // Its controllers were all at the firm, and its machines knew no others.
        Fleet::Srizbi => (0.04, 0.06, 0.04),
        // Its operators used the day of the return to win back a part of their machines.
        Fleet::Rustock => (0.13, 0.60, 0.25),
        Fleet::MegaD => (0.10, 0.14, 0.11),
        // Had most of its controllers elsewhere.
        Fleet::Cutwail => (0.95, 0.95, 0.95),
        Fleet::Hosted | Fleet::Webmail | Fleet::Newsletters | Fleet::Guessers => (1.0, 1.0, 1.0),
    };
    match at {
        at if at < RETURN => cut,
        at if at < SECOND_CUT => returned,
        _ => later,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn the_days_are_those_of_the_history() {
        assert_eq!(BEGINS, "2008-09-01T03:30:00Z".parse().unwrap());
        assert_eq!(CUT, "2008-11-11T21:30:00Z".parse().unwrap());
        assert_eq!(RETURN, "2008-11-15T15:30:00Z".parse().unwrap());
        assert_eq!(SECOND_CUT, "2008-11-16T15:30:00Z".parse().unwrap());
        assert_eq!(ENDS, "2008-11-18T21:30:00Z".parse().unwrap());
    }

    #[test]
    fn slots_meet_every_change() {
        for change in [CUT, RETURN, SECOND_CUT, ENDS] {
            assert_eq!((change.as_second() - BEGINS.as_second()) % SLOT.as_secs(), 0, "{change}");
        }
    }
}
