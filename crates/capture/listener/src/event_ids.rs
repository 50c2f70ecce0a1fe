//! Ids for events, made without a system call each.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use model::{EventId, Timestamp};

/// Gives each event an id of its own. Clones draw from the same sequence.
///
/// The random part of an id (74 bits, RFC 9562 section 5.7) is a counter run through a mixing function under a
/// 128-bit seed, so ids of different processes and threads differ like random numbers do: a million events in the
/// same millisecond collide with probability 3 · 10⁻¹¹.
///
/// ```
/// let ids = listener::EventIds::random();
/// let at: jiff::Timestamp = "2008-11-11T21:30:00Z".parse()?;
/// let (first, second) = (ids.next(at), ids.next(at));
/// assert_ne!(first, second);
/// assert_eq!(first.at(), at);
/// # Ok::<(), jiff::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct EventIds {
    seed: [u64; 2],
    drawn: Arc<AtomicU64>,
}

/// Odd constants, so that multiples of them run through all 64-bit numbers before one comes again.
const STEP: [u64; 2] = [0x9E37_79B9_7F4A_7C15, 0xD1B5_4A32_D192_ED03];

impl EventIds {
    /// A sequence of its own, seeded from the operating system's randomness: what a process makes at its start.
    pub fn random() -> Self {
        Self::seeded(rand::random())
    }

    /// The same sequence each time: for tests and replays.
    pub fn seeded(seed: u128) -> Self {
        Self { seed: [(seed >> 64) as u64, seed as u64], drawn: Arc::default() }
    }

    /// An id for an event at `at`.
    pub fn next(&self, at: Timestamp) -> EventId {
        let count = self.drawn.fetch_add(1, Ordering::Relaxed);
        let lane = |n: usize| mix(self.seed[n].wrapping_add(count.wrapping_mul(STEP[n])));
        EventId::new(at, u128::from(lane(0)) << 64 | u128::from(lane(1)))
    }
}

/// The finaliser of SplitMix64 (Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014): a
/// bijection in which each bit of the input changes half of the output's.
fn mix(mut n: u64) -> u64 {
    n = (n ^ (n >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    n = (n ^ (n >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    n ^ (n >> 31)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;
    use std::thread;

    use super::*;

    #[test]
    fn no_two_events_of_one_moment_share_an_id_whatever_thread_made_them() {
        let ids = EventIds::random();
        let draw = |ids: EventIds| (0..50_000).map(|_| ids.next(Timestamp::UNIX_EPOCH)).collect::<Vec<_>>();
        let other = EventIds::random();
        let all: Vec<EventId> = thread::scope(|scope| {
            let drawers: Vec<_> =
                [ids.clone(), ids.clone(), ids, other].map(|ids| scope.spawn(move || draw(ids))).into_iter().collect();
            drawers.into_iter().flat_map(|drawer| drawer.join().unwrap_or_default()).collect()
        });
        assert_eq!(all.len(), 200_000);
        assert_eq!(all.iter().collect::<HashSet<_>>().len(), 200_000);
    }

    #[test]
    fn a_seeded_sequence_comes_again() {
        let (a, b) = (EventIds::seeded(7), EventIds::seeded(7));
        for _ in 0..3 {
            assert_eq!(a.next(Timestamp::UNIX_EPOCH), b.next(Timestamp::UNIX_EPOCH));
        }
    }
}
