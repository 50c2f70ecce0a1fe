//! How many bytes all connections together may hold.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// A number of bytes shared by all connections. Clones share it.
///
/// Each connection bounds what it holds itself; this bounds the sum, so that thousands of connections which each
/// stay below their own limit cannot exhaust the machine. It counts, it does not allocate.
///
/// ```
/// let budget = listener::MemoryBudget::new(1_000);
/// let mut lease = budget.try_take(600).expect("400 left");
/// assert!(budget.try_take(600).is_none());
/// assert!(lease.try_resize(100));
/// assert!(budget.try_take(600).is_some());
/// ```
#[derive(Clone, Debug)]
pub struct MemoryBudget(Arc<Counter>);

#[derive(Debug)]
struct Counter {
    limit: usize,
    taken: AtomicUsize,
}

/// Bytes taken from a [`MemoryBudget`]; given back when dropped.
#[derive(Debug)]
pub struct Lease {
    budget: MemoryBudget,
    bytes: usize,
}

impl MemoryBudget {
    /// A budget of this many bytes.
    pub fn new(limit: usize) -> Self {
        Self(Arc::new(Counter { limit, taken: AtomicUsize::new(0) }))
    }

    /// Takes this many bytes, if they are left.
    pub fn try_take(&self, bytes: usize) -> Option<Lease> {
        self.reserve(bytes).then(|| Lease { budget: self.clone(), bytes })
    }

    /// How many bytes are taken.
    pub fn taken(&self) -> usize {
        self.0.taken.load(Ordering::Relaxed)
    }

    /// How many bytes there are in all.
    pub fn limit(&self) -> usize {
        self.0.limit
    }

    fn reserve(&self, bytes: usize) -> bool {
        let fits = |taken: usize| taken.checked_add(bytes).filter(|sum| *sum <= self.0.limit);
        // Nothing but the count is published by it, so its order against other memory doesn't matter.
        self.0.taken.fetch_update(Ordering::Relaxed, Ordering::Relaxed, fits).is_ok()
    }

    fn release(&self, bytes: usize) {
        self.0.taken.fetch_sub(bytes, Ordering::Relaxed);
    }
}

impl Lease {
    /// How many bytes it holds.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// Holds `bytes` from now on, more or fewer than before. Whether there was room; if not, it holds what it held.
    /// Shrinking always works.
    #[must_use]
    pub fn try_resize(&mut self, bytes: usize) -> bool {
        if bytes > self.bytes {
            if !self.budget.reserve(bytes - self.bytes) {
                return false;
            }
        } else {
            self.budget.release(self.bytes - bytes);
        }
        self.bytes = bytes;
        true
    }

    /// Holds `more` bytes in addition. Whether there was room; if not, it holds what it held.
    #[must_use]
    pub fn try_grow(&mut self, more: usize) -> bool {
        self.bytes.checked_add(more).is_some_and(|bytes| self.try_resize(bytes))
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        self.budget.release(self.bytes);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn what_a_connection_held_is_there_for_others_once_it_is_gone() {
        let budget = MemoryBudget::new(100);
        let lease = budget.try_take(100).unwrap();
        assert!(budget.try_take(1).is_none());
        drop(lease);
        assert_eq!(budget.taken(), 0);
        assert!(budget.try_take(100).is_some());
    }

    #[test]
    fn a_lease_that_cannot_grow_keeps_what_it_has() {
        let budget = MemoryBudget::new(100);
        let mut lease = budget.try_take(60).unwrap();
        assert!(!lease.try_resize(101));
        assert!(!lease.try_grow(usize::MAX));
        assert_eq!((lease.bytes(), budget.taken()), (60, 60));
        assert!(lease.try_grow(40));
        assert_eq!(budget.taken(), 100);
    }
}
