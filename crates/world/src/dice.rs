//! Chance, from a seed: the same seed draws the same world.

use jiff::{SignedDuration, Timestamp};
use rand::seq::{IndexedRandom, SliceRandom};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// A stream of random draws. ChaCha, since its output is fixed by definition and not by a library's version.
#[derive(Clone, Debug)]
pub(crate) struct Dice(ChaCha8Rng);

impl Dice {
    /// The stream of this name: what one part of the world draws doesn't shift what another does.
    pub(crate) fn new(seed: u64, stream: &str) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        rng.set_stream(fnv(stream));
        Self(rng)
    }

    /// A number that stands for a stream of its own.
    pub(crate) fn seed(&mut self) -> u64 {
        self.0.random()
    }

    /// From `low` to `high`, both possible.
    pub(crate) fn between(&mut self, low: usize, high: usize) -> usize {
        self.0.random_range(low..=high.max(low))
    }

    /// From 0 to below 1.
    pub(crate) fn unit(&mut self) -> f64 {
        self.0.random()
    }

    /// Yes in this share of cases.
    pub(crate) fn chance(&mut self, share: f64) -> bool {
        self.unit() < share
    }

    /// One of these. An empty list is a mistake of the caller's own constants, so it gives what there is: the default.
    pub(crate) fn pick<T: Clone + Default>(&mut self, from: &[T]) -> T {
        from.choose(&mut self.0).cloned().unwrap_or_default()
    }

    /// An index, each as likely as its weight says. 0 if nothing weighs anything.
    pub(crate) fn weighted(&mut self, weights: &[f64]) -> usize {
        let mut left = self.unit() * weights.iter().sum::<f64>();
        for (index, weight) in weights.iter().enumerate() {
            left -= weight;
            if left < 0.0 {
                return index;
            }
        }
        0
    }

    /// In any order.
    pub(crate) fn shuffle<T>(&mut self, items: &mut [T]) {
        items.shuffle(&mut self.0);
    }

    /// A whole second from `from` to before `to`.
    pub(crate) fn time(&mut self, from: Timestamp, to: Timestamp) -> Timestamp {
        let length = (to.as_second() - from.as_second()).max(1);
        let second = self.0.random_range(0..length);
        from + SignedDuration::from_secs(second)
    }

    /// A log-normal duration with this median, kept within bounds: most are near the median, a few far longer.
    pub(crate) fn lag(
        &mut self,
        median: SignedDuration,
        sigma: f64,
        bounds: (SignedDuration, SignedDuration),
    ) -> SignedDuration {
        // Box and Muller's transform of two uniform draws into a normal one.
        let radius = (-2.0 * (1.0 - self.unit()).ln()).sqrt();
        let normal = radius * (std::f64::consts::TAU * self.unit()).cos();
        let seconds = median.as_secs() as f64 * (sigma * normal).exp();
        SignedDuration::from_secs(seconds.min(1e9) as i64).clamp(bounds.0, bounds.1)
    }

    /// This many lower-case letters.
    pub(crate) fn letters(&mut self, count: usize) -> String {
        (0..count).map(|_| char::from(b'a' + self.between(0, 25) as u8)).collect()
    }

    /// Text with its choices made: `{a|b|}` becomes one of its parts. Choices don't nest.
    pub(crate) fn spin(&mut self, pattern: &str) -> String {
        let mut out = String::with_capacity(pattern.len());
        let mut rest = pattern;
        while let Some((before, after)) = rest.split_once('{') {
            out.push_str(before);
            let Some((choices, after)) = after.split_once('}') else {
                out.push('{');
                rest = after;
                continue;
            };
            let choices: Vec<&str> = choices.split('|').collect();
            out.push_str(self.pick(&choices));
            rest = after;
        }
        out.push_str(rest);
        out
    }
}

/// FNV-1a: the standard library's hashes may change from one version to the next.
fn fnv(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_and_a_name_fix_what_is_drawn() {
        let draw = |seed, name| Dice::new(seed, name).letters(12);
        assert_eq!(draw(7, "mail"), draw(7, "mail"));
        assert_ne!(draw(7, "mail"), draw(8, "mail"));
        assert_ne!(draw(7, "mail"), draw(7, "visits"));
    }

    #[test]
    fn a_choice_becomes_one_of_its_parts() {
        let text = Dice::new(1, "t").spin("{Hi|Hello} there{|,} {you}");
        assert!(
            ["Hi there you", "Hi there, you", "Hello there you", "Hello there, you"].contains(&text.as_str()),
            "{text}"
        );
    }

    #[test]
    fn lags_lie_within_their_bounds_and_about_their_median() {
        let mut dice = Dice::new(3, "lags");
        let hours = SignedDuration::from_hours;
        let lags: Vec<_> = (0..1001).map(|_| dice.lag(hours(100), 0.6, (hours(24), hours(900)))).collect();
        assert!(lags.iter().all(|lag| *lag >= hours(24) && *lag <= hours(900)));
        let below = lags.iter().filter(|lag| **lag < hours(100)).count();
        assert!((400..600).contains(&below), "{below}");
    }
}
