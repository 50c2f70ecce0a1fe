//! The database under the journal: three keyspaces of fjall.
//!
//! | keyspace | key | value |
//! |---|---|---|
//! | `entries` | position, u64 big-endian | frame of the event |
//! | `imported` | event id, 16 bytes | nothing |
//! | `marks` | `c` and a consumer's name; `d` | frame of a position |
//!
//! Keys of `entries` only grow, so its tables never overlap, fjall moves them between levels without rewriting, and
//! trimming drops whole tables. An entry is therefore written twice in its life: to the log, and to a table.

use std::path::Path;

use fjall::config::{CompressionPolicy, FilterPolicy};
use fjall::{AbstractTree, CompressionType, Database, Keyspace, KeyspaceCreateOptions, PersistMode, Slice};
use model::EventId;

use super::frame::{self, Kind};
use super::options::Options;

/// The marks' key for what was dropped.
const DROPPED: &[u8] = b"d";
/// What the marks' keys of consumers begin with.
const CONSUMER: u8 = b'c';

/// The open database.
pub(crate) struct Store {
    db: Database,
    entries: Keyspace,
    imported: Keyspace,
    marks: Keyspace,
}

/// What is written in one step.
#[derive(Default)]
pub(crate) struct Write {
    /// Frames of entries, with their positions.
    pub(crate) entries: Vec<(u64, Slice)>,
    /// Ids to be remembered.
    pub(crate) imported: Vec<EventId>,
    /// Consumers' names and positions.
    pub(crate) consumers: Vec<(String, u64)>,
    /// The position up to which entries are about to be dropped.
    pub(crate) dropped: Option<u64>,
}

/// Positions that are kept beside the entries.
#[derive(Debug, Default)]
pub(crate) struct Marks {
    pub(crate) consumers: Vec<(String, u64)>,
    pub(crate) dropped: u64,
}

impl Store {
    /// Opens the database at `folder`, or makes one.
    pub(crate) fn open(folder: &Path, options: &Options) -> fjall::Result<Self> {
        let db = Database::builder(folder)
            .cache_size(options.cache_bytes)
            // Frames must be there as they are for `frame::find`, and compressing costs more than writing.
            .journal_compression(CompressionType::None)
            // What is asked of it one after the other: seal a memtable, write it. More would only add memory.
            .worker_threads(1)
            .max_cached_files(Some(64))
            .max_journaling_size(64 << 20)
            .open()?;
        let entries = db.keyspace("entries", || {
            KeyspaceCreateOptions::default()
                .max_memtable_size(options.buffer_bytes)
                .data_block_compression_policy(CompressionPolicy::disabled())
                .filter_policy(FilterPolicy::disabled())
                .expect_point_read_hits(true)
        })?;
        let small = || KeyspaceCreateOptions::default().max_memtable_size(4 << 20);
        let imported = db.keyspace("imported", small)?;
        let marks = db.keyspace("marks", || small().data_block_compression_policy(CompressionPolicy::disabled()))?;
        Ok(Self { db, entries, imported, marks })
    }

    /// Writes all of it or nothing. On `Ok`, if `synced`, it is on disk.
    pub(crate) fn write(&self, write: &Write, synced: bool) -> fjall::Result<()> {
        let mut batch =
            self.db.batch().durability(Some(if synced { PersistMode::SyncAll } else { PersistMode::Buffer }));
        for (position, frame) in &write.entries {
            batch.insert(&self.entries, position.to_be_bytes(), frame.clone());
        }
        for id in &write.imported {
            batch.insert(&self.imported, id.as_bytes().as_slice(), [].as_slice());
        }
        for (name, position) in &write.consumers {
            let key = [&[CONSUMER], name.as_bytes()].concat();
            batch.insert(&self.marks, key, frame::whole(Kind::Consumer, *position, name.as_bytes()));
        }
        if let Some(dropped) = write.dropped {
            batch.insert(&self.marks, DROPPED, frame::whole(Kind::Dropped, dropped, &[]));
        }
        batch.commit()
    }

    /// Whether this id is remembered.
    pub(crate) fn is_imported(&self, id: EventId) -> fjall::Result<bool> {
        self.imported.contains_key(id.as_bytes())
    }

    /// All marks that are intact.
    pub(crate) fn marks(&self) -> fjall::Result<Marks> {
        let mut marks = Marks::default();
        for mark in self.marks.iter() {
            let value = mark.value()?;
            match frame::parse(&value) {
                Ok(frame) if frame.kind == Kind::Dropped => marks.dropped = frame.position,
                Ok(frame) => {
                    let name = String::from_utf8_lossy(frame.payload).into_owned();
                    marks.consumers.push((name, frame.position));
                }
                Err(fault) => tracing::warn!(fault, "a consumer's position in the journal is damaged; it starts anew"),
            }
        }
        Ok(marks)
    }

    /// The position of the last entry, 0 if there is none.
    pub(crate) fn last(&self) -> fjall::Result<u64> {
        self.entries.last_key_value().map_or(Ok(0), |last| last.key().map(|key| position_of(&key)))
    }

    /// Whether an entry is there.
    pub(crate) fn has(&self, position: u64) -> fjall::Result<bool> {
        self.entries.contains_key(position.to_be_bytes())
    }

    /// One entry's frame.
    pub(crate) fn get(&self, position: u64) -> fjall::Result<Option<Slice>> {
        self.entries.get(position.to_be_bytes())
    }

    /// Entries' positions and frames, in order.
    pub(crate) fn range(&self, first: u64, last: u64) -> impl Iterator<Item = fjall::Result<(u64, Slice)>> + use<> {
        let range = self.entries.range(first.to_be_bytes()..=last.to_be_bytes());
        range.map(|guard| guard.into_inner().map(|(key, value)| (position_of(&key), value)))
    }

    /// Drops what can be dropped without rewriting: tables whose entries all are at or before `position`.
    pub(crate) fn drop_tables(&self, position: u64) -> fjall::Result<()> {
        Ok(self.entries.tree.drop_range(..=position.to_be_bytes())?)
    }

    /// Takes back entries past `end`.
    pub(crate) fn remove_past(&self, end: u64) -> fjall::Result<()> {
        let past = self.range(end.saturating_add(1), u64::MAX).map(|entry| entry.map(|(position, _)| position));
        let past = past.collect::<fjall::Result<Vec<_>>>()?;
        let mut batch = self.db.batch().durability(Some(PersistMode::SyncAll));
        for position in past {
            batch.remove(&self.entries, position.to_be_bytes());
        }
        batch.commit()
    }

    /// Has everything written so far on disk.
    pub(crate) fn sync(&self) -> fjall::Result<()> {
        self.db.persist(PersistMode::SyncAll)
    }

    /// Bytes that are in memory and not yet in a table.
    pub(crate) fn buffered(&self) -> u64 {
        self.db.write_buffer_size()
    }

    /// Whether the database still takes writes. It stops for good after a failed one, also in the background.
    pub(crate) fn is_sound(&self) -> bool {
        self.db.persist(PersistMode::Buffer).is_ok()
    }
}

fn position_of(key: &[u8]) -> u64 {
    key.try_into().map_or(0, u64::from_be_bytes)
}
