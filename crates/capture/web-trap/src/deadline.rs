//! Deadlines of a connection, at the cost of one timer for all of them.

use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::task::Poll;

use tokio::time::{Instant, Sleep, sleep_until};

/// The deadline has passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Expired;

/// A timer that is set anew only when it goes off too early, or would go off too late: a connection that is busy
/// moves its deadline with each request, and most of those moves need not touch the timer.
#[derive(Debug)]
pub(crate) struct Deadline(Pin<Box<Sleep>>);

impl Deadline {
    /// A timer that first goes off then.
    pub(crate) fn new(at: Instant) -> Self {
        Self(Box::pin(sleep_until(at)))
    }

    /// What comes of this future.
    ///
    /// # Errors
    /// [`Expired`] if it isn't done by `at`; it is dropped then.
    pub(crate) async fn until<F: Future>(&mut self, at: Instant, future: F) -> Result<F::Output, Expired> {
        if at < self.0.deadline() {
            self.0.as_mut().reset(at);
        }
        let mut future = pin!(future);
        poll_fn(|context| {
            if let Poll::Ready(output) = future.as_mut().poll(context) {
                return Poll::Ready(Ok(output));
            }
            while self.0.as_mut().poll(context).is_ready() {
                if Instant::now() >= at {
                    return Poll::Ready(Err(Expired));
                }
                self.0.as_mut().reset(at);
            }
            Poll::Pending
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::sleep;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_deadline_holds_whether_the_timer_was_set_earlier_or_later() {
        let second = Duration::from_secs(1);
        for first in [1, 5, 60] {
            let mut deadline = Deadline::new(Instant::now() + first * second);
            for wait in [3u32, 10, 2] {
                let begun = Instant::now();
                assert_eq!(deadline.until(begun + wait * second, std::future::pending::<()>()).await, Err(Expired));
                // The timer wheel goes by milliseconds.
                assert!(begun.elapsed() - wait * second <= Duration::from_millis(2));
                assert_eq!(deadline.until(Instant::now() + 2 * second, sleep(second)).await, Ok(()));
            }
        }
    }
}
