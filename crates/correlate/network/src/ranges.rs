//! Which value an address has: sorted, disjoint ranges in a flat array with a first-level index.
//!
//! Nested prefixes are flattened once, when the table is built: each range of addresses then has the value of its
//! most specific prefix, so that a lookup is one index access and a binary search among the few ranges that share
//! the address's first bits. For a million prefixes that is 10 to 20 MB in two allocations, and loads as fast as
//! memory is copied (`cargo run --release -p bench --bin network_lookup` measures it beside `prefix-trie`). What a
//! lookup costs is the memory it has to wait for: a slot of the index, one or two lines of entries, one value.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The value of addresses that no prefix holds.
pub(crate) const NONE: u32 = u32::MAX;

/// An IPv4 or IPv6 address as a number.
pub(crate) trait Address: Copy + Ord + std::fmt::Debug {
    /// The lowest address.
    const ZERO: Self;
    /// The highest address.
    const LAST: Self;
    /// Its size in bits.
    const BITS: u8;
    /// The slot, of 2^`bits`, of the index; never smaller for a larger address.
    fn slot(self, bits: u32) -> usize;
    /// The address after this one.
    fn next(self) -> Option<Self>;
    /// The address before this one.
    fn previous(self) -> Self;
    /// The first and last address of the block of this length that holds this address.
    fn block(self, length: u8) -> (Self, Self);
    /// As the standard library has it.
    fn to_ip(self) -> IpAddr;
}

impl Address for u32 {
    const ZERO: Self = 0;
    const LAST: Self = Self::MAX;
    const BITS: u8 = 32;

    fn slot(self, bits: u32) -> usize {
        self.checked_shr(u32::BITS - bits).unwrap_or(0) as usize
    }

    fn next(self) -> Option<Self> {
        self.checked_add(1)
    }

    fn previous(self) -> Self {
        self.saturating_sub(1)
    }

    fn block(self, length: u8) -> (Self, Self) {
        let host = Self::MAX.checked_shr(length.into()).unwrap_or(0);
        (self & !host, self | host)
    }

    fn to_ip(self) -> IpAddr {
        Ipv4Addr::from(self).into()
    }
}

/// Where announced IPv6 lies: 2000::/3. The slots are of that; what is below is in the first, what is above in the last.
const GLOBAL_UNICAST: (u128, u128) = (0x2 << 124, (0x4 << 124) - 1);

impl Address for u128 {
    const ZERO: Self = 0;
    const LAST: Self = Self::MAX;
    const BITS: u8 = 128;

    fn slot(self, bits: u32) -> usize {
        let (low, high) = GLOBAL_UNICAST;
        ((self.clamp(low, high) - low) >> (125 - bits)) as usize
    }

    fn next(self) -> Option<Self> {
        self.checked_add(1)
    }

    fn previous(self) -> Self {
        self.saturating_sub(1)
    }

    fn block(self, length: u8) -> (Self, Self) {
        let host = Self::MAX.checked_shr(length.into()).unwrap_or(0);
        (self & !host, self | host)
    }

    fn to_ip(self) -> IpAddr {
        Ipv6Addr::from(self).into()
    }
}

/// A range of addresses with one value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Range<A> {
    pub first: A,
    pub last: A,
    pub value: u32,
}

/// A range goes from its first address up to that of the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Entry<A> {
    first: A,
    value: u32,
}

/// The least and the most bits of an address that the index goes by. About as many slots as ranges, so that the search
/// within one is over a line of memory or two, up to 2^18: an index of 1 MB stays in a processor's caches.
const SLOT_BITS: (u32, u32) = (8, 18);

/// The ranges of one address family. They cover the whole of it: those that no prefix holds have [`NONE`].
#[derive(Clone, Debug, Default)]
pub(crate) struct Ranges<A> {
    /// A start beside its value, so that a lookup that has found the one has fetched the other.
    entries: Vec<Entry<A>>,
    /// The index has two to the power of this many slots.
    slot_bits: u32,
    /// For each slot, how many ranges start in slots before it; one more at the end.
    first_level: Vec<u32>,
}

