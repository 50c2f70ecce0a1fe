//! Time, passed in: the system's for real, a hand-driven one for tests, replays and the demo.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Instant;

use model::Timestamp;

/// Tells what time it is, in whole microseconds.
#[derive(Clone)]
pub struct Clock(Source);

#[derive(Clone)]
enum Source {
    System,
    Hand(Arc<AtomicI64>),
    /// Microseconds since 1970-01-01 UTC at a moment, and that moment.
    Since(i64, Instant),
}

impl Clock {
    /// The system's clock.
    pub fn system() -> Self {
        Self(Source::System)
    }

    /// A clock that stands still until its hand is moved.
    pub fn by_hand(start: Timestamp) -> (Self, ClockHand) {
        let microseconds = Arc::new(AtomicI64::new(start.as_microsecond()));
        (Self(Source::Hand(Arc::clone(&microseconds))), ClockHand(microseconds))
    }

    /// A clock that begins at a time of one's choice and goes on from there: for replays of old mail.
    pub fn beginning_at(start: Timestamp) -> Self {
        Self(Source::Since(start.as_microsecond(), Instant::now()))
    }

    /// The time now.
    #[expect(clippy::disallowed_methods, reason = "this is the clock that everybody else is told to take")]
    pub fn now(&self) -> Timestamp {
        let microseconds = match &self.0 {
            Source::System => Timestamp::now().as_microsecond(),
            Source::Hand(microseconds) => microseconds.load(Ordering::Acquire),
            Source::Since(start, moment) => {
                start.saturating_add(i64::try_from(moment.elapsed().as_micros()).unwrap_or(i64::MAX))
            }
        };
        Timestamp::from_microsecond(microseconds).unwrap_or(Timestamp::UNIX_EPOCH)
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Source::System => f.write_str("Clock::system"),
            Source::Hand(_) => write!(f, "Clock::by_hand({})", self.now()),
            Source::Since(..) => write!(f, "Clock::beginning_at({})", self.now()),
        }
    }
}

/// Moves a [`Clock::by_hand`].
#[derive(Clone, Debug)]
pub struct ClockHand(Arc<AtomicI64>);

impl ClockHand {
    /// Sets the clock.
    pub fn set(&self, to: Timestamp) {
        self.0.store(to.as_microsecond(), Ordering::Release);
    }
}
