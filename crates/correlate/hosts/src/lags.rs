//! How long it took from harvest to spam, as a histogram that any order fills alike.

use std::collections::BTreeMap;

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

/// Each doubling of time is cut into this many buckets: a quantile is right to within an eighth.
const PER_DOUBLING: u64 = 8;

/// A histogram of lags in buckets of fixed bounds that grow with the lag.
///
/// Bucket `b` below 8 holds the lags of `b` seconds; from there on each doubling (8 to 15 s, 16 to 31 s, … up to
/// centuries) is cut into 8 of equal width. Only whole numbers are used, so that the bucket of a lag is the same on
/// every machine. Lags below zero (a clock was wrong) are counted apart, and no quantile counts them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lags {
    /// How many lags were below zero.
    pub impossible: u64,
    /// How many lags are in each bucket; buckets without any aren't here.
    buckets: BTreeMap<u16, u64>,
}

impl Lags {
    /// Counts a lag.
    pub fn add(&mut self, lag: SignedDuration) {
        let count = self.slot(lag);
        *count = count.saturating_add(1);
    }

    /// Takes back a lag that was counted before.
    pub fn remove(&mut self, lag: SignedDuration) {
        let count = self.slot(lag);
        *count = count.saturating_sub(1);
        self.buckets.retain(|_, count| *count > 0);
    }

    /// Takes in another histogram.
    pub fn merge(&mut self, other: &Self) {
        self.impossible = self.impossible.saturating_add(other.impossible);
        for (bucket, more) in &other.buckets {
            let count = self.buckets.entry(*bucket).or_default();
            *count = count.saturating_add(*more);
        }
    }

    /// How many lags were counted, without the impossible ones.
    pub fn count(&self) -> u64 {
        self.buckets.values().fold(0, |sum, count| sum.saturating_add(*count))
    }

    /// The lag that this share of the lags (0 to 1) don't exceed, to within an eighth; none if nothing was counted.
    pub fn quantile(&self, share: f64) -> Option<SignedDuration> {
        let rank = (share.clamp(0.0, 1.0) * self.count() as f64).ceil().max(1.0) as u64;
        let mut passed = 0u64;
        self.buckets.iter().find_map(|(bucket, count)| {
            passed = passed.saturating_add(*count);
            (passed >= rank).then(|| seconds((bounds(*bucket).0 + bounds(*bucket).1) / 2))
        })
    }

    /// The buckets that hold any, shortest first: the shortest and longest lag each can hold, and how many it does.
    pub fn buckets(&self) -> impl Iterator<Item = (SignedDuration, SignedDuration, u64)> {
        self.buckets.iter().map(|(bucket, count)| {
            let (low, high) = bounds(*bucket);
            (seconds(low), seconds(high), *count)
        })
    }

    fn slot(&mut self, lag: SignedDuration) -> &mut u64 {
        match u64::try_from(lag.as_secs()) {
            Ok(whole) if !lag.is_negative() => self.buckets.entry(bucket(whole)).or_default(),
            _ => &mut self.impossible,
        }
    }
}

fn bucket(seconds: u64) -> u16 {
    let Some(doubling) = (seconds / PER_DOUBLING).checked_ilog2() else {
        return seconds as u16;
    };
    let within = (seconds >> doubling) - PER_DOUBLING;
    ((u64::from(doubling) + 1) * PER_DOUBLING + within) as u16
}

/// The shortest and longest lag of a bucket, in seconds.
fn bounds(bucket: u16) -> (u64, u64) {
    let bucket = u64::from(bucket);
    if bucket < PER_DOUBLING {
        return (bucket, bucket);
    }
    let doubling = bucket / PER_DOUBLING - 1;
    let low = (PER_DOUBLING + bucket % PER_DOUBLING) << doubling;
    (low, low + (1 << doubling) - 1)
}

fn seconds(seconds: u64) -> SignedDuration {
    SignedDuration::from_secs(i64::try_from(seconds).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_buckets_lie_end_to_end() {
        let mut next = 0;
        for bucket in 0..240 {
            let (low, high) = bounds(bucket);
            assert_eq!(low, next);
            assert_eq!((super::bucket(low), super::bucket(high)), (bucket, bucket));
            next = high + 1;
        }
        assert!(next > 60 * 60 * 24 * 365 * 20, "twenty years fit");
    }

    #[test]
    fn a_median_of_weeks_reads_as_weeks() {
        let mut lags = Lags::default();
        for days in [1, 2, 18, 19, 400] {
            lags.add(SignedDuration::from_hours(24 * days));
        }
        lags.add(SignedDuration::from_hours(-5));
        let median = lags.quantile(0.5).unwrap().as_hours();
        assert!((16 * 24..=20 * 24).contains(&median), "{median} hours");
        assert_eq!((lags.count(), lags.impossible), (5, 1));
        assert_eq!(Lags::default().quantile(0.5), None);
    }

    proptest! {
        #[test]
        fn a_quantile_is_right_to_within_an_eighth(mut lags in prop::collection::vec(0i64..1_000_000_000, 1..50), share in 0.0..1.0f64) {
            let mut histogram = Lags::default();
            lags.iter().for_each(|lag| histogram.add(SignedDuration::from_secs(*lag)));
            lags.sort();
            let rank = ((share * lags.len() as f64).ceil() as usize).max(1);
            let exact = lags[rank - 1];
            let told = histogram.quantile(share).unwrap().as_secs();
            prop_assert!((told - exact).abs() * 8 <= exact, "{} told as {}", exact, told);
        }

        #[test]
        fn what_is_taken_back_leaves_no_trace(kept in prop::collection::vec(-9i64..9_000_000, 0..20), back in prop::collection::vec(-9i64..9_000_000, 0..20)) {
            let histogram = |lags: &[i64]| {
                let mut histogram = Lags::default();
                lags.iter().for_each(|lag| histogram.add(SignedDuration::from_secs(*lag)));
                histogram
            };
            let mut all = histogram(&kept);
            all.merge(&histogram(&back));
            back.iter().for_each(|lag| all.remove(SignedDuration::from_secs(*lag)));
            prop_assert_eq!(all, histogram(&kept));
        }
    }
}
