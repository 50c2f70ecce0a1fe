//! The one thread that writes: takes all waiting appends, writes them as one batch, syncs once, answers them all.
//!
//! An fsync took 4 ms on the machine this was built for, whatever its size: only by sharing it do thousands of
//! appends a second become durable. While one is under way the next group gathers, so at load the groups grow by
//! themselves, and when idle an append waits for one fsync and nothing else.

use std::collections::HashSet;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use fjall::Slice;
use model::EventId;
use tokio::sync::{OwnedSemaphorePermit, oneshot};

use super::Shared;
use super::frame;
use super::options::Options;
use super::salvage::Folders;
use super::space;
use super::store::{Store, Write};
use super::wal;
use crate::{AppendError, Position};

/// How long the writer waits before it looks again whether a slow disk has caught up.
const CATCH_UP: Duration = Duration::from_millis(2);
/// What the keyspaces of ids and marks may hold in memory beside the entries: a memtable that fills, one that waits.
const OTHERS_BUFFERS: u64 = 16 << 20;
/// Tables are dropped once this many entries, or a buffer's worth of bytes, can have become droppable.
const DROP_ENTRIES: u64 = 8_192;

/// An append that waits for its turn.
pub(crate) struct Append {
    /// Frames without positions.
    pub(crate) frames: Vec<Vec<u8>>,
    /// The events' ids if those known are to be left out.
    pub(crate) only_new: Option<Vec<EventId>>,
    /// Who waits.
    pub(crate) answer: oneshot::Sender<Result<Taken, AppendError>>,
    /// Its share of the queue.
    pub(crate) room: OwnedSemaphorePermit,
}

/// What became of an append.
pub(crate) struct Taken {
    /// The journal's end with it.
    pub(crate) last: Position,
    /// For each event, whether it was taken. Empty for a plain append.
    pub(crate) new: Vec<bool>,
}

/// Answers and places that go back once a group is done.
type Waiting = (oneshot::Sender<Result<Taken, AppendError>>, Taken, OwnedSemaphorePermit);

pub(crate) struct Writer {
    pub(crate) shared: Arc<Shared>,
    pub(crate) folders: Folders,
    pub(crate) options: Options,
    pub(crate) end: u64,
    /// Up to where entries were dropped.
    pub(crate) dropped: u64,
    /// Bytes appended since.
    pub(crate) since_drop: u64,
}

impl Writer {
    /// Runs until the journal is closed and all that waited is answered.
    pub(crate) fn run(mut self) {
        loop {
            let (appends, marks, closed) = self.shared.next_work();
            self.step(appends, marks);
            if closed {
                break;
            }
        }
        let _ = self.with_store(Store::sync);
    }

    fn step(&mut self, appends: Vec<Append>, marks_changed: bool) {
        let mut write = Write::default();
        if marks_changed {
            write.consumers = self.shared.consumers();
            self.skip_to(write.consumers.iter().map(|(_, position)| *position).max());
        }
        let trimmed = self.shared.trimmed();
        let due = trimmed.saturating_sub(self.dropped) >= DROP_ENTRIES
            || (trimmed > self.dropped && self.since_drop >= self.options.buffer_bytes);
        if due {
            write.consumers = self.shared.consumers();
            write.dropped = Some(trimmed);
        }
        let outcome = if !appends.is_empty() && space::is_short(&self.folders.root, self.options.reserve_bytes) {
            refuse(appends, &AppendError::Full);
            // A few bytes, which dropping tables makes room for.
            self.commit(&write, due)
        } else {
            self.append(appends, write)
        };
        // That entries are gone must be known before they are: they would pass for lost ones.
        if due && outcome.is_ok() {
            self.drop_tables(trimmed);
        }
    }

    /// No position is given twice: if the journal's tail was lost, it goes on after what any consumer has had.
    fn skip_to(&mut self, ahead: Option<u64>) {
        let Some(ahead) = ahead.filter(|ahead| *ahead > self.end) else { return };
        tracing::warn!(end = self.end, consumer = ahead, "a consumer is ahead of the journal, whose tail was lost");
        self.end = ahead;
        self.shared.end.send_replace(ahead);
    }

