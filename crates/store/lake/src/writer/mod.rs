//! The writer: follows the journal, shows each event in the tail at once, and flushes the tail to the tables.
//!
//! A flush runs beside the reading, so that facts stay visible while it lasts. If it fails, as on a full disk, it is
//! tried again for as long as it takes; the tail grows to a bound meanwhile and then the journal is no longer read.
//! Nothing is lost: the journal keeps what was not acknowledged.

mod flush;

use std::sync::Arc;
use std::time::Duration;

use journal::{Entry, Journal, Position};
use model::Event;
use tokio::task::JoinHandle;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::tail::Tail;
use crate::{CONSUMER, Judge, Lake, LakeError};

/// When to flush, and how much may wait.
#[derive(Clone, Copy, Debug)]
pub struct WriterOptions {
    /// A flush begins when this many rows wait.
    pub flush_rows: usize,
    /// A flush begins when this many bytes of text and content wait.
    pub flush_bytes: usize,
    /// A flush begins when rows have waited for this long.
    pub flush_after: Duration,
}

impl Default for WriterOptions {
    /// Few, big files for a server that receives in a day what a small one does in years; at most a minute's facts,
    /// or some 64 MB, in memory.
    fn default() -> Self {
        Self { flush_rows: 100_000, flush_bytes: 32 << 20, flush_after: Duration::from_secs(60) }
    }
}

/// While a flush fails or lasts, this many times what begins one may wait.
const BACKLOG: usize = 2;

/// Bytes of events read from the journal at once, as far as can be told from those read before.
const READ_BYTES: usize = 4 << 20;
const READ_ENTRIES: usize = 1024;

/// After a failed flush: the first wait, and the longest.
const RETRY: Duration = Duration::from_secs(1);
const RETRY_AT_MOST: Duration = Duration::from_secs(30);

/// Writes the journal's events to the lake, each once. There is one in a process, and one process a lake.
pub struct LakeWriter {
    lake: Arc<Lake>,
    journal: Arc<dyn Journal>,
    judge: Judge,
    options: WriterOptions,
    read_limit: usize,
    due: Option<Instant>,
    retry: Duration,
    /// Whether there may be commits that nobody has forced to disk.
    unforced: bool,
}

impl LakeWriter {
    /// A writer that goes on where the journal says that the lake is.
    ///
    /// # Errors
    /// If the lake is ahead of the journal's end, and so was written from another one; or the journal can't be read.
    pub async fn new(
        lake: Arc<Lake>,
        journal: Arc<dyn Journal>,
        judge: Judge,
        options: WriterOptions,
    ) -> Result<Self, LakeError> {
        let acknowledged = journal.acknowledged(CONSUMER).await?;
        let (furthest, end) = (lake.furthest(), journal.end());
        if furthest > end {
            return Err(LakeError::OtherJournal { lake: furthest.0, journal: end.0 });
        }
        *lake.tail().lock() = Tail::new(acknowledged);
        let read_limit = READ_ENTRIES / 8;
        Ok(Self { lake, journal, judge, options, read_limit, due: None, retry: RETRY, unforced: true })
    }

    /// Follows the journal until `stop`, then flushes what is left.
    ///
    /// # Errors
    /// If the journal can't be read, or the last flush fails. What was not flushed is still in the journal.
    pub async fn run(mut self, stop: CancellationToken) -> Result<(), LakeError> {
        let mut flushing: Option<JoinHandle<Result<(), LakeError>>> = None;
        loop {
            let read_to = self.lake.shown_to();
            let journal = self.journal.clone();
            let due = self.due.unwrap_or_else(Instant::now);
            tokio::select! {
                () = stop.cancelled() => break,
                done = finished(&mut flushing) => self.after_flush(done),
                () = tokio::time::sleep_until(due), if self.due.is_some() && flushing.is_none() => {
                    flushing = Some(tokio::spawn(self.begin_flush()?));
                    self.due = None;
                }
                () = journal.wait_past(read_to), if !self.is_full() => self.read_some().await?,
            }
        }
        if let Some(flush) = flushing {
            let done = flush.await.unwrap_or(Err(LakeError::Stopped));
            self.after_flush(done);
        }
        self.catch_up().await?;
        self.flush().await
    }

