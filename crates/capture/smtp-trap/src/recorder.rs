//! Facts that nobody waits for: probes, and sessions once they have ended.
//!
//! Each session hands its own over and goes on; one task a listener appends them together, so that neither an fsync
//! is waited for at each RCPT nor an append made for each session. What waits here is bounded: a session that finds no
//! room waits, and while it does it counts as open. Nothing here has been acknowledged to a client.

use std::sync::Arc;
use std::time::Duration;

use journal::{AppendError, Journal};
use model::Event;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep};
use tracing::{error, warn};

use crate::counts::Counts;

/// Hand-overs that wait at most. Each is a session's end, with a transcript of at most some 16 KiB, or some probes.
const WAITING: usize = 1024;
/// Hand-overs that are appended together at most.
const AT_ONCE: usize = 256;
/// Between two tries while the journal takes nothing.
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// Takes a session's facts over.
#[derive(Clone)]
pub(crate) struct Recorder(mpsc::Sender<Vec<Event>>);

/// Appends what was taken over.
pub(crate) struct Writer {
    queue: mpsc::Receiver<Vec<Event>>,
    journal: Arc<dyn Journal>,
    counts: Arc<Counts>,
    patience: Duration,
    /// Since when the journal has taken nothing.
    failing_since: Option<Instant>,
}

/// A recorder, and what has to be run for it.
pub(crate) fn recorder(journal: Arc<dyn Journal>, counts: Arc<Counts>, patience: Duration) -> (Recorder, Writer) {
    let (sender, queue) = mpsc::channel(WAITING);
    (Recorder(sender), Writer { queue, journal, counts, patience, failing_since: None })
}

impl Recorder {
    /// Takes these over; waits while too many wait.
    pub(crate) async fn record(&self, events: Vec<Event>) {
        // The writer ends after the last recorder.
        let _ = self.0.send(events).await;
    }
}

impl Writer {
    /// Appends until every recorder is gone and everything they took over is in the journal, or was given up.
    pub(crate) async fn run(mut self) {
        let mut waiting = Vec::with_capacity(AT_ONCE);
        while self.queue.recv_many(&mut waiting, AT_ONCE).await > 0 {
            let events: Vec<Event> = waiting.drain(..).flatten().collect();
            self.append(events).await;
        }
    }

    /// Appends these; tries again for a while if the journal takes nothing now. The while begins with the first
    /// failure, so that a stop while the disk is full takes that long and not as long again for each of these.
    async fn append(&mut self, events: Vec<Event>) {
        let count = events.len();
        let mut pause = FIRST_PAUSE;
        loop {
            // The journal keeps what it takes, and says nothing of what it doesn't; so it is given a copy.
            match self.journal.append(events.clone()).await {
                Ok(_) => {
                    self.failing_since = None;
                    return;
                }
                Err(AppendError::Closed) => break,
                Err(reason) if self.failing_since.is_some_and(|since| since.elapsed() >= self.patience) => {
                    error!(count, %reason, "probes and ended sessions are lost; no client was told they were kept");
                    break;
                }
                Err(reason) => {
                    self.failing_since.get_or_insert_with(Instant::now);
                    warn!(count, %reason, "probes and ended sessions wait for the journal");
                    sleep(pause).await;
                    pause = (pause * 2).min(LONGEST_PAUSE);
                }
            }
        }
        self.counts.lost_events.increment(count as u64);
    }
}
