//! A journal in memory: for tests of whatever writes to or reads from a journal.

use std::collections::{BTreeMap, HashSet};

use futures::FutureExt;
use futures::future::{BoxFuture, ready};
use model::{Event, EventId};
use parking_lot::Mutex;
use tokio::sync::watch;

use crate::{AppendError, Entry, Journal, Position, ReadError};

/// A [`Journal`] that forgets everything when dropped. Nothing in it is durable, so it is for tests only.
///
/// ```
/// # futures::executor::block_on(async {
/// use journal::{AppendError, Journal, MemoryJournal};
/// let journal = MemoryJournal::new();
/// journal.fail_appends(Some(AppendError::Full));
/// assert!(matches!(journal.append(Vec::new()).await, Err(AppendError::Full)));
/// journal.fail_appends(None);
/// assert!(journal.append(Vec::new()).await.is_ok());
/// assert!(journal.events().is_empty());
/// # });
/// ```
#[derive(Debug, Default)]
pub struct MemoryJournal {
    state: Mutex<State>,
    end: watch::Sender<u64>,
}

#[derive(Debug, Default)]
struct State {
    /// How many entries are gone from the front.
    trimmed: u64,
    entries: Vec<Event>,
    imported: HashSet<EventId>,
    consumers: BTreeMap<String, Position>,
    failure: Option<AppendError>,
}

impl State {
    fn end(&self) -> u64 {
        self.trimmed + self.entries.len() as u64
    }

    fn trim(&mut self) {
        let Some(past) = self.consumers.values().min() else { return };
        let gone = past.0.min(self.end()).saturating_sub(self.trimmed);
        self.entries.drain(..usize::try_from(gone).unwrap_or(usize::MAX));
        self.trimmed += gone;
    }

    fn refusal(&self) -> Result<(), AppendError> {
        self.failure.clone().map_or(Ok(()), Err)
    }
}

impl MemoryJournal {
    /// An empty journal.
    pub fn new() -> Self {
        Self::default()
    }

    /// Has each append from now on fail with this, until it is called with `None`.
    pub fn fail_appends(&self, failure: Option<AppendError>) {
        self.state.lock().failure = failure;
    }

    /// All events that haven't been trimmed, in order.
    pub fn events(&self) -> Vec<Event> {
        self.state.lock().entries.clone()
    }

    fn append_now(&self, events: Vec<Event>) -> Result<Position, AppendError> {
        let mut state = self.state.lock();
        state.refusal()?;
        state.entries.extend(events);
        Ok(self.announce(&state))
    }

    fn append_new_now(&self, events: Vec<Event>) -> Result<Vec<bool>, AppendError> {
        let mut state = self.state.lock();
        state.refusal()?;
        let mut news = Vec::with_capacity(events.len());
        for event in events {
            let new = state.imported.insert(event.id());
            news.push(new);
            if new {
                state.entries.push(event);
            }
        }
        self.announce(&state);
        Ok(news)
    }

    fn announce(&self, state: &State) -> Position {
        let end = state.end();
        self.end.send_replace(end);
        Position(end)
    }

    fn read_now(&self, after: Position, limit: usize) -> Result<Vec<Entry>, ReadError> {
        let state = self.state.lock();
        if after.0 < state.trimmed {
            return Err(ReadError::Trimmed(Position(state.trimmed + 1)));
        }
        let skip = usize::try_from(after.0 - state.trimmed).unwrap_or(usize::MAX);
        let numbered = state.entries.iter().skip(skip).zip(after.0.saturating_add(1)..);
        let entry = |(event, position): (&Event, u64)| Entry { position: Position(position), event: event.clone() };
        Ok(numbered.take(limit.max(1)).map(entry).collect())
    }
}

impl Journal for MemoryJournal {
    fn append(&self, events: Vec<Event>) -> BoxFuture<'_, Result<Position, AppendError>> {
        async move { self.append_now(events) }.boxed()
    }

    fn append_new(&self, events: Vec<Event>) -> BoxFuture<'_, Result<Vec<bool>, AppendError>> {
        async move { self.append_new_now(events) }.boxed()
    }

    fn read(&self, after: Position, limit: usize) -> BoxFuture<'_, Result<Vec<Entry>, ReadError>> {
        ready(self.read_now(after, limit)).boxed()
    }

    fn wait_past(&self, position: Position) -> BoxFuture<'_, ()> {
        let mut end = self.end.subscribe();
        async move {
            // It fails only when the sender is gone, which `self` holds.
            let _ = end.wait_for(|end| *end > position.0).await;
        }
        .boxed()
    }

    fn end(&self) -> Position {
        Position(self.state.lock().end())
    }

    fn acknowledged(&self, consumer: &str) -> BoxFuture<'_, Result<Position, ReadError>> {
        let mut state = self.state.lock();
        ready(Ok(*state.consumers.entry(consumer.to_owned()).or_default())).boxed()
    }

    fn acknowledge(&self, consumer: &str, position: Position) -> BoxFuture<'_, Result<(), AppendError>> {
        let mut state = self.state.lock();
        let end = Position(state.end());
        let known = state.consumers.entry(consumer.to_owned()).or_default();
        *known = position.min(end).max(*known);
        state.trim();
        ready(Ok(())).boxed()
    }
}
