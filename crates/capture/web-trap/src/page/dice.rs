//! The choices that make one site's page unlike another's: drawn from the site's secret seed, so that they are the
//! same at every load and on every machine, and nobody without the seed can tell which pages belong together.

use rand_chacha::ChaCha12Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use sha2::{Digest, Sha256};

use crate::Site;

/// A stream of choices.
pub(crate) struct Dice(ChaCha12Rng);

impl Dice {
    /// The choices of one site for one purpose. Each purpose has its own stream, so that a new choice in one part
    /// of the page leaves the other parts of every site as they were.
    pub(crate) fn of(site: &Site, purpose: &str) -> Self {
        let mut hash = Sha256::new();
        hash.update(site.seed);
        hash.update(site.id.get().to_be_bytes());
        hash.update(purpose.as_bytes());
        Self(ChaCha12Rng::from_seed(hash.finalize().into()))
    }

    /// A number below `bound`; 0 if `bound` is 0.
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        // The high half of a 64-bit product is as good as even for the small bounds used here (Lemire 2019).
        ((u128::from(self.0.next_u64()) * bound as u128) >> 64) as usize
    }

    /// A number from `low` to `high`, both included.
    pub(crate) fn between(&mut self, low: usize, high: usize) -> usize {
        low + self.below(high.saturating_sub(low) + 1)
    }

    /// True `percent` times in a hundred.
    pub(crate) fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    /// One of several; the default if there are none.
    pub(crate) fn pick<T: Copy + Default>(&mut self, from: &[T]) -> T {
        from.get(self.below(from.len())).copied().unwrap_or_default()
    }

    /// Puts them into an order of the site's own.
    pub(crate) fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            items.swap(last, self.below(last + 1));
        }
    }

    /// `count` different ones of several, in an order of the site's own.
    pub(crate) fn some<T: Copy>(&mut self, from: &[T], count: usize) -> Vec<T> {
        let mut items = from.to_vec();
        self.shuffle(&mut items);
        items.truncate(count);
        items
    }

    /// Writes out a phrase: of each `{this|or that}`, which may be nested, one alternative is taken.
    pub(crate) fn phrase(&mut self, pattern: &str) -> String {
        let mut out = String::with_capacity(pattern.len());
        self.expand(pattern, &mut out);
        out
    }

    fn expand(&mut self, pattern: &str, out: &mut String) {
        let mut rest = pattern;
        while let Some((before, from_brace)) = rest.split_once('{') {
            out.push_str(before);
            let (inside, after) = split_group(from_brace);
            let choices = alternatives(inside);
            let chosen = self.pick(&choices);
            self.expand(chosen, out);
            rest = after;
        }
        out.push_str(rest);
    }

    /// A made-up word of this many syllables: letters only, so it can be a class, an id, a name or part of a path.
    pub(crate) fn coined(&mut self, syllables: usize) -> String {
        const ONSETS: [&str; 20] =
            ["b", "br", "c", "d", "f", "g", "gr", "h", "k", "l", "m", "n", "p", "r", "s", "st", "t", "tr", "v", "w"];
        const RHYMES: [&str; 14] = ["a", "an", "ar", "e", "el", "en", "i", "in", "o", "on", "or", "u", "um", "ay"];
        (0..syllables).map(|_| format!("{}{}", self.pick(&ONSETS), self.pick(&RHYMES))).collect()
    }
}

/// What stands before the brace that closes the group, and what stands after it.
fn split_group(from_brace: &str) -> (&str, &str) {
    let mut depth = 1;
    for (at, byte) in from_brace.bytes().enumerate() {
        match byte {
            b'{' => depth += 1,
            b'}' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return (&from_brace[..at], &from_brace[at + 1..]);
        }
    }
    (from_brace, "")
}

/// The alternatives of a group, split where no inner group is open.
fn alternatives(inside: &str) -> Vec<&str> {
    let (mut depth, mut start, mut found) = (0, 0, Vec::new());
    for (at, byte) in inside.bytes().enumerate() {
        match byte {
            b'{' => depth += 1,
            b'}' => depth -= 1,
            b'|' if depth == 0 => {
                found.push(&inside[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    found.push(&inside[start..]);
    found
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn dice(purpose: &str) -> Dice {
        Dice::of(&crate::page::tests::site(1), purpose)
    }

    #[test]
    fn a_site_makes_the_same_choices_every_time() {
        let draw = || {
            (0..50)
                .map({
                    let mut d = dice("a");
                    move |_| d.below(1000)
                })
                .collect::<Vec<_>>()
        };
        assert_eq!(draw(), draw());
    }

    #[test]
    fn each_purpose_has_choices_of_its_own() {
        assert_ne!(dice("a").coined(8), dice("b").coined(8));
    }

    #[test]
    fn a_phrase_takes_one_alternative_of_each_group() {
        let said = dice("phrase").phrase("{x|y {p|q}} z{|!}");
        assert!(["x z", "y p z", "y q z", "x z!", "y p z!", "y q z!"].contains(&said.as_str()), "{said}");
    }

    #[test]
    fn a_number_below_a_bound_reaches_every_one_and_no_other() {
        let mut dice = dice("below");
        let mut seen = [0; 7];
        (0..700).for_each(|_| seen[dice.below(7)] += 1);
        assert!(seen.iter().all(|&times| times > 50), "{seen:?}");
    }
}
