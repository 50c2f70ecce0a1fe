//! The journal on one machine's disk, on fjall.
//!
//! ```text
//! append ──▶ encode, frame (caller's thread) ──▶ queue ──▶ writer: one batch, one fsync ──▶ fjall ──▶ read
//!            bounded by `queue_bytes`                      answers all of the group
//! ```
//!
//! Parts: `frame` makes entries self-describing; `store` is the database; `writer` groups and syncs; `wal` and
//! `salvage` get every intact entry out of damaged files; `space` keeps some of the disk free.

mod frame;
mod options;
mod read;
mod salvage;
mod space;
mod store;
mod wal;
mod writer;

use std::collections::BTreeMap;
use std::fs::{self, File, TryLockError};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::JoinHandle;

use futures::FutureExt;
use futures::future::{BoxFuture, ready};
use model::{Event, EventId, wire};
use parking_lot::{Condvar, Mutex, RwLock};
use tokio::sync::{Semaphore, oneshot, watch};

use frame::Kind;
use salvage::Folders;
use store::{Marks, Store};
use writer::{Append, Taken, Writer};

pub use options::{Finding, OpenError, OpenReport, Options};

use crate::{AppendError, Entry, Journal, Position, ReadError};

/// The queue is counted in units of this many bytes, since a semaphore counts to 2³² only.
const QUEUE_UNIT: usize = 1_024;

/// The [`Journal`] in a folder of its own. To be used within a tokio runtime.
///
/// It survives being killed at any moment, a full disk and damaged files. Damage is told by
/// [`FileJournal::report`] when it is met at opening, and by [`ReadError::Damaged`] when it is met at reading.
pub struct FileJournal {
    shared: Arc<Shared>,
    room: Arc<Semaphore>,
    queue_units: u32,
    report: OpenReport,
    writer: Option<JoinHandle<()>>,
    _lock: File,
}

/// What the writer, readers and appenders share.
pub(crate) struct Shared {
    queue: Mutex<Queue>,
    wake: Condvar,
    consumers: Mutex<BTreeMap<String, u64>>,
    /// The last entry that every consumer has had. Grows only.
    trimmed: AtomicU64,
    pub(crate) end: watch::Sender<u64>,
    /// None while it is opened anew after a failure.
    pub(crate) store: RwLock<Option<Store>>,
}

#[derive(Default)]
struct Queue {
    appends: Vec<Append>,
    marks_changed: bool,
    closed: bool,
}

impl Shared {
    /// Waits for work and takes all of it: appends, whether consumers' positions changed, whether it is the last.
    fn next_work(&self) -> (Vec<Append>, bool, bool) {
        let mut queue = self.queue.lock();
        while queue.appends.is_empty() && !queue.marks_changed && !queue.closed {
            self.wake.wait(&mut queue);
        }
        (std::mem::take(&mut queue.appends), std::mem::take(&mut queue.marks_changed), queue.closed)
    }

    fn consumers(&self) -> Vec<(String, u64)> {
        self.consumers.lock().iter().map(|(name, position)| (name.clone(), *position)).collect()
    }

    fn trimmed(&self) -> u64 {
        self.trimmed.load(Ordering::Acquire)
    }

    /// Moves a consumer's position forward (never back), and makes it known.
    fn move_consumer(&self, name: &str, to: u64) -> u64 {
        let mut consumers = self.consumers.lock();
        let known = consumers.get(name).copied();
        let position = known.unwrap_or(0).max(to);
        if known == Some(position) {
            return position;
        }
        consumers.insert(name.to_owned(), position);
        self.trimmed.fetch_max(consumers.values().copied().min().unwrap_or(0), Ordering::AcqRel);
        drop(consumers);
        self.queue.lock().marks_changed = true;
        self.wake.notify_one();
        position
    }
}

impl FileJournal {
    /// Opens the journal in `folder`, or makes it. Blocks: what a kill left in the log is read again.
    ///
    /// # Errors
    /// [`OpenError`]. Damage is no error: it is in [`FileJournal::report`], and logged.
    pub fn open(folder: &Path, options: Options) -> Result<Self, OpenError> {
        let failed = |source| OpenError::Io { path: folder.to_owned(), source };
        fs::create_dir_all(folder).map_err(failed)?;
        let lock = lock(folder)?;
        let folders = Folders::of(folder);
        let (store, findings) = salvage::open(&folders, &options)?;
        for finding in &findings {
            tracing::warn!("{finding}");
        }
        let (marks, report) = survey(&store, findings)
            .map_err(|error| OpenError::Failed { path: folder.to_owned(), detail: error.to_string() })?;
        let end = report.end.0;
        let shared = Arc::new(Shared {
            queue: Mutex::default(),
            wake: Condvar::new(),
            consumers: Mutex::new(marks.consumers.into_iter().collect()),
            trimmed: AtomicU64::new(report.trimmed.0),
            end: watch::Sender::new(end),
            store: RwLock::new(Some(store)),
        });
        let dropped = marks.dropped;
        let writer = Writer { shared: Arc::clone(&shared), folders, options, end, dropped, since_drop: 0 };
        let writer =
            std::thread::Builder::new().name("journal".to_owned()).spawn(move || writer.run()).map_err(failed)?;
        let queue_units = u32::try_from(options.queue_bytes / QUEUE_UNIT).unwrap_or(u32::MAX).max(1);
        let room = Arc::new(Semaphore::new(queue_units as usize));
        Ok(Self { shared, room, queue_units, report, writer: Some(writer), _lock: lock })
    }