impl<A: Address> Ranges<A> {
    /// Flattens prefixes or ranges sorted by their start, the wider first among those that start together, each
    /// either within or clear of those before it. `joins` tells which values lose nothing where two neighbouring
    /// ranges of that value become one.
    pub fn flatten(sorted: impl IntoIterator<Item = Range<A>>, joins: impl Fn(u32) -> bool) -> Self {
        let mut flat = Flat { entries: Vec::new(), joins };
        let mut open: Vec<(A, u32)> = Vec::new();
        for Range { first, last, value } in sorted {
            close_before(&mut open, Some(first), &mut flat);
            flat.begin(first, value);
            open.push((last, value));
        }
        close_before(&mut open, None, &mut flat);
        Self::indexed(flat.entries)
    }

    /// The ranges with these starts and values, as [`Ranges::starts`] and [`Ranges::values`] gave them, or none
    /// if they can't have.
    pub fn from_parts(starts: Vec<A>, values: Vec<u32>) -> Option<Self> {
        let ascending = starts.is_sorted_by(|a, b| a < b);
        let whole = starts.first().is_none_or(|first| *first == A::ZERO);
        let entries =
            || starts.iter().zip(&values).map(|(first, value)| Entry { first: *first, value: *value }).collect();
        (ascending && whole && starts.len() == values.len()).then(|| Self::indexed(entries()))
    }

    fn indexed(mut entries: Vec<Entry<A>>) -> Self {
        entries.shrink_to_fit();
        let slot_bits = entries.len().max(1).ilog2().clamp(SLOT_BITS.0, SLOT_BITS.1);
        let mut first_level = Vec::new();
        if !entries.is_empty() {
            let slots = 1usize << slot_bits;
            first_level.reserve_exact(slots + 1);
            for (index, entry) in entries.iter().enumerate() {
                while first_level.len() <= entry.first.slot(slot_bits) {
                    first_level.push(index as u32);
                }
            }
            first_level.resize(slots + 1, entries.len() as u32);
        }
        Self { entries, slot_bits, first_level }
    }

    /// Whether no address has a value.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// How many ranges there are.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// The first address of each range.
    pub fn starts(&self) -> impl Iterator<Item = A> {
        self.entries.iter().map(|entry| entry.first)
    }

    /// The value of each range.
    pub fn values(&self) -> impl Iterator<Item = u32> {
        self.entries.iter().map(|entry| entry.value)
    }

    /// The value of an address, and where its range stands.
    pub fn find(&self, address: A) -> Option<(usize, u32)> {
        let slot = address.slot(self.slot_bits);
        let low = *self.first_level.get(slot)? as usize;
        let high = *self.first_level.get(slot + 1)? as usize;
        let within = self.entries.get(low..high)?.partition_point(|entry| entry.first <= address);
        let index = (low + within).checked_sub(1)?;
        match self.entries.get(index)?.value {
            NONE => None,
            value => Some((index, value)),
        }
    }

    /// The first and last address of the range at `index`.
    pub fn bounds(&self, index: usize) -> Option<(A, A)> {
        let first = self.entries.get(index)?.first;
        let last = self.entries.get(index + 1).map_or(A::LAST, |next| next.first.previous());
        Some((first, last))
    }
}

/// Ends those open ranges that end before `next` (all, if there is none); the one around each goes on after it.
fn close_before<A: Address>(open: &mut Vec<(A, u32)>, next: Option<A>, flat: &mut Flat<A, impl Fn(u32) -> bool>) {
    while let Some(&(last, _)) = open.last() {
        if next.is_some_and(|next| next <= last) {
            break;
        }
        open.pop();
        if let Some(after) = last.next() {
            flat.begin(after, open.last().map_or(NONE, |(_, value)| *value));
        }
    }
}

struct Flat<A, J> {
    entries: Vec<Entry<A>>,
    joins: J,
}

