//! The two keyed functions: a block cipher as wide as a visit, and the mask over the site's number.
//!
//! See the crate's documentation for why these two and what they bear.

use aes::Aes128Enc;
use aes::cipher::{Array, BlockCipherEncrypt, KeyInit};
use cmac::{Cmac, Mac};

use crate::payload::{Family, LABEL_BITS};

/// Rounds of the Feistel network; NIST SP 800-38G has eight for FF3.
const ROUNDS: u8 = 8;

/// A key of either function.
pub(crate) type Key = [u8; 16];

/// Two halves of a block, each of [`Family::half_bits`].
pub(crate) type Halves = (u128, u128);

/// The block cipher of one site and generation. Its key is wiped when it goes.
#[derive(Clone)]
pub(crate) struct VisitCipher(Aes128Enc);

impl VisitCipher {
    pub(crate) fn new(key: &Key) -> Self {
        Self(Aes128Enc::new(&Array::from(*key)))
    }

    pub(crate) fn encipher(&self, family: Family, (mut left, mut right): Halves) -> Halves {
        for round in 0..ROUNDS {
            (left, right) = (right, left ^ self.round(family, round, right));
        }
        (left, right)
    }

    pub(crate) fn decipher(&self, family: Family, (mut left, mut right): Halves) -> Halves {
        for round in (0..ROUNDS).rev() {
            (left, right) = (right ^ self.round(family, round, left), left);
        }
        (left, right)
    }

    /// AES over one half, the round and the family, cut to the width of a half. A half has at most 70 bits, so the
    /// first two bytes are free.
    fn round(&self, family: Family, round: u8, half: u128) -> u128 {
        let mut block = half.to_be_bytes();
        block[0] = round;
        block[1] = family.tag();
        let mut block = Array::from(block);
        self.0.encrypt_block(&mut block);
        u128::from_be_bytes(block.into()) & ((1 << family.half_bits()) - 1)
    }
}

/// The mask over site and generation, the same in all sealers of a deployment. Its key is wiped when it goes.
#[derive(Clone)]
pub(crate) struct LabelMask(Cmac<Aes128Enc>);

impl LabelMask {
    pub(crate) fn new(key: &Key) -> Self {
        Self(Cmac::new(&Array::from(*key)))
    }

    /// [`LABEL_BITS`] that depend on every bit of an enciphered visit.
    pub(crate) fn of(&self, family: Family, (left, right): Halves) -> u32 {
        // Only the bytes that a half can have: an IPv4 visit then fits into one block of AES.
        let width = family.half_bits().div_ceil(8) as usize;
        let mut text = [0; 1 + 2 * 16];
        text[0] = family.tag();
        text[1..17].copy_from_slice(&(left << (128 - 8 * width)).to_be_bytes());
        text[1 + width..17 + width].copy_from_slice(&(right << (128 - 8 * width)).to_be_bytes());
        let mut mac = self.0.clone();
        mac.update(text.get(..1 + 2 * width).unwrap_or_default());
        let mac = mac.finalize().into_bytes();
        u32::from_be_bytes([mac[0], mac[1], mac[2], mac[3]]) >> (32 - LABEL_BITS)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn deciphering_undoes_enciphering(key: Key, left in 0..1u128 << 54, right in 0..1u128 << 54) {
            let cipher = VisitCipher::new(&key);
            for family in Family::ALL {
                let hidden = cipher.encipher(family, (left, right));
                prop_assert_ne!(hidden, (left, right));
                prop_assert_eq!(cipher.decipher(family, hidden), (left, right));
            }
        }

        #[test]
        fn one_bit_changes_about_half_of_all(key: Key, left in 0..1u128 << 54, bit in 0..54u32) {
            let cipher = VisitCipher::new(&key);
            let one = cipher.encipher(Family::V4, (left, 0));
            let other = cipher.encipher(Family::V4, (left ^ 1 << bit, 0));
            let changed = (one.0 ^ other.0).count_ones() + (one.1 ^ other.1).count_ones();
            prop_assert!((20..=88).contains(&changed), "{} of 108 bits changed", changed);
        }
    }
}
