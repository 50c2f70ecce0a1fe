//! How a [`FileJournal`](super::FileJournal) is opened, and what opening it found.

use std::fmt;
use std::io;
use std::path::PathBuf;

use thiserror::Error;

use crate::Position;

/// Bounds of a journal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// Bytes of events that may wait to be written. Appends beyond it wait themselves.
    pub queue_bytes: usize,
    /// Bytes that are to stay free on the disk: below it, appends fail with `Full`. Keeps room for writing what is
    /// in memory (see `buffer_bytes`) and for others' checkpoints, so it should exceed four times `buffer_bytes`.
    pub reserve_bytes: u64,
    /// Bytes of entries gathered in memory before they are written as a table. Up to four times as many are held
    /// while the disk is slow.
    pub buffer_bytes: u64,
    /// Bytes of tables cached for readers. Small by default: consumers read each entry once.
    pub cache_bytes: u64,
}

impl Default for Options {
    fn default() -> Self {
        const MIB: u64 = 1 << 20;
        Self { queue_bytes: 16 << 20, reserve_bytes: 64 * MIB, buffer_bytes: 8 * MIB, cache_bytes: 4 * MIB }
    }
}

/// Why a journal could not be opened.
#[derive(Debug, Error)]
pub enum OpenError {
    /// Another process, or another handle of this one, has it open.
    #[error("the journal {path} is in use; stop the other trapline that serves this directory, or use another --dir", path = .0.display())]
    InUse(PathBuf),
    /// A file could not be read or written.
    #[error("the journal {path} could not be opened: {source}", path = .path.display())]
    Io {
        /// The journal's folder.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The database in it could not be opened, and not for damage.
    #[error("the journal {path} could not be opened: {detail}", path = .path.display())]
    Failed {
        /// The journal's folder.
        path: PathBuf,
        /// What the database says.
        detail: String,
    },
}

/// What opening a journal found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OpenReport {
    /// The last entry that every consumer had.
    pub trimmed: Position,
    /// The last entry.
    pub end: Position,
    /// What wasn't in order, oldest first. Empty after an orderly stop.
    pub findings: Vec<Finding>,
    /// Entries that are lost to damage, as first and last of each run. Empty unless there are findings.
    pub lost: Vec<(Position, Position)>,
}

/// Something that wasn't in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Finding {
    /// The last write was interrupted. Nothing in it was acknowledged, unless the file was cut from outside.
    UnfinishedWrite {
        /// The file.
        file: PathBuf,
        /// Where in it, bytes.
        offset: u64,
        /// How long, bytes.
        bytes: u64,
        /// Whole entries in it, which are kept.
        kept: u64,
    },
    /// Bytes of a file are not those that were written.
    Damage {
        /// The file.
        file: PathBuf,
        /// From where in it, bytes.
        offset: u64,
        /// How many bytes were set aside.
        bytes: u64,
        /// Intact entries in them, which are kept.
        kept: u64,
        /// Where the bytes are now.
        aside: PathBuf,
    },
    /// The database could not be opened, and was built anew from the intact entries in its files.
    Rebuilt {
        /// What was wrong with it.
        detail: String,
        /// Intact entries, which are kept.
        kept: u64,
        /// Where the old files are now.
        aside: PathBuf,
    },
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnfinishedWrite { file, offset, bytes, kept } => write!(
                f,
                "{} ends in an unfinished write: {bytes} bytes from {offset} on, {kept} whole entries of which are kept",
                file.display()
            ),
            Self::Damage { file, offset, bytes, kept, aside } => write!(
                f,
                "{} is damaged at byte {offset}: {kept} intact entries after it are kept, the {bytes} bytes are in {}; \
                 check the disk",
                file.display(),
                aside.display()
            ),
            Self::Rebuilt { detail, kept, aside } => write!(
                f,
                "the journal was damaged ({detail}) and is built anew from the {kept} intact entries; the old files \
                 are in {}; check the disk, and delete them once you need them no more",
                aside.display()
            ),
        }
    }
}
