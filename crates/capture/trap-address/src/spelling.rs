//! Numbers as words: a mixed base in which the kind of each character tells its base.

use crate::local_part::LocalPart;
use crate::payload::Family;
use crate::wide::Wide;

/// `q` and `x` are left out: they make a syllable look made up.
const CONSONANTS: &[u8] = b"bcdfghjklmnprstvwz";
const VOWELS: &[u8] = b"aeiouy";
const DIGITS: &[u8] = b"0123456789";

/// What can stand at a place of a local part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Slot {
    Consonant,
    Vowel,
    Digit,
    Dot,
}

impl Slot {
    /// The characters; their number is the base, their order the digits' values.
    const fn alphabet(self) -> &'static [u8] {
        match self {
            Self::Consonant => CONSONANTS,
            Self::Vowel => VOWELS,
            Self::Digit => DIGITS,
            Self::Dot => b".",
        }
    }

    pub(crate) const fn base(self) -> u32 {
        self.alphabet().len() as u32
    }

    /// The number divided by the base. All quotients are taken and one is chosen: that is three multiplications, where
    /// a division by a variable or a branch that nobody can foresee takes longer than the three.
    fn quotient(self, number: u32) -> u32 {
        const BASES: [u32; 3] = [Slot::Consonant.base(), Slot::Vowel.base(), Slot::Digit.base()];
        [number / BASES[0], number / BASES[1], number / BASES[2], number][self as usize]
    }

    /// The character of a digit below the base.
    fn character(self, digit: u32) -> u8 {
        self.alphabet().get(digit as usize).copied().unwrap_or(b'.')
    }
}

/// For each ASCII character its base and its value, both 0 if it has none.
const READING: [(u8, u8); 128] = {
    let mut table = [(0, 0); 128];
    let alphabets = [CONSONANTS, VOWELS, DIGITS];
    let mut a = 0;
    while a < alphabets.len() {
        let mut i = 0;
        while i < alphabets[a].len() {
            table[alphabets[a][i] as usize] = (alphabets[a].len() as u8, i as u8);
            i += 1;
        }
        a += 1;
    }
    table
};

/// A run of slots whose bases multiply to less than 2^32, so that a wide division serves several characters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Group {
    slots: u8,
    product: u32,
}

/// The most groups: each but the last holds at least 27 bits, and no pattern has more than 220.
const MOST_GROUPS: usize = 9;

/// An order of slots, ready to spell in. All in one place, since a web trap has thousands of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Pattern {
    slots: [Slot; LocalPart::MAX],
    groups: [Group; MOST_GROUPS],
    bits: u32,
    room: u64,
}

impl Pattern {
    /// The pattern of these slots, if it can hold every number of the family.
    pub(crate) fn new(family: Family, order: &[Slot]) -> Option<Self> {
        let mut slots = [Slot::Dot; LocalPart::MAX];
        slots.get_mut(..order.len())?.copy_from_slice(order);
        let mut groups = [Group::default(); MOST_GROUPS];
        let mut current = 0;
        let mut capacity = Wide::ONE;
        for slot in order {
            capacity.multiply_add(slot.base(), 0);
            let product = groups.get(current)?.product.max(1).checked_mul(slot.base());
            current += usize::from(product.is_none());
            let group = groups.get_mut(current)?;
            *group = Group { slots: group.slots + 1, product: product.unwrap_or(slot.base()) };
        }
        Some(Self { slots, groups, bits: family.bits(), room: room(capacity, family)? })
    }

    /// Consonants only: room in any case, though nothing to look at.
    pub(crate) fn plain(family: Family) -> Self {
        let slots = [Slot::Consonant; LocalPart::MAX];
        let length = *family.lengths().end();
        let nothing = Self { slots, groups: Default::default(), bits: family.bits(), room: 1 };
        slots.get(..length).and_then(|slots| Self::new(family, slots)).unwrap_or(nothing)
    }

    /// The number as a local part of this pattern. Every number has one spelling in a pattern.
    pub(crate) fn spell(&self, number: Wide) -> LocalPart {
        let mut number = number.topped(self.bits, filling(number, self.room));
        let mut characters = [0; LocalPart::MAX];
        let mut places = characters.iter_mut().zip(&self.slots);
        for group in self.groups.iter().take_while(|group| group.slots > 0) {
            let mut digits = number.divide(group.product);
            for (character, slot) in places.by_ref().take(group.slots.into()) {
                let rest = slot.quotient(digits);
                *character = slot.character(digits - rest * slot.base());
                digits = rest;
            }
        }
        LocalPart::new(characters, self.groups.iter().map(|group| group.slots).sum())
    }
}

/// How many times over a pattern of this capacity holds the family's numbers; `None` if not once.
fn room(capacity: Wide, family: Family) -> Option<u64> {
    capacity.without(family.bits()).small().filter(|room| *room > 0)
}

/// A number's part above its own bits: it spreads the numbers evenly over what the pattern has room for. Without it the
/// last characters would come from the beginnings of their alphabets.
fn filling(number: Wide, room: u64) -> u64 {
    ((u128::from(number.low()) * u128::from(room)) >> 64) as u64
}

/// The number that lower-case letters and digits spell, whatever their pattern; `None` if no pattern spells one so.
pub(crate) fn read(family: Family, letters: &[u8]) -> Option<Wide> {
    let (mut number, mut capacity) = (Wide::default(), Wide::ONE);
    let (mut digits, mut product) = (0u32, 1u32);
    for letter in letters.iter().rev() {
        let (base, value) = READING.get(usize::from(*letter)).copied().filter(|(base, _)| *base > 0)?;
        let (base, value) = (u32::from(base), u32::from(value));
        if let Some(larger) = product.checked_mul(base) {
            (digits, product) = (digits * base + value, larger);
        } else {
            number.multiply_add(product, digits);
            capacity.multiply_add(product, 0);
            (digits, product) = (value, base);
        }
    }
    number.multiply_add(product, digits);
    capacity.multiply_add(product, 0);

    let room = room(capacity, family)?;
    let top = number.without(family.bits()).small()?;
    let number = number.low_bits(family.bits());
    (filling(number, room) == top).then_some(number)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use proptest::prelude::*;

    use super::*;

    fn number(family: Family, parts: [u64; 3]) -> Wide {
        let mut number = Wide::default();
        number.put(64, parts[0].into());
        number.put(64, parts[1].into());
        number.put(64, parts[2].into());
        number.low_bits(family.bits())
    }

    proptest! {
        #[test]
        fn what_is_spelled_is_read_back(parts: [u64; 3], vowels in prop::collection::hash_set(0..50usize, 0..10)) {
            for family in Family::ALL {
                let mut order = vec![Slot::Consonant; *family.lengths().end()];
                for (place, slot) in order.iter_mut().enumerate().filter(|(place, _)| vowels.contains(place)) {
                    *slot = if place % 3 == 0 { Slot::Digit } else { Slot::Vowel };
                }
                let number = number(family, parts);
                let local = Pattern::new(family, &order).unwrap().spell(number);
                prop_assert_eq!(read(family, local.as_bytes()), Some(number));
            }
        }
    }

    #[test]
    fn a_pattern_without_room_is_refused() {
        assert_eq!(Pattern::new(Family::V4, &[Slot::Vowel; 40]), None);
        assert_eq!(Pattern::new(Family::V4, &[Slot::Consonant; 65]), None);
        assert!(Pattern::new(Family::V4, &[Slot::Consonant; 33]).is_some());
    }
}
