//! Events folded into what is on disk, a batch at a time.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;

use fjall::OwnedWriteBatch;
use hosts::{Activities, Contribution, MailedAddress, Tally, Totals, contributions, mailings};
use jiff::Timestamp;
use journal::Position;
use model::{Event, Judgement, SealedVisit, VisitorNet};

use crate::keys::{self, Part};
use crate::state::Head;
use crate::writer::{Known, Rolled, Writer};
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
        let mut writer = self.writer.lock();
        let mut fold = Fold::new(self, &mut writer);
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
        let mut writer = self.writer.lock();
        let mut fold = Fold::new(self, &mut writer);
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
        let mut writer = self.writer.lock();
        let mut fold = Fold::new(self, &mut writer);
        fold.head.position = position.max(fold.head.position);
        fold.write()
    }
}

/// A batch as it is folded: the hosts and addresses concerned, as they were in the store and changed since.
struct Fold<'a> {
    state: &'a State,
    writer: &'a mut Writer,
    was: Arc<Head>,
    head: Head,
    hosts: HashMap<VisitorNet, Pending>,
    mailed: HashMap<SealedVisit, MailedAddress>,
}

/// A host as it was and as it is to be written. Its details seldom change once it is known, and then aren't written
/// again.
struct Pending {
    before: Option<Activities>,
    known: Known,
    details_changed: bool,
}

impl<'a> Fold<'a> {
    fn new(state: &'a State, writer: &'a mut Writer) -> Self {
        let was = Arc::clone(&state.head.read());
        let head = Head::clone(&was);
        Self { state, writer, was, head, hosts: HashMap::new(), mailed: HashMap::new() }
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
            Entry::Vacant(entry) => {
                let known = match self.writer.hosts.take(&host) {
                    Some(known) => Some(known),
                    None => Known::read(self.state, host)?,
                };
                entry.insert(Pending::of(known))
            }
        };
        pending.known.activities.contribute(contribution);
        pending.details_changed |= pending.known.details.contribute(host, contribution);
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
                let before = match self.writer.mailed.take(&harvest) {
                    Some(mailed) => Some(mailed),
                    None => self.state.mailed_address(&harvest)?,
                };
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
        let keyspace = &self.state.keyspace;
        let items = self.hosts.len() * 2 + self.mailed.len() + 2;
        let mut batch = OwnedWriteBatch::with_capacity(self.state.database.clone(), items)
            .durability(Some(fjall::PersistMode::Buffer));
        for (host, Pending { known, details_changed, .. }) in &self.hosts {
            batch.insert(keyspace, keys::host(Part::Activities, *host), encoding::activities(&known.activities));
            if *details_changed {
                batch.insert(keyspace, keys::host(Part::Details, *host), encoding::details(&known.details));
            }
        }
        for (harvest, tally) in &self.mailed {
            batch.insert(keyspace, keys::harvest(harvest), encoding::mailed(tally));
        }
        self.head.put(&mut batch, keyspace, &self.state.path)?;
        batch.commit().map_err(|error| self.state.failed(error))?;
        self.keep();
        Ok(())
    }

    /// Keeps what was written at hand, and the picture up with it.
    fn keep(self) {
        let Self { state, writer, head, hosts, mailed, .. } = self;
        *state.head.write() = Arc::new(head);
        for (host, Pending { before, known, .. }) in hosts {
            if let Some(Rolled { networks, rollup }) = &mut writer.rolled {
                rollup.change(networks, host, before.as_ref(), &known.activities);
            }
            writer.hosts.put(host, known);
        }
        mailed.into_iter().for_each(|(harvest, tally)| writer.mailed.put(harvest, tally));
    }
}

impl Known {
    fn read(state: &State, host: VisitorNet) -> Result<Option<Self>, StateError> {
        let Some(activities) = state.activities(host)? else { return Ok(None) };
        Ok(Some(Self { activities, details: state.details(host)?.unwrap_or_default() }))
    }
}

impl Pending {
    fn of(known: Option<Known>) -> Self {
        let before = known.as_ref().map(|known| known.activities);
        Self { before, known: known.unwrap_or_default(), details_changed: false }
    }
}