    /// Reads all that the journal has now, flushing where too much would wait. For a process that wants to ask
    /// questions while no server runs.
    ///
    /// # Errors
    /// If the journal can't be read or a flush fails.
    pub async fn catch_up(&mut self) -> Result<(), LakeError> {
        while self.lake.shown_to() < self.journal.end() {
            self.read_some().await?;
            if self.is_enough() {
                self.flush().await?;
            }
        }
        Ok(())
    }

    /// Flushes what waits, now.
    ///
    /// # Errors
    /// If a table can't be written. What it wrote before stays, and is not written again by the next flush.
    pub async fn flush(&mut self) -> Result<(), LakeError> {
        let flush = self.begin_flush()?;
        let done = flush.await;
        self.unforced = done.is_err();
        done
    }

    async fn read_some(&mut self) -> Result<(), LakeError> {
        let read_to = self.lake.shown_to();
        let entries = self.journal.read(read_to, self.read_limit).await?;
        self.adapt_read_limit(&entries);
        let (tail, judge) = (self.lake.tail().clone(), self.judge.clone());
        // Judging parses hostile messages and looks up networks: too long for a thread that serves connections.
        let taken = tokio::task::spawn_blocking(move || {
            entries.iter().try_for_each(|entry| {
                let judgement = match &entry.event {
                    Event::Message(message) => Some(judge(message)),
                    _ => None,
                };
                tail.lock().push(entry, judgement.as_ref())
            })
        });
        taken.await.unwrap_or(Err(LakeError::Stopped))?;
        let due = Instant::now() + if self.is_enough() { Duration::ZERO } else { self.options.flush_after };
        // While a failed flush waits to be tried again, more rows are no reason to hurry.
        if self.retry == RETRY {
            self.due = Some(self.due.map_or(due, |earlier| earlier.min(due)));
        }
        Ok(())
    }

    /// Entries differ in size by five orders of magnitude, and a read is given in entries: so as many of them as, at
    /// the size of the last ones, stay within [`READ_BYTES`].
    fn adapt_read_limit(&mut self, entries: &[Entry]) {
        let bytes: usize = entries.iter().map(|entry| 256 + content_bytes(&entry.event)).sum();
        let each = bytes / entries.len().max(1);
        self.read_limit = (READ_BYTES / each.max(1)).clamp(1, READ_ENTRIES);
    }

    fn after_flush(&mut self, done: Result<(), LakeError>) {
        match done {
            Ok(()) => {
                self.unforced = false;
                self.retry = RETRY;
                let waiting = self.lake.waiting_rows() > 0;
                let wait = if self.is_enough() { Duration::ZERO } else { self.options.flush_after };
                self.due = waiting.then(|| Instant::now() + wait);
            }
            Err(error) => {
                tracing::warn!(%error, "the lake could not be written; trying again");
                self.unforced = true;
                self.due = Some(Instant::now() + self.retry);
                self.retry = (self.retry * 2).min(RETRY_AT_MOST);
            }
        }
    }

    fn is_enough(&self) -> bool {
        self.waits_more_than(1)
    }

    fn is_full(&self) -> bool {
        self.waits_more_than(BACKLOG)
    }

    fn waits_more_than(&self, times: usize) -> bool {
        let tail = self.lake.tail().lock();
        tail.rows() >= self.options.flush_rows * times || tail.bytes() >= self.options.flush_bytes * times
    }
}

fn content_bytes(event: &Event) -> usize {
    match event {
        Event::Message(message) => message.content.len(),
        Event::Session(session) => session.transcript.bytes.len(),
        Event::Post(post) => usize::try_from(post.body_bytes).unwrap_or_default(),
        Event::Visit(_) | Event::Probe(_) => 0,
    }
}

/// Resolves when the flush that is running ends; never if none is.
async fn finished(flushing: &mut Option<JoinHandle<Result<(), LakeError>>>) -> Result<(), LakeError> {
    let Some(flush) = flushing else { return std::future::pending().await };
    let done = flush.await.unwrap_or(Err(LakeError::Stopped));
    *flushing = None;
    done
}

/// A flush that runs by itself.
type Flush = futures::future::BoxFuture<'static, Result<(), LakeError>>;

impl LakeWriter {
    fn begin_flush(&self) -> Result<Flush, LakeError> {
        let through: Position = {
            let mut tail = self.lake.tail().lock();
            tail.seal()?;
            tail.read_to()
        };
        let (lake, journal, unforced) = (self.lake.clone(), self.journal.clone(), self.unforced);
        Ok(Box::pin(flush::flush(lake, journal, through, unforced)))
    }
}
