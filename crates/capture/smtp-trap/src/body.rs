//! The content of a message while it is received: bounded by itself, and by what all messages may take together.

use listener::{Lease, MemoryBudget};

/// The first room that is made for a message. Most spam fits.
const FIRST_ROOM: usize = 8 << 10;

/// Content so far, or why there will be none.
#[derive(Debug)]
pub(crate) struct Body {
    content: Vec<u8>,
    lease: Option<Lease>,
    limit: usize,
    refusal: Option<Refusal>,
}

/// Why a message is not taken. Its client may go on sending it; the bytes go nowhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// It is larger than a message may be.
    TooLarge,
    /// All messages together are as large as they may be.
    NoMemory,
}

impl Body {
    /// A message of at most `limit` bytes.
    pub(crate) fn new(limit: usize) -> Self {
        Self { content: Vec::new(), lease: None, limit, refusal: None }
    }

    /// Adds content, unless the message is refused.
    pub(crate) fn push(&mut self, bytes: &[u8], budget: &MemoryBudget) {
        if self.refusal.is_none()
            && let Err(refusal) = self.make_room(bytes.len(), budget)
        {
            self.refuse(refusal);
        }
        if self.refusal.is_none() {
            self.content.extend_from_slice(bytes);
        }
    }

    /// Takes no content any more, and gives back what there was.
    pub(crate) fn refuse(&mut self, refusal: Refusal) {
        *self = Self { refusal: Some(refusal), ..Self::new(self.limit) };
    }

    /// The content, with the lease on its memory: to be held until the content is gone.
    pub(crate) fn finish(self) -> Result<(Vec<u8>, Option<Lease>), Refusal> {
        match self.refusal {
            Some(refusal) => Err(refusal),
            None => Ok((self.content, self.lease)),
        }
    }

    /// Why it is refused, if it is.
    pub(crate) fn refusal(&self) -> Option<Refusal> {
        self.refusal
    }

    /// Makes room for so many bytes more, the lease first: what is not leased is not allocated.
    fn make_room(&mut self, more: usize, budget: &MemoryBudget) -> Result<(), Refusal> {
        let needed = self.content.len().saturating_add(more);
        if needed > self.limit {
            return Err(Refusal::TooLarge);
        }
        if needed <= self.content.capacity() {
            return Ok(());
        }
        let room = needed.max(self.content.capacity() * 2).max(FIRST_ROOM).min(self.limit);
        let leased = match &mut self.lease {
            Some(lease) => lease.try_resize(room),
            None => {
                self.lease = budget.try_take(room);
                self.lease.is_some()
            }
        };
        if !leased {
            return Err(Refusal::NoMemory);
        }
        self.content.reserve_exact(room - self.content.len());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_message_of_exactly_the_limit_is_taken_and_a_byte_more_is_not() {
        let budget = MemoryBudget::new(1 << 20);
        let mut body = Body::new(10_000);
        body.push(&[b'a'; 9_999], &budget);
        body.push(b"b", &budget);
        assert_eq!(body.finish().unwrap().0.len(), 10_000);
        let mut body = Body::new(10_000);
        body.push(&[b'a'; 10_001], &budget);
        assert_eq!(body.finish().unwrap_err(), Refusal::TooLarge);
        assert_eq!(budget.taken(), 0);
    }

    #[test]
    fn a_refused_message_holds_no_memory_while_its_client_goes_on() {
        let budget = MemoryBudget::new(20_000);
        let mut body = Body::new(1 << 20);
        body.push(&[b'a'; 15_000], &budget);
        assert_eq!(budget.taken(), 15_000);
        body.push(&[b'a'; 15_000], &budget);
        assert_eq!((body.refusal(), budget.taken()), (Some(Refusal::NoMemory), 0));
        body.push(b"more", &budget);
        assert_eq!((body.content.capacity(), budget.taken()), (0, 0));
    }
}
