//! A bounded list that keeps the earliest.

use jiff::Timestamp;
use model::Seen;

/// The `N` values first seen earliest, each with when; of one time, the smaller values.
///
/// # Why the outcome doesn't depend on the order
///
/// Let F be the full map of all events, from each value to the minimum of its times, and T(F) the first `N` of F by
/// (time, value), a total order. Claim: to merge T(A) and T(B), take each value's minimum of the two, and keep the
/// first `N`, gives T(A ∪ B).
///
/// 1. *Whoever belongs stays, with the right time.* Let v be in T(A ∪ B), its first time t from A, say. If v were not
///    in T(A), `N` values of A would come before (t, v); their times in A ∪ B are no later, so `N` values come before
///    (t, v) there too, and v isn't in T(A ∪ B). So v is in T(A), with t.
/// 2. *Whoever doesn't belong goes.* By 1 all `N` that belong are there with their right times. Another value's time
///    in the merge may be too late, since an earlier one was dropped from its list, but never too early: it comes
///    after the `N`, and is cut. (If fewer than `N` belong, nothing was ever dropped.)
///
/// T(A ∪ B) is the same for any split and any order, hence the merge is commutative, associative and idempotent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Earliest<T, const N: usize>(Vec<(Timestamp, T)>);

impl<T, const N: usize> Default for Earliest<T, N> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T: Ord + Clone, const N: usize> Earliest<T, N> {
    /// Takes a sighting in. `value` is as it stands with `own`: a borrowed form, made owned only if it is kept.
    ///
    /// Returns whether anything changed.
    pub fn see<B>(&mut self, at: Timestamp, value: &B, own: impl FnOnce(&B) -> T) -> bool
    where
        T: std::borrow::Borrow<B>,
        B: Ord + ?Sized,
    {
        if let Some(index) = self.0.iter().position(|(_, known)| known.borrow() == value) {
            if self.0[index].0 <= at {
                return false;
            }
            let (_, known) = self.0.remove(index);
            self.insert(at, known);
            return true;
        }
        if self.0.len() >= N && self.0.last().is_some_and(|(last, known)| (*last, known.borrow()) < (at, value)) {
            return false;
        }
        self.insert(at, own(value));
        self.0.truncate(N);
        true
    }

    fn insert(&mut self, at: Timestamp, value: T) {
        let index = self.0.partition_point(|(first, known)| (first, known) < (&at, &value));
        self.0.insert(index, (at, value));
    }

    /// Takes in what another list has seen. Returns whether anything changed.
    pub fn merge(&mut self, other: &Self) -> bool {
        other.0.iter().fold(false, |changed, (at, value)| self.see(*at, value, T::clone) || changed)
    }

    /// The values and when each was first seen, the earliest first.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (Timestamp, &T)> {
        self.0.iter().map(|(at, value)| (*at, value))
    }

    /// Whether nothing was seen.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// As a record shows it.
    pub fn seen(&self) -> Vec<Seen<T>> {
        self.0.iter().map(|(first, value)| Seen { first: *first, value: value.clone() }).collect()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    type Three = Earliest<u8, 3>;

    fn second(n: i64) -> Timestamp {
        Timestamp::from_second(n).unwrap()
    }

    fn folded(sightings: &[(i64, u8)]) -> Three {
        let mut list = Three::default();
        for (at, value) in sightings {
            list.see(second(*at), value, |value| *value);
        }
        list
    }

    proptest! {
        #[test]
        fn the_list_is_the_first_few_of_everything_seen_however_it_was_split(
            sightings in prop::collection::vec((0i64..6, 0u8..8), 0..24),
            cuts in prop::collection::vec(0usize..24, 0..4),
            backwards in any::<bool>(),
        ) {
            let mut full: BTreeMap<u8, i64> = BTreeMap::new();
            for (at, value) in &sightings {
                full.entry(*value).and_modify(|first| *first = (*first).min(*at)).or_insert(*at);
            }
            let mut expected: Vec<(Timestamp, u8)> = full.into_iter().map(|(v, t)| (second(t), v)).collect();
            expected.sort();
            expected.truncate(3);

            let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(sightings.len())).collect();
            cuts.extend([0, sightings.len()]);
            cuts.sort();
            let mut parts: Vec<Three> = cuts.windows(2).map(|pair| folded(&sightings[pair[0]..pair[1]])).collect();
            if backwards {
                parts.reverse();
            }
            let mut merged = Three::default();
            for part in &parts {
                merged.merge(part);
            }
            prop_assert_eq!(&merged.0, &expected);
            prop_assert_eq!(folded(&sightings).0, expected);
            prop_assert!(!merged.clone().merge(&merged), "to merge a list with itself changes nothing");
        }
    }
}
