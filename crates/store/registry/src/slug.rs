//! Makes up slugs: words that could be anybody's, so that the paths of trap pages have no pattern.

use rand::RngExt;

const CONSONANTS: &[u8] = b"bcdfghjklmnprstvz";
const VOWELS: &[u8] = b"aeiou";
const ENDINGS: &[&str] = &["", "", "n", "r", "s", "l", "x", "nd", "st", "rt"];

/// A word of three or four syllables: one of some 600 million.
pub(crate) fn random() -> String {
    let mut rng = rand::rng();
    let mut word = String::new();
    for _ in 0..rng.random_range(3..=4) {
        word.push(char::from(CONSONANTS[rng.random_range(0..CONSONANTS.len())]));
        word.push(char::from(VOWELS[rng.random_range(0..VOWELS.len())]));
    }
    word.push_str(ENDINGS[rng.random_range(0..ENDINGS.len())]);
    word
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn made_up_slugs_are_slugs_and_differ() {
        let slugs: std::collections::HashSet<_> = (0..100).map(|_| random()).collect();
        assert!(slugs.len() > 95);
        assert!(slugs.iter().all(|slug| crate::names::slug(slug).is_ok()));
    }
}
