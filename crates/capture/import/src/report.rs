//! What an import brought, how far it is, and why it stopped.

use std::io;
use std::path::PathBuf;

use model::Event;
use serde::Serialize;
use unpack::Rejections;

/// Takes a batch of events, makes it durable and says for each event whether it was new: the journal's `append_new`.
pub type Sink<'a> = &'a mut dyn FnMut(Vec<Event>) -> Result<Vec<bool>, SinkError>;

/// Why a sink did not take a batch.
pub type SinkError = Box<dyn std::error::Error + Send + Sync>;

/// What an import brought. Accepted, duplicates and rejected add up to what was read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Report {
    /// Messages or visits that are new.
    pub accepted: u64,
    /// Messages or visits that were there from an earlier import.
    pub duplicates: u64,
    /// What was not taken, why and where.
    pub rejected: Rejections,
    /// Bytes read, as they are on disk.
    pub bytes: u64,
}

impl Report {
    /// How many messages, lines or files were read in all.
    pub fn read(&self) -> u64 {
        self.accepted + self.duplicates + self.rejected.total()
    }
}

/// How far an import has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Bytes read, as they are on disk.
    pub bytes: u64,
    /// Bytes on disk in all.
    pub size: u64,
    /// Messages or lines read.
    pub read: u64,
}

/// An import that stopped before its end. What came before is in the journal; running it again goes on from there.
#[derive(Debug, thiserror::Error)]
#[error("{cause} (before that: {} new, {} already there, {} rejected)", report.accepted, report.duplicates, report.rejected.total())]
pub struct ImportError {
    /// Why.
    pub cause: Cause,
    /// What had been done by then.
    pub report: Report,
}

/// Why an import stopped.
#[derive(Debug, thiserror::Error)]
pub enum Cause {
    /// The source can't be read to its end: it isn't there, is cut short or unpacks to more than the limit.
    #[error("{}: {error}; see that the file is whole and readable, then run the same command again", path.display())]
    Read {
        /// The source.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// The address named as recipient is none.
    #[error("{0:?} is not an address; write it as name@domain")]
    Recipient(String),
    /// The journal did not take the events.
    #[error("{0}; mend that and run the same command again")]
    Sink(SinkError),
}
