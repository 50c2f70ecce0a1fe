//! The form of a site's addresses: how many words, of which syllables, with which digits.

use std::sync::LazyLock;

use crate::payload::Family;
use crate::spelling::{Pattern, Slot};

/// Bytes of the site's secret that drawing a form uses up at most.
pub(crate) const FORM_SECRET_BYTES: usize = 256;

/// The forms of a site's addresses, one for each family.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Forms {
    v4: Pattern,
    v6: Pattern,
}

impl Forms {
    /// The forms of the site with this secret.
    pub(crate) fn of(secret: &[u8; FORM_SECRET_BYTES]) -> Self {
        let mut dice = Dice { secret, used: 0 };
        Self { v4: draw(Family::V4, &mut dice), v6: draw(Family::V6, &mut dice) }
    }

    pub(crate) fn get(&self, family: Family) -> &Pattern {
        match family {
            Family::V4 => &self.v4,
            Family::V6 => &self.v6,
        }
    }
}

/// What a form is made of, before it is put in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Shape {
    words: usize,
    /// Syllables of consonant, vowel, consonant.
    closed: usize,
    /// Syllables of a consonant and a vowel, in either order.
    open: usize,
    digits: usize,
}

/// The most digits: as many as a year has.
const MOST_DIGITS: usize = 4;

static SHAPES_V4: LazyLock<Vec<Shape>> = LazyLock::new(|| shapes(Family::V4));
static SHAPES_V6: LazyLock<Vec<Shape>> = LazyLock::new(|| shapes(Family::V6));

/// All shapes that have room for the family's numbers within its lengths.
fn shapes(family: Family) -> Vec<Shape> {
    let mut shapes = Vec::new();
    for words in family.words() {
        for length in family.lengths().filter(|length| length + words - 1 <= family.longest()) {
            for digits in 0..=MOST_DIGITS {
                let letters = length - digits;
                shapes.extend(
                    (0..=letters / 3)
                        .filter(|closed| (letters - 3 * closed).is_multiple_of(2))
                        .map(|closed| Shape { words, closed, open: (letters - 3 * closed) / 2, digits })
                        .filter(|shape| arrange(*shape, &mut Dice { secret: &[], used: 0 }, family).is_some()),
                );
            }
        }
    }
    shapes
}

/// A form of the family. Two or three words are likelier than one.
fn draw(family: Family, dice: &mut Dice<'_>) -> Pattern {
    let shapes = match family {
        Family::V4 => &*SHAPES_V4,
        Family::V6 => &*SHAPES_V6,
    };
    let words = family.words().start() + [0, 1, 1, 1, 2, 2, 2, 2][dice.below(8)];
    let first = shapes.partition_point(|shape| shape.words < words);
    let count = shapes.partition_point(|shape| shape.words <= words) - first;
    // The better of two: open syllables can be put in more orders, so that fewer sites share one.
    let drawn = [dice.below(count), dice.below(count)].map(|nth| shapes.get(first + nth));
    drawn
        .into_iter()
        .flatten()
        .max_by_key(|shape| shape.open)
        .and_then(|shape| arrange(*shape, dice, family))
        .unwrap_or_else(|| Pattern::plain(family))
}

/// Puts a shape's syllables, dots and digits in an order drawn from the dice.
fn arrange(shape: Shape, dice: &mut Dice<'_>, family: Family) -> Option<Pattern> {
    let mut syllables: Vec<bool> = (0..shape.closed + shape.open).map(|i| i < shape.closed).collect();
    for last in (1..syllables.len()).rev() {
        syllables.swap(last, dice.below(last + 1));
    }
    let ends = word_ends(syllables.len(), shape.words, dice);
    // Digits mostly end the whole, sometimes the first word.
    let digits_after = if dice.below(4) == 0 { ends.first() } else { ends.last() }.copied();
    let mut slots = Vec::with_capacity(family.longest());
    let mut word_begins = true;
    let mut after_consonant = false;
    for (i, closed) in syllables.iter().enumerate() {
        let vowel_first = !closed && (word_begins || after_consonant) && dice.below(2) == 0;
        slots.extend(syllable(*closed, vowel_first));
        after_consonant = *closed || vowel_first;
        word_begins = ends.contains(&i);
        if digits_after == Some(i) {
            slots.extend([Slot::Digit; MOST_DIGITS].iter().take(shape.digits));
        }
        if word_begins && i + 1 < syllables.len() {
            slots.push(Slot::Dot);
        }
    }
    Pattern::new(family, &slots)
}

/// The slots of a syllable; an open one may begin with its vowel.
fn syllable(closed: bool, vowel_first: bool) -> &'static [Slot] {
    match (closed, vowel_first) {
        (true, _) => &[Slot::Consonant, Slot::Vowel, Slot::Consonant],
        (false, false) => &[Slot::Consonant, Slot::Vowel],
        (false, true) => &[Slot::Vowel, Slot::Consonant],
    }
}

/// The index of the last syllable of each word: words of nearly one length, give or take a syllable.
fn word_ends(syllables: usize, words: usize, dice: &mut Dice<'_>) -> Vec<usize> {
    (1..=words)
        .map(|word| {
            let end = syllables * word / words - 1;
            if word == words { end } else { (end + dice.below(3)).saturating_sub(1) }
        })
        .collect()
}

/// Draws from a site's secret. Once that is used up (never, with [`FORM_SECRET_BYTES`]) it draws zeros.
struct Dice<'a> {
    secret: &'a [u8],
    used: usize,
}

impl Dice<'_> {
    /// A number below `bound`; 0 if that is 0.
    fn below(&mut self, bound: usize) -> usize {
        let byte = |i: usize| self.secret.get(i).copied().unwrap_or(0);
        let drawn = usize::from(u16::from_be_bytes([byte(self.used), byte(self.used + 1)]));
        self.used += 2;
        drawn.checked_rem(bound).unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_of_words_has_many_shapes() {
        for family in Family::ALL {
            for words in family.words() {
                let count = shapes(family).iter().filter(|shape| shape.words == words).count();
                assert!(count >= 5, "{family:?} with {words} words has {count} shapes");
            }
        }
    }

    #[test]
    fn a_form_never_runs_out_of_secret() {
        for first in 0..=u8::MAX {
            let secret: [u8; FORM_SECRET_BYTES] =
                std::array::from_fn(|i| first.wrapping_mul(31).wrapping_add((i as u8).wrapping_mul(first | 1)));
            let mut dice = Dice { secret: &secret, used: 0 };
            draw(Family::V4, &mut dice);
            draw(Family::V6, &mut dice);
            assert!(dice.used <= FORM_SECRET_BYTES, "{} bytes used", dice.used);
        }
    }
}
