//! The tail: rows that the journal has and the tables may not have yet, as Arrow batches, bounded.
//!
//! Rows come in the order of the journal. Each table has sealed batches, which never change, and one that is being
//! filled. A snapshot shares the sealed ones and copies the other, which is small. A flush writes a snapshot; when all
//! tables have it, its rows are let go.

use std::sync::Arc;

use deltalake::arrow::array::{AsArray, Int64Array};
use deltalake::arrow::datatypes::Int64Type;
use deltalake::arrow::record_batch::RecordBatch;
use journal::{Entry, Position};
use model::Judgement;

use crate::columns::RowWriter;
use crate::{LakeError, Table, rows};

/// A batch is sealed when it has this many rows, or this many bytes: small enough to copy for a query, big enough
/// that a flush handles few.
const SEAL_ROWS: usize = 2048;
const SEAL_BYTES: usize = 1 << 20;

/// The rows that wait for a flush.
pub struct Tail {
    tables: [TableTail; Table::ALL.len()],
    read_to: Position,
}

struct TableTail {
    sealed: Vec<Sealed>,
    open: RowWriter,
}

struct Sealed {
    rows: RecordBatch,
    last: Position,
    bytes: usize,
}

/// Rows of one table in the order of the journal.
pub type Batches = Vec<RecordBatch>;

impl Tail {
    /// An empty tail of a reader that has read the journal up to `position`.
    pub fn new(position: Position) -> Self {
        let tables = Table::ALL.map(|table| TableTail { sealed: Vec::new(), open: RowWriter::new(table.columns()) });
        Self { tables, read_to: position }
    }

    /// The last entry taken in.
    pub fn read_to(&self) -> Position {
        self.read_to
    }

    /// Takes an entry in. Entries not past [`Tail::read_to`] are in it already and left out.
    pub fn push(&mut self, entry: &Entry, judgement: Option<&Judgement>) -> Result<(), LakeError> {
        if entry.position <= self.read_to {
            return Ok(());
        }
        let mut sealed = Ok(());
        rows::write(entry, judgement, |table, write| {
            let tail = &mut self.tables[table.index()];
            write(&mut tail.open);
            if tail.open.rows() >= SEAL_ROWS || tail.open.bytes() >= SEAL_BYTES {
                sealed = tail.seal(entry.position);
            }
        });
        self.read_to = entry.position;
        sealed
    }

    /// Rows that wait, of all tables.
    pub fn rows(&self) -> usize {
        self.tables.iter().map(TableTail::rows).sum()
    }

    /// Bytes of text and content that wait, of all tables.
    pub fn bytes(&self) -> usize {
        self.tables.iter().map(TableTail::bytes).sum()
    }

    /// All rows of a table that wait, as of now.
    pub fn snapshot(&self, table: Table) -> Result<Batches, LakeError> {
        let tail = &self.tables[table.index()];
        let mut batches: Batches = tail.sealed.iter().map(|sealed| sealed.rows.clone()).collect();
        if tail.open.rows() > 0 {
            batches.push(tail.open.batch()?);
        }
        Ok(batches)
    }

    /// Seals what is open, so that a flush can take all rows up to [`Tail::read_to`] without copying.
    pub fn seal(&mut self) -> Result<(), LakeError> {
        let read_to = self.read_to;
        self.tables.iter_mut().filter(|tail| tail.open.rows() > 0).try_for_each(|tail| tail.seal(read_to))
    }

    /// Lets go of all that was sealed by `position`: the tables have it.
    pub fn drop_through(&mut self, position: Position) {
        for tail in &mut self.tables {
            tail.sealed.retain(|sealed| sealed.last > position);
        }
    }
}

impl TableTail {
    fn seal(&mut self, last: Position) -> Result<(), LakeError> {
        let bytes = self.open.bytes();
        self.sealed.push(Sealed { rows: self.open.take()?, last, bytes });
        Ok(())
    }

    fn rows(&self) -> usize {
        self.open.rows() + self.sealed.iter().map(|sealed| sealed.rows.num_rows()).sum::<usize>()
    }

    fn bytes(&self) -> usize {
        self.open.bytes() + self.sealed.iter().map(|sealed| sealed.bytes).sum::<usize>()
    }
}

/// The rows of these batches past `after` and up to `through`, sharing memory with them.
pub fn between(batches: &[RecordBatch], after: Position, through: Position) -> Batches {
    let cut = |batch: &RecordBatch| {
        let positions = positions(batch)?;
        let begin = positions.values().partition_point(|position| at_most(*position, after));
        let end = positions.values().partition_point(|position| at_most(*position, through));
        (begin < end).then(|| batch.slice(begin, end - begin))
    };
    batches.iter().filter_map(cut).collect()
}

fn positions(batch: &RecordBatch) -> Option<&Int64Array> {
    batch.column_by_name("journal_position")?.as_primitive_opt::<Int64Type>()
}

fn at_most(position: i64, bound: Position) -> bool {
    u64::try_from(position).unwrap_or_default() <= bound.0
}

/// What several readers share: the tail behind a lock that is held only for as long as a row is taken in.
pub type SharedTail = Arc<parking_lot::Mutex<Tail>>;
