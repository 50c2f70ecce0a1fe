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
    fn alphabet(self) -> &'static [u8] {
        match self {
            Self::Consonant => CONSONANTS,
            Self::Vowel => VOWELS,
            Self::Digit => DIGITS,
            Self::Dot => b".",
        }
    }

    pub(crate) fn base(self) -> u32 {
        self.alphabet().len() as u32
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
#[derive(Clone, Debug, PartialEq, Eq)]
struct Group {
    slots: Vec<Slot>,
    product: u32,
}

/// An order of slots, ready to spell in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Pattern {
    groups: Vec<Group>,
    bits: u32,
    room: u64,
}

impl Pattern {
    /// The pattern of these slots, if it can hold every number of the family.
    pub(crate) fn new(family: Family, slots: &[Slot]) -> Option<Self> {
        let mut groups: Vec<Group> = Vec::new();
        let mut capacity = Wide::ONE;
        for slot in slots {
            capacity.multiply_add(slot.base(), 0);
            match groups.last_mut().and_then(|group| Some((group.product.checked_mul(slot.base())?, group))) {
                Some((product, group)) => {
                    group.slots.push(*slot);
                    group.product = product;
                }
                None => groups.push(Group { slots: vec![*slot], product: slot.base() }),
            }
        }
        let room = room(capacity, family)?;
        Some(Self { groups, bits: family.bits(), room })
    }

    /// Consonants only: room in any case, though nothing to look at.
    pub(crate) fn plain(family: Family) -> Self {
        let slots = vec![Slot::Consonant; *family.lengths().end()];
        Self::new(family, &slots).unwrap_or(Self { groups: Vec::new(), bits: family.bits(), room: 1 })
    }

    /// The number as a local part of this pattern. Every number has one spelling in a pattern.
    pub(crate) fn spell(&self, number: Wide) -> LocalPart {
        let mut rest = number.topped(self.bits, filling(number, self.room));
        let mut local = LocalPart::EMPTY;
        for group in &self.groups {
            let mut digits = rest.divide(group.product);
            for slot in &group.slots {
                let alphabet = slot.alphabet();
                let (digit, base) = (digits as usize % alphabet.len(), slot.base());
                local.push(alphabet.get(digit).copied().unwrap_or(b'.'));
                digits /= base;
            }
        }
        local
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
