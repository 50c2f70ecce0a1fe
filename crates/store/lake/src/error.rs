//! What can go wrong in the lake, in words that name the mend.

use datafusion::error::DataFusionError;
use deltalake::DeltaTableError;
use deltalake::arrow::error::ArrowError;

use crate::Table;

/// Why the lake could not be read or written. Nothing is half done: a commit is whole or it isn't there.
#[derive(Debug, thiserror::Error)]
pub enum LakeError {
    /// The folder cannot be used.
    #[error("the lake's folder {path} cannot be used: {source}")]
    Folder {
        /// The folder.
        path: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// A table could not be read or written. A full disk comes as this too; it passes when there is room again.
    #[error("table {table} of the lake: {source}")]
    Delta {
        /// Which table.
        table: Table,
        /// What the table format's library said.
        source: Box<DeltaTableError>,
    },
    /// A table is not as this version of Trapline writes it.
    #[error("table {table} of the lake {problem}")]
    Schema {
        /// Which table.
        table: Table,
        /// What is different, and what to do.
        problem: String,
    },
    /// The journal is not the one that this lake was written from.
    #[error(
        "the lake holds events up to journal position {lake}, but the journal ends at {journal}: it is not the journal \
         this lake was written from. Put that journal back, or give the new one a lake folder of its own"
    )]
    OtherJournal {
        /// The furthest position in the lake.
        lake: u64,
        /// The journal's end.
        journal: u64,
    },
    /// The journal could not be read.
    #[error(transparent)]
    Read(#[from] journal::ReadError),
    /// The journal could not be told what the lake has.
    #[error(transparent)]
    Acknowledge(#[from] journal::AppendError),
    /// Reading rows back failed.
    #[error("reading the lake: {0}")]
    Query(Box<DataFusionError>),
    /// A row could not be made or read.
    #[error("a row of the lake: {0}")]
    Row(String),
    /// A task was stopped, as happens when the process ends.
    #[error("stopped")]
    Stopped,
}

impl LakeError {
    /// For `map_err`: an error of this table.
    pub(crate) fn of(table: Table) -> impl Fn(DeltaTableError) -> Self {
        move |source| Self::Delta { table, source: Box::new(source) }
    }
}

impl From<DataFusionError> for LakeError {
    fn from(source: DataFusionError) -> Self {
        Self::Query(Box::new(source))
    }
}

impl From<ArrowError> for LakeError {
    fn from(source: ArrowError) -> Self {
        Self::Row(source.to_string())
    }
}