    /// What opening it found.
    pub fn report(&self) -> &OpenReport {
        &self.report
    }

    /// Queues an append and waits until it is durable.
    async fn submit(&self, events: Vec<Event>, kind: Kind) -> Result<Taken, AppendError> {
        let only_new = (kind == Kind::Imported).then(|| events.iter().map(Event::id).collect::<Vec<EventId>>());
        let frames: Vec<_> =
            events.iter().rev().zip(0..).map(|(event, n)| frame::draft(kind, n, &wire::encode(event))).collect();
        let frames: Vec<_> = frames.into_iter().rev().collect();
        drop(events);
        let units = frames.iter().map(Vec::len).sum::<usize>().div_ceil(QUEUE_UNIT);
        let units = u32::try_from(units).unwrap_or(u32::MAX).clamp(1, self.queue_units);
        let room = Arc::clone(&self.room).acquire_many_owned(units).await.map_err(|_| AppendError::Closed)?;
        let (answer, answered) = oneshot::channel();
        {
            let mut queue = self.shared.queue.lock();
            queue.appends.push(Append { frames, only_new, answer, room });
            if queue.appends.len() == 1 {
                self.shared.wake.notify_one();
            }
        }
        answered.await.map_err(|_| AppendError::Closed)?
    }
}

impl Drop for FileJournal {
    /// Waits until all that is queued is written.
    fn drop(&mut self) {
        self.shared.queue.lock().closed = true;
        self.shared.wake.notify_one();
        if let Some(writer) = self.writer.take() {
            let _ = writer.join();
        }
        // Closes the database before the lock is let go.
        drop(self.shared.store.write().take());
    }
}

impl Journal for FileJournal {
    fn append(&self, events: Vec<Event>) -> BoxFuture<'_, Result<Position, AppendError>> {
        async move {
            if events.is_empty() {
                return Ok(self.end());
            }
            self.submit(events, Kind::Event).await.map(|taken| taken.last)
        }
        .boxed()
    }

    fn append_new(&self, events: Vec<Event>) -> BoxFuture<'_, Result<Vec<bool>, AppendError>> {
        async move {
            if events.is_empty() {
                return Ok(Vec::new());
            }
            self.submit(events, Kind::Imported).await.map(|taken| taken.new)
        }
        .boxed()
    }

    fn read(&self, after: Position, limit: usize) -> BoxFuture<'_, Result<Vec<Entry>, ReadError>> {
        let shared = Arc::clone(&self.shared);
        async move {
            tokio::task::spawn_blocking(move || read::read(&shared, after, limit))
                .await
                .unwrap_or_else(|error| Err(ReadError::Failed(error.to_string())))
        }
        .boxed()
    }

    fn wait_past(&self, position: Position) -> BoxFuture<'_, ()> {
        let mut end = self.shared.end.subscribe();
        async move {
            // It fails only when the sender is gone, which `self` holds.
            let _ = end.wait_for(|end| *end > position.0).await;
        }
        .boxed()
    }

    fn end(&self) -> Position {
        Position(*self.shared.end.borrow())
    }

    fn acknowledged(&self, consumer: &str) -> BoxFuture<'_, Result<Position, ReadError>> {
        ready(Ok(Position(self.shared.move_consumer(consumer, 0)))).boxed()
    }

    /// Becomes durable with the next append or drop: a crash before that has events delivered again.
    fn acknowledge(&self, consumer: &str, position: Position) -> BoxFuture<'_, Result<(), AppendError>> {
        self.shared.move_consumer(consumer, position.0);
        ready(Ok(())).boxed()
    }
}

fn lock(folder: &Path) -> Result<File, OpenError> {
    let failed = |source| OpenError::Io { path: folder.to_owned(), source };
    let file = File::options().create(true).truncate(false).write(true).open(folder.join("lock")).map_err(failed)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(OpenError::InUse(folder.to_owned())),
        Err(TryLockError::Error(error)) => Err(failed(error)),
    }
}

/// Where the journal begins and ends, and, if something wasn't in order, which entries are lost.
fn survey(store: &Store, findings: Vec<Finding>) -> fjall::Result<(Marks, OpenReport)> {
    let marks = store.marks()?;
    let positions = marks.consumers.iter().map(|(_, position)| *position);
    let trimmed = positions.clone().min().unwrap_or(0).max(marks.dropped);
    // A consumer can be ahead of an end that was lost; its positions are not given again.
    let end = positions.max().unwrap_or(0).max(trimmed).max(store.last()?);
    let lost = if findings.is_empty() { Vec::new() } else { lost(store, trimmed, end) };
    for (first, last) in &lost {
        tracing::warn!("entries {first} to {last} of the journal are lost");
    }
    Ok((marks, OpenReport { trimmed: Position(trimmed), end: Position(end), findings, lost }))
}

/// Runs of positions that have no entry.
fn lost(store: &Store, trimmed: u64, end: u64) -> Vec<(Position, Position)> {
    let mut lost = Vec::new();
    let mut expected = trimmed + 1;
    // A table that cannot be read isn't lost yet: readers try each of its entries.
    for (position, _) in store.range(expected, end).map_while(Result::ok) {
        if position > expected {
            lost.push((Position(expected), Position(position - 1)));
        }
        expected = position + 1;
    }
    lost
}
