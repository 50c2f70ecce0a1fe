//! Events folded into what is on disk, a batch at a time.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;

use fjall::OwnedWriteBatch;
use hosts::{Activities, Contribution, Details, MailedAddress, Tally, Totals, contributions, mailings};
use jiff::Timestamp;
use journal::Position;
use model::{Event, Judgement, SealedVisit, VisitorNet};

use crate::keys::{self, Part};
use crate::state::Head;
use crate::{State, StateError, encoding};

impl State {
    /// Folds entries of the journal in, all of them or none, and moves the position to the last. Those at or before
    /// the position are skipped. A message has the judgement made of it; other events have none.
    ///
    /// Each host and address is read once and written once, however many of the entries concern it: batches of some
    /// thousand entries are several times as fast as single ones. Readers see all of a batch or nothing.
    ///
    /// # Errors
    /// [`StateError`]: nothing was folded in, and the position is where it was.
    pub fn apply<'a>(
        &self,
        entries: impl IntoIterator<Item = (Position, &'a Event, Option<&'a Judgement>)>,
    ) -> Result<(), StateError> {
        let _writer = self.writer.lock();
        let mut fold = Fold::new(self);
        for (position, event, judgement) in entries {
            if position > fold.head.position {
                fold.take(event, judgement)?;
                fold.head.position = position;
            }
        }
        fold.write()
    }

    /// Folds events in whatever their positions, which must not be in the state yet, and leaves the position alone.
    pub(crate) fn apply_unplaced<'a>(
        &self,
        events: impl IntoIterator<Item = (&'a Event, Option<&'a Judgement>)>,
    ) -> Result<(), StateError> {
        let _writer = self.writer.lock();
        let mut fold = Fold::new(self);
        for (event, judgement) in events {
            fold.take(event, judgement)?;
        }
        fold.write()
    }

    /// Says that all events up to `position` are in the state, or can't be had: those damaged in the journal.
    ///
    /// # Errors
    /// [`StateError`]: the position is where it was.
    pub fn skip_to(&self, position: Position) -> Result<(), StateError> {
        let _writer = self.writer.lock();
        let mut fold = Fold::new(self);
        fold.head.position = position;
        fold.write()
    }
}

/// A batch as it is folded: the hosts and addresses concerned, as they were on disk and changed since.
struct Fold<'a> {
    state: &'a State,
    was: Arc<Head>,
    head: Head,
    hosts: HashMap<VisitorNet, Pending>,
    mailed: HashMap<SealedVisit, MailedAddress>,
}

/// A host as it is to be written. Its details seldom change once it is known, and then aren't written again.
struct Pending {
    activities: Activities,
    details: Details,
    details_changed: bool,
}

impl<'a> Fold<'a> {
    fn new(state: &'a State) -> Self {
        let was = Arc::clone(&state.head.read());
        let head = Head::clone(&was);
        Self { state, was, head, hosts: HashMap::new(), mailed: HashMap::new() }
    }

    fn take(&mut self, event: &Event, judgement: Option<&Judgement>) -> Result<(), StateError> {
        self.head.totals.count(event, judgement);
        for (host, contribution) in contributions(event, judgement) {
            self.contribute(host, &contribution)?;
        }
        for (harvest, at) in mailings(event, judgement) {
            self.mail(harvest, at)?;
        }
        Ok(())
    }

    fn contribute(&mut self, host: VisitorNet, contribution: &Contribution<'_>) -> Result<(), StateError> {
        let pending = match self.hosts.entry(host) {
            Entry::Occupied(entry) => entry.into_mut(),
            Entry::Vacant(entry) => entry.insert(Pending::read(self.state, host)?),
        };
        pending.activities.contribute(contribution);
        pending.details_changed |= pending.details.contribute(host, contribution);
        Ok(())
    }

    fn mail(&mut self, harvest: SealedVisit, at: Timestamp) -> Result<(), StateError> {
        let Totals { turnarounds, .. } = &mut self.head.totals;
        let mail = Tally::of(1, at);
        match self.mailed.entry(harvest) {
            Entry::Occupied(mut entry) => {
                let before = *entry.get();
                entry.get_mut().merge(mail);
                turnarounds.change(&harvest, Some(&before), entry.get());
            }
            Entry::Vacant(entry) => {
                let before = self.state.mailed_address(&harvest)?;
                let mut after = mail;
                before.iter().for_each(|before| after.merge(*before));
                turnarounds.change(&harvest, before.as_ref(), entry.insert(after));
            }
        }
        Ok(())
    }

    fn write(self) -> Result<(), StateError> {
        if self.head == *self.was {
            return Ok(());
        }
        let Self { state, head, hosts, mailed, .. } = self;
        let keyspace = &state.keyspace;
        let mut batch = OwnedWriteBatch::with_capacity(state.database.clone(), hosts.len() * 2 + mailed.len() + 2)
            .durability(Some(fjall::PersistMode::Buffer));
        for (host, pending) in &hosts {
            batch.insert(keyspace, keys::host(Part::Activities, *host), encoding::activities(&pending.activities));
            if pending.details_changed {
                batch.insert(keyspace, keys::host(Part::Details, *host), encoding::details(&pending.details));
            }
        }
        for (harvest, tally) in &mailed {
            batch.insert(keyspace, keys::harvest(harvest), encoding::mailed(tally));
        }
        head.put(&mut batch, keyspace, &state.path)?;
        batch.commit().map_err(|error| state.failed(error))?;
        *state.head.write() = Arc::new(head);
        Ok(())
    }
}

impl Pending {
    fn read(state: &State, host: VisitorNet) -> Result<Self, StateError> {
        let activities = state.activities(host)?;
        let details = match activities {
            Some(_) => state.details(host)?,
            None => None,
        };
        Ok(Self {
            activities: activities.unwrap_or_default(),
            details: details.unwrap_or_default(),
            details_changed: false,
        })
    }
}
