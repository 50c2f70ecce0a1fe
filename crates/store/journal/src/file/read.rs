//! Reads entries in order, and tells what is damaged without stopping there for ever.

use bytes::Bytes;
use model::wire;

use super::Shared;
use super::frame::{self, Kind};
use super::store::Store;
use crate::{Entry, Position, ReadError};

/// Bytes after which a read ends, however many entries were asked for.
const READ_BYTES: usize = 8 << 20;

/// Entries after `after`; see [`Journal::read`](crate::Journal::read).
pub(crate) fn read(shared: &Shared, after: Position, limit: usize) -> Result<Vec<Entry>, ReadError> {
    let trimmed = shared.trimmed();
    if after.0 < trimmed {
        return Err(ReadError::Trimmed(Position(trimmed + 1)));
    }
    let end = *shared.end.borrow();
    if after.0 >= end {
        return Ok(Vec::new());
    }
    let store = shared.store.read();
    let store =
        store.as_ref().ok_or_else(|| ReadError::Failed("it is being opened anew after a failure".to_owned()))?;
    let mut reading = Reading { entries: Vec::new(), bytes: 0, limit: limit.max(1), next: after.0 + 1 };
    match reading.run(store, end) {
        // What came before the damage is handed out first; the next read meets it again.
        Err(_) if !reading.entries.is_empty() => Ok(reading.entries),
        Err(error) => Err(error),
        Ok(()) => Ok(reading.entries),
    }
}

struct Reading {
    entries: Vec<Entry>,
    bytes: usize,
    limit: usize,
    next: u64,
}

impl Reading {
    fn run(&mut self, store: &Store, end: u64) -> Result<(), ReadError> {
        for entry in store.range(self.next, end) {
            let Ok((position, value)) = entry else { return self.one_by_one(store, end) };
            if position > self.next {
                return Err(missing(self.next, position - 1));
            }
            self.take(&value)?;
            if self.is_done() {
                return Ok(());
            }
        }
        if self.next <= end { Err(missing(self.next, end)) } else { Ok(()) }
    }

    /// A damaged block has the whole range fail. Asked for one by one, the entries in other blocks are there.
    fn one_by_one(&mut self, store: &Store, end: u64) -> Result<(), ReadError> {
        while self.next <= end && !self.is_done() {
            match store.get(self.next) {
                Ok(Some(value)) => self.take(&value)?,
                Ok(None) => return Err(missing(self.next, self.next)),
                Err(error) => return Err(damaged(self.next, error.to_string())),
            }
        }
        Ok(())
    }

    fn take(&mut self, value: &[u8]) -> Result<(), ReadError> {
        let position = self.next;
        let frame = frame::parse(value).map_err(|fault| damaged(position, fault.to_owned()))?;
        if frame.position != position || !matches!(frame.kind, Kind::Event | Kind::Imported) {
            return Err(damaged(position, "another entry is in its place".to_owned()));
        }
        let event = wire::decode(Bytes::copy_from_slice(frame.payload));
        let event = event.map_err(|error| damaged(position, error.to_string()))?;
        self.entries.push(Entry { position: Position(position), event });
        self.bytes += value.len();
        self.next += 1;
        Ok(())
    }

    fn is_done(&self) -> bool {
        self.entries.len() >= self.limit || self.bytes >= READ_BYTES
    }
}

fn damaged(position: u64, detail: String) -> ReadError {
    ReadError::Damaged { position: Position(position), detail }
}

fn missing(first: u64, last: u64) -> ReadError {
    let detail = if first == last { "it is missing".to_owned() } else { format!("all from {first} on are missing") };
    damaged(last, detail)
}
