//! A number of up to 256 bits: just the arithmetic that packing and spelling need.

/// A number of up to 256 bits, least significant limb first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Wide([u64; 4]);

impl Wide {
    /// One.
    pub(crate) const ONE: Self = Self([1, 0, 0, 0]);

    /// Makes room for `bits` (under 128) at the low end and puts `value` there, which has no more bits than that.
    pub(crate) fn put(&mut self, bits: u32, value: u128) {
        let (limbs, bits) = ((bits / 64) as usize, bits % 64);
        let old = self.0;
        for (i, limb) in self.0.iter_mut().enumerate() {
            let from = |below: usize| i.checked_sub(limbs + below).map_or(0, |i| old[i]);
            *limb = if bits == 0 { from(0) } else { from(0) << bits | from(1) >> (64 - bits) };
        }
        self.0[0] |= value as u64;
        self.0[1] |= (value >> 64) as u64;
    }

    /// Takes `bits` (under 128) off the low end.
    pub(crate) fn take(&mut self, bits: u32) -> u128 {
        let low = u128::from(self.0[1]) << 64 | u128::from(self.0[0]);
        *self = self.without(bits);
        low & ((1 << bits) - 1)
    }

    /// The number without its lowest `bits`, under 256.
    pub(crate) fn without(self, bits: u32) -> Self {
        let (limbs, bits) = ((bits / 64) as usize, bits % 64);
        let limb = |i: usize| self.0.get(i + limbs).copied().unwrap_or(0);
        Self(std::array::from_fn(|i| if bits == 0 { limb(i) } else { limb(i) >> bits | limb(i + 1) << (64 - bits) }))
    }

    /// The number plus `value` times 2 to the power of `bits`, where the number has no more bits than that.
    pub(crate) fn topped(self, bits: u32, value: u64) -> Self {
        let (limb, bit) = ((bits / 64) as usize, bits % 64);
        let value = u128::from(value) << bit;
        let mut sum = self;
        for (limb, part) in sum.0.iter_mut().skip(limb).zip([value as u64, (value >> 64) as u64]) {
            *limb |= part;
        }
        sum
    }

    /// The number's lowest `bits`, from 128 to 255.
    pub(crate) fn low_bits(mut self, bits: u32) -> Self {
        let mask = (1u128 << (bits - 128)) - 1;
        self.0[2] &= mask as u64;
        self.0[3] &= (mask >> 64) as u64;
        self
    }

    /// The lowest 64 bits.
    pub(crate) fn low(self) -> u64 {
        self.0[0]
    }

    /// The number, if it has at most 64 bits.
    pub(crate) fn small(self) -> Option<u64> {
        (self.0[1..] == [0; 3]).then_some(self.0[0])
    }

    /// Multiplies, then adds. What goes beyond 256 bits is lost.
    pub(crate) fn multiply_add(&mut self, factor: u32, addend: u32) {
        let mut carry = u128::from(addend);
        for limb in &mut self.0 {
            let product = u128::from(*limb) * u128::from(factor) + carry;
            *limb = product as u64;
            carry = product >> 64;
        }
    }

    /// Divides, and returns the remainder. The divisor is not 0.
    pub(crate) fn divide(&mut self, divisor: u32) -> u32 {
        let divisor = u64::from(divisor);
        let mut remainder = 0;
        for limb in self.0.iter_mut().rev().skip_while(|limb| **limb == 0) {
            let high = remainder << 32 | *limb >> 32;
            let low = (high % divisor) << 32 | *limb & 0xffff_ffff;
            *limb = ((high / divisor) << 32) | (low / divisor);
            remainder = low % divisor;
        }
        remainder as u32
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_is_put_can_be_taken(a: u64, b in 0..1u128 << 70, c in 0..1u128 << 28) {
            let mut wide = Wide::default();
            wide.put(64, a.into());
            wide.put(70, b);
            wide.put(28, c);
            prop_assert_eq!((wide.take(28), wide.take(70), wide.take(64)), (c, b, u128::from(a)));
            prop_assert_eq!(wide, Wide::default());
        }

        #[test]
        fn division_undoes_multiplication(a: u64, b in 0..1u128 << 100, divisor in 1..u32::MAX, rest: u32) {
            let rest = rest % divisor;
            let mut wide = Wide::default();
            wide.put(64, a.into());
            wide.put(100, b);
            let before = wide;
            wide.multiply_add(divisor, rest);
            prop_assert_eq!(wide.divide(divisor), rest);
            prop_assert_eq!(wide, before);
        }

        #[test]
        fn a_top_sits_above_the_number(low in 0..1u128 << 100, top: u64) {
            let mut wide = Wide::default();
            wide.put(100, low);
            let mut topped = wide.topped(100, top);
            prop_assert_eq!(topped.without(100).small(), Some(top));
            prop_assert_eq!(topped.take(100), low);
        }
    }
}
