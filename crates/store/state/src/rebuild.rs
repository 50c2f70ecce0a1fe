//! The state made again beside the old one, and put in its place.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use journal::Position;
use model::{Event, Judgement};

use crate::{State, StateError};

/// A state in the making, beside the one in use.
pub struct StateBuilder {
    state: State,
    /// Where it is to be.
    path: PathBuf,
}

/// A state made again, complete and durable, not in its place yet.
#[must_use = "the old state stays until `replace`"]
pub struct Rebuilt {
    path: PathBuf,
}

impl StateBuilder {
    /// Begins to make the state of this folder again. The state that is there stays as it is, and may be in use.
    ///
    /// # Errors
    /// [`StateError::InUse`] if another rebuild is going on, [`StateError::Io`].
    pub fn create(path: &Path) -> Result<Self, StateError> {
        // Before anything is thrown away: a complete state may stand here that only has to be moved in.
        settle(path)?;
        let beside = rebuilding(path);
        if beside.exists() {
            // What an earlier rebuild left unfinished. If it goes on still, its lock says so.
            match State::open_at(&beside) {
                Err(error @ StateError::InUse { .. }) => return Err(error),
                other => drop(other),
            }
        }
        remove(&beside)?;
        Ok(Self { state: State::open_at(&beside)?, path: path.to_owned() })
    }

    /// Folds events in, in any order and in batches of any size; each event once.
    ///
    /// # Errors
    /// [`StateError`]: nothing of the batch was folded in.
    pub fn add<'a>(
        &self,
        events: impl IntoIterator<Item = (&'a Event, Option<&'a Judgement>)>,
    ) -> Result<(), StateError> {
        self.state.apply_unplaced(events)
    }

    /// Ends the making: every event of the journal up to `position` is in.
    ///
    /// # Errors
    /// [`StateError`] if it can't be made durable.
    pub fn finish(self, position: Position) -> Result<Rebuilt, StateError> {
        self.state.skip_to(position)?;
        self.state.persist()?;
        Ok(Rebuilt { path: self.path })
    }
}

impl Rebuilt {
    /// Puts the new state in the old one's place, and removes the old one. Should the machine fail in between, the
    /// next [`State::open`] settles which of them counts.
    ///
    /// # Errors
    /// [`StateError::InUse`] while the old state is open, [`StateError::Io`].
    pub fn replace(self) -> Result<(), StateError> {
        let Self { path } = self;
        if path.exists()
            && let Err(error @ StateError::InUse { .. }) = State::open_at(&path)
        {
            return Err(error);
        }
        let old = previous(&path);
        remove(&old)?;
        if path.exists() {
            rename(&path, &old)?;
        }
        rename(&rebuilding(&path), &path)?;
        remove(&old)
    }
}

/// If a replacement was cut short after the old state was moved away and before the new one was moved in, moves the
/// new one in: it was complete by then. What is left of the old one goes.
pub(crate) fn settle(path: &Path) -> Result<(), StateError> {
    let (old, new) = (previous(path), rebuilding(path));
    if !path.exists() && old.exists() && new.exists() {
        rename(&new, path)?;
    }
    if path.exists() && old.exists() { remove(&old) } else { Ok(()) }
}

fn rebuilding(path: &Path) -> PathBuf {
    path.with_extension("rebuilding")
}

fn previous(path: &Path) -> PathBuf {
    path.with_extension("previous")
}

fn rename(from: &Path, to: &Path) -> Result<(), StateError> {
    fs::rename(from, to).map_err(|error| StateError::io(to, error))?;
    // The rename itself is on disk once the folder that holds both names is.
    match to.parent() {
        Some(parent) => {
            fs::File::open(parent).and_then(|folder| folder.sync_all()).map_err(|error| StateError::io(to, error))
        }
        None => Ok(()),
    }
}

fn remove(path: &Path) -> Result<(), StateError> {
    match fs::remove_dir_all(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(StateError::io(path, error)),
        _ => Ok(()),
    }
}
