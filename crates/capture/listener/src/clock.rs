//! Time, passed in: the system's for real, a hand-driven one for tests, replays and the demo.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use model::Timestamp;

/// Tells what time it is, in whole microseconds.
#[derive(Clone)]
pub struct Clock(Source);

#[derive(Clone)]
enum Source {
    System,
    Hand(Arc<AtomicI64>),
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

    /// The time now.
    #[allow(clippy::disallowed_methods, reason = "this is the clock that everybody else is told to take")]
    pub fn now(&self) -> Timestamp {
        let microseconds = match &self.0 {
            Source::System => Timestamp::now().as_microsecond(),
            Source::Hand(microseconds) => microseconds.load(Ordering::Acquire),
        };
        Timestamp::from_microsecond(microseconds).unwrap_or(Timestamp::UNIX_EPOCH)
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Source::System => f.write_str("Clock::system"),
            Source::Hand(_) => write!(f, "Clock::by_hand({})", self.now()),
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
