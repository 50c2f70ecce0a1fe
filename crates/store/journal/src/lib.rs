//! The journal seam: every event, durable before it is acknowledged, until every consumer has it.

#[cfg(feature = "contract")]
pub mod contract;
mod file;
mod memory;

use std::fmt;

use futures::future::BoxFuture;
use model::Event;

pub use file::{FileJournal, Finding, OpenError, OpenReport, Options};
pub use memory::MemoryJournal;

/// Where an event stands in the journal: 1 for the first, one more for each after it. 0 is before all of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Position(pub u64);

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// An event and where it stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// Where.
    pub position: Position,
    /// What.
    pub event: Event,
}

/// Why events were not taken. None of them is in the journal, and the caller must not acknowledge any.
#[derive(Clone, Debug, thiserror::Error)]
pub enum AppendError {
    /// No room on the disk. Passes when there is room again: the journal tries each append afresh.
    #[error("the journal's disk is full; make room and it goes on by itself")]
    Full,
    /// The journal is being closed.
    #[error("the journal is closed")]
    Closed,
    /// Anything else.
    #[error("the journal could not be written: {0}")]
    Failed(String),
}

/// Why events could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// Events before this position are gone, since every consumer had them.
    #[error("the journal begins at position {0}; what came before is in the lake")]
    Trimmed(Position),
    /// An event's bytes are not those that were written, or it is missing. Whoever wants to go on without it reads on
    /// after `position`.
    #[error("the journal is damaged at position {position}: {detail}")]
    Damaged {
        /// The damaged entry; if several in a row are missing, the last of them.
        position: Position,
        /// What is wrong.
        detail: String,
    },
    /// Anything else.
    #[error("the journal could not be read: {0}")]
    Failed(String),
}

/// Every event, in one order, durable before it is acknowledged.
///
/// Consumers have names and positions. An event stays until every consumer has acknowledged it. A consumer may be
/// given an event again after a crash: it keeps its own position beside what it made of the events, and skips.
pub trait Journal: Send + Sync + 'static {
    /// Appends all of these or none. On `Ok` they are on disk. Returns the position of the last.
    fn append(&self, events: Vec<Event>) -> BoxFuture<'_, Result<Position, AppendError>>;

    /// Appends those whose ids no `append_new` has brought before, and remembers all of their ids for ever.
    /// Returns, for each, whether it was new. For importers: the same file twice adds nothing.
    fn append_new(&self, events: Vec<Event>) -> BoxFuture<'_, Result<Vec<bool>, AppendError>>;

    /// Entries after `after`, in order and without a gap: at most `limit` of them, and at least one if there is any.
    /// Fewer than `limit` does not mean that there are no more.
    ///
    /// What comes before a damaged entry is returned first; a read that would begin with one fails with
    /// [`ReadError::Damaged`]. A consumer that has noted the damage reads on after the position in it.
    fn read(&self, after: Position, limit: usize) -> BoxFuture<'_, Result<Vec<Entry>, ReadError>>;

    /// Resolves when there is an entry after `position`.
    fn wait_past(&self, position: Position) -> BoxFuture<'_, ()>;

    /// The position of the last durable entry.
    fn end(&self) -> Position;

    /// The position that a consumer has acknowledged, 0 if it is new. Asking makes the consumer known:
    /// nothing after its position is trimmed from then on.
    fn acknowledged(&self, consumer: &str) -> BoxFuture<'_, Result<Position, ReadError>>;

    /// The consumer has all up to `position` and will never ask for it again.
    fn acknowledge(&self, consumer: &str, position: Position) -> BoxFuture<'_, Result<(), AppendError>>;
}
