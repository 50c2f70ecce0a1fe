//! The state on disk: opened, asked for its position, made durable.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use fjall::{Database, Keyspace, KeyspaceCreateOptions, PersistMode};
use hosts::Totals;
use journal::Position;
use parking_lot::{Mutex, RwLock};

use crate::StateError;
use crate::keys::{FORMAT_KEY, POSITION_KEY, TOTALS_KEY};
use crate::rebuild;
use crate::writer::Writer;

/// The format that this version reads and writes.
pub(crate) const FORMAT: &str = "1";

/// Blocks read are kept in so much memory.
const CACHE_BYTES: u64 = 32 << 20;
/// What was written is in memory up to this, then goes to disk sorted.
const MEMTABLE_BYTES: u64 = 8 << 20;
/// The store's own log may grow to this before what it guards is flushed.
const LOG_BYTES: u64 = 128 << 20;

/// Host records and totals, on disk. Shared by reference: one writer at a time, readers at any time.
pub struct State {
    pub(crate) path: PathBuf,
    pub(crate) database: Database,
    pub(crate) keyspace: Keyspace,
    /// Held while a batch is folded and written.
    pub(crate) writer: Mutex<Writer>,
    pub(crate) head: RwLock<Arc<Head>>,
}

/// What is known of the state without asking the store.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Head {
    pub position: Position,
    pub totals: Totals,
}

impl State {
    /// Opens the state in this folder, or begins one where there is none.
    ///
    /// # Errors
    /// [`StateError`]; each says what mends it.
    pub fn open(path: &Path) -> Result<Self, StateError> {
        rebuild::settle(path)?;
        Self::open_at(path)
    }

    pub(crate) fn open_at(path: &Path) -> Result<Self, StateError> {
        let store = |error| StateError::store(path, error);
        std::fs::create_dir_all(path).map_err(|error| StateError::io(path, error))?;
        let database = Database::builder(path)
            .cache_size(CACHE_BYTES)
            .max_journaling_size(LOG_BYTES)
            .worker_threads(2)
            .open()
            .map_err(store)?;
        let options = || KeyspaceCreateOptions::default().max_memtable_size(MEMTABLE_BYTES);
        let keyspace = database.keyspace("state", options).map_err(store)?;
        let head = read_head(path, &database, &keyspace)?;
        Ok(Self {
            path: path.to_owned(),
            database,
            keyspace,
            writer: Mutex::default(),
            head: RwLock::new(Arc::new(head)),
        })
    }

    /// The position of the last event that is in the state.
    pub fn position(&self) -> Position {
        self.head.read().position
    }

    /// Everything counted.
    pub fn totals(&self) -> Totals {
        self.head.read().totals.clone()
    }

    /// Makes what was applied so far survive a power failure, and returns up to where that is: the position to which
    /// the journal may be acknowledged.
    ///
    /// # Errors
    /// [`StateError::Io`]: nothing is known to be durable that wasn't before.
    pub fn persist(&self) -> Result<Position, StateError> {
        let position = self.position();
        self.database.persist(PersistMode::SyncAll).map_err(|error| self.failed(error))?;
        Ok(position)
    }

    pub(crate) fn failed(&self, error: fjall::Error) -> StateError {
        StateError::store(&self.path, error)
    }

    pub(crate) fn damaged(&self, what: &str) -> StateError {
        StateError::damaged(&self.path, format!("{what} can't be read"))
    }
}

fn read_head(path: &Path, database: &Database, keyspace: &Keyspace) -> Result<Head, StateError> {
    let get = |key| keyspace.get(key).map_err(|error| StateError::store(path, error));
    match get(FORMAT_KEY)? {
        Some(format) if *format == *FORMAT.as_bytes() => {}
        Some(other) => {
            let found = String::from_utf8_lossy(&other).into_owned();
            return Err(StateError::Format { path: path.to_owned(), found });
        }
        None if keyspace.first_key_value().is_none() => return begin(path, database, keyspace),
        None => return Err(StateError::damaged(path, "it doesn't say which format it is in")),
    }
    let position = get(POSITION_KEY)?.and_then(|bytes| Some(u64::from_be_bytes((*bytes).try_into().ok()?)));
    let totals = get(TOTALS_KEY)?.and_then(|bytes| serde_json::from_slice(&bytes).ok());
    match (position, totals) {
        (Some(position), Some(totals)) => Ok(Head { position: Position(position), totals }),
        _ => Err(StateError::damaged(path, "its position and totals can't be read")),
    }
}

fn begin(path: &Path, database: &Database, keyspace: &Keyspace) -> Result<Head, StateError> {
    let head = Head::default();
    let mut batch = database.batch();
    batch.insert(keyspace, FORMAT_KEY, FORMAT);
    head.put(&mut batch, keyspace, path)?;
    batch.commit().map_err(|error| StateError::store(path, error))?;
    Ok(head)
}

impl Head {
    pub fn put(&self, batch: &mut fjall::OwnedWriteBatch, keyspace: &Keyspace, path: &Path) -> Result<(), StateError> {
        let totals = serde_json::to_vec(&self.totals).map_err(|error| StateError::damaged(path, error.to_string()))?;
        batch.insert(keyspace, POSITION_KEY, self.position.0.to_be_bytes());
        batch.insert(keyspace, TOTALS_KEY, totals);
        Ok(())
    }
}