    fn append(&mut self, appends: Vec<Append>, mut write: Write) -> Result<(), AppendError> {
        let mut waiting: Vec<Waiting> = Vec::with_capacity(appends.len());
        let mut group_ids = HashSet::new();
        let mut end = self.end;
        for append in appends {
            let new = match self.which_are_new(append.only_new.as_deref(), &mut group_ids) {
                Ok(new) => new,
                Err(error) => {
                    let _ = append.answer.send(Err(error));
                    continue;
                }
            };
            let taken = |n: usize| new.get(n).copied().unwrap_or(true);
            for (_, mut frame) in append.frames.into_iter().enumerate().filter(|(n, _)| taken(*n)) {
                end += 1;
                frame::place(&mut frame, end);
                write.entries.push((end, Slice::from(frame)));
            }
            let ids = append.only_new.unwrap_or_default();
            write.imported.extend(ids.into_iter().enumerate().filter(|(n, _)| taken(*n)).map(|(_, id)| id));
            waiting.push((append.answer, Taken { last: Position(end), new }, append.room));
        }
        let bytes: usize = write.entries.iter().map(|(_, frame)| frame.len()).sum();
        let outcome = self.commit(&write, !write.entries.is_empty() || write.dropped.is_some());
        if outcome.is_ok() {
            self.since_drop += bytes as u64;
            self.end = end;
            self.shared.end.send_replace(end);
        }
        // The group's bytes are let go before anybody is told, who would come back with more.
        drop(write);
        for (answer, taken, room) in waiting {
            drop(room);
            // Whoever waited may have gone; the entries are there all the same.
            let _ = answer.send(outcome.clone().map(|()| taken));
        }
        outcome
    }

    fn which_are_new(
        &mut self,
        ids: Option<&[EventId]>,
        group_ids: &mut HashSet<EventId>,
    ) -> Result<Vec<bool>, AppendError> {
        let Some(ids) = ids else { return Ok(Vec::new()) };
        let known = self.with_store(|store| ids.iter().map(|id| store.is_imported(*id)).collect::<Result<Vec<_>, _>>());
        let known = known.map_err(|error| reason(&error))?;
        Ok(ids.iter().zip(known).map(|(id, known)| !known && group_ids.insert(*id)).collect())
    }

    /// Writes. If the database fails, opens it anew; tries once more unless the disk is full.
    fn commit(&mut self, write: &Write, synced: bool) -> Result<(), AppendError> {
        self.wait_for_disk();
        let Err(error) = self.with_store(|store| store.write(write, synced)) else { return Ok(()) };
        tracing::warn!(%error, "the journal could not be written; opening it anew");
        self.reopen().map_err(|error| reason(&error))?;
        if is_full(&error) {
            return Err(AppendError::Full);
        }
        self.with_store(|store| store.write(write, synced)).map_err(|error| {
            let _ = self.reopen();
            reason(&error)
        })
    }

    /// Runs `f` on the database, which is opened first if the last try to open it failed.
    fn with_store<T>(&mut self, f: impl FnOnce(&Store) -> fjall::Result<T>) -> fjall::Result<T> {
        if self.shared.store.read().is_none() {
            self.reopen()?;
        }
        self.shared.store.read().as_ref().map_or(Err(fjall::Error::Poisoned), f)
    }

    /// Opens the database anew, without anything past the journal's end: that was written but not acknowledged.
    fn reopen(&self) -> fjall::Result<()> {
        let mut slot = self.shared.store.write();
        // fjall's lock is held until the last handle is gone.
        drop(slot.take());
        wal::cut_past(&self.folders.database, self.end)?;
        let store = Store::open(&self.folders.database, &self.options)?;
        store.remove_past(self.end)?;
        *slot = Some(store);
        Ok(())
    }

    /// fjall holds back a writer only by the number of memtables that wait to be written; this bounds their bytes.
    fn wait_for_disk(&self) {
        let bound = self.options.buffer_bytes.saturating_mul(4).saturating_add(OTHERS_BUFFERS);
        while self.shared.store.read().as_ref().is_some_and(|store| store.buffered() > bound && store.is_sound()) {
            std::thread::park_timeout(CATCH_UP);
        }
    }

    fn drop_tables(&mut self, trimmed: u64) {
        match self.with_store(|store| store.drop_tables(trimmed)) {
            Ok(()) => (self.dropped, self.since_drop) = (trimmed, 0),
            Err(error) => {
                tracing::warn!(%error, "what every consumer has had could not be dropped from the journal yet");
            }
        }
    }
}

fn refuse(appends: Vec<Append>, error: &AppendError) {
    for append in appends {
        let _ = append.answer.send(Err(error.clone()));
    }
}

fn is_full(error: &fjall::Error) -> bool {
    match error {
        fjall::Error::Io(e) | fjall::Error::Storage(fjall::LsmError::Io(e)) => {
            matches!(e.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
        }
        _ => false,
    }
}

fn reason(error: &fjall::Error) -> AppendError {
    if is_full(error) { AppendError::Full } else { AppendError::Failed(error.to_string()) }
}