impl<A: Address, J: Fn(u32) -> bool> Flat<A, J> {
    /// From `first` on, addresses have `value`, until the next call.
    fn begin(&mut self, first: A, value: u32) {
        if self.entries.is_empty() && first > A::ZERO {
            self.entries.push(Entry { first: A::ZERO, value: NONE });
        }
        if self.entries.last().is_some_and(|last| last.first == first) {
            self.entries.pop();
        }
        let same = self.entries.last().is_some_and(|last| last.value == value);
        if !(same && (value == NONE || (self.joins)(value))) {
            self.entries.push(Entry { first, value });
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    /// The value of the longest prefix that holds the address, found by looking at each.
    fn longest_match<A: Address>(prefixes: &BTreeMap<(A, u8), u32>, address: A) -> Option<u32> {
        let holds = |(start, length): &(A, u8)| address.block(*length).0 == *start;
        prefixes.iter().filter(|(prefix, _)| holds(prefix)).max_by_key(|((_, length), _)| *length).map(|(_, v)| *v)
    }

    fn flat<A: Address>(prefixes: &BTreeMap<(A, u8), u32>) -> Ranges<A> {
        let sorted = prefixes.iter().map(|((start, length), value)| {
            let (first, last) = start.block(*length);
            Range { first, last, value: *value }
        });
        Ranges::flatten(sorted, |_| true)
    }

    fn agrees<A: Address>(prefixes: BTreeMap<(A, u8), u32>, probes: Vec<A>) -> Result<(), TestCaseError> {
        let ranges = flat(&prefixes);
        let edges = prefixes.keys().flat_map(|(start, length)| {
            let (first, last) = start.block(*length);
            [first, last, first.previous(), last.next().unwrap_or(last)]
        });
        for address in probes.into_iter().chain(edges).chain([A::ZERO, A::LAST]) {
            let found = ranges.find(address).map(|(_, value)| value);
            prop_assert_eq!(found, longest_match(&prefixes, address), "{:?}", address);
        }
        let again = Ranges::from_parts(ranges.starts().collect(), ranges.values().collect()).unwrap();
        prop_assert_eq!(again.first_level, ranges.first_level);
        Ok(())
    }

    proptest! {
        #[test]
        fn a_lookup_finds_the_longest_ipv4_prefix(
            // Few first bits vary, so that prefixes nest and touch.
            raw in prop::collection::vec((any::<u32>(), 1u8..=32, 0u32..5), 0..60),
            probes in prop::collection::vec(any::<u32>(), 0..40),
        ) {
            let near = |address: u32| 0x0a00_0000 | address & 0x00ff_0fff;
            let prefixes = raw.into_iter().map(|(a, l, v)| ((near(a).block(l).0, l), v)).collect();
            agrees(prefixes, probes.into_iter().flat_map(|a| [a, near(a)]).collect())?;
        }

        #[test]
        fn a_lookup_finds_the_longest_ipv6_prefix(
            raw in prop::collection::vec((any::<u128>(), 1u8..=128, 0u32..5), 0..60),
            probes in prop::collection::vec(any::<u128>(), 0..40),
        ) {
            let near = |address: u128| 0x2001_0db8 << 96 | address & 0xffff_ffff << 64;
            let prefixes = raw.into_iter().map(|(a, l, v)| ((near(a).block(l).0, l), v)).collect();
            agrees(prefixes, probes.into_iter().flat_map(|a| [a, near(a)]).collect())?;
        }
    }

    #[test]
    fn parts_that_are_not_ascending_are_no_ranges() {
        assert!(Ranges::<u32>::from_parts(vec![0, 5, 5], vec![1, 2, 3]).is_none());
        assert!(Ranges::<u32>::from_parts(vec![1, 5], vec![1, 2]).is_none());
        assert!(Ranges::<u32>::from_parts(vec![0, 5], vec![1]).is_none());
        assert!(Ranges::<u32>::from_parts(vec![], vec![]).unwrap().find(7).is_none());
    }
}
