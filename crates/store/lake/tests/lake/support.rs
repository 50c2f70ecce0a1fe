//! A lake in a folder of its own, a journal beside it, and counting.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use datafusion::arrow::array::AsArray;
use datafusion::arrow::datatypes::Int64Type;
use datafusion::prelude::SessionContext;
use journal::{Journal, MemoryJournal};
use lake::{Lake, LakeWriter, Table, WriterOptions};
use model::Event;
use tempfile::TempDir;

use crate::events;

pub struct Bench {
    pub folder: TempDir,
    pub journal: Arc<MemoryJournal>,
}

impl Bench {
    pub fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), journal: Arc::new(MemoryJournal::new()) }
    }

    pub async fn append(&self, events: Vec<Event>) {
        self.journal.append(events).await.unwrap();
    }

    /// A lake and its writer, as after a start of the program.
    pub async fn start(&self, options: WriterOptions) -> (Arc<Lake>, LakeWriter) {
        let lake = Lake::open(self.folder.path()).await.unwrap();
        let writer = LakeWriter::new(lake.clone(), self.journal.clone(), Arc::new(events::judge), options);
        (lake, writer.await.unwrap())
    }

    pub fn table(&self, table: Table) -> PathBuf {
        self.folder.path().join(table.name())
    }
}

/// Flushes come only when they are asked for.
pub fn by_hand() -> WriterOptions {
    WriterOptions { flush_rows: 1_000_000, flush_bytes: 1 << 30, flush_after: Duration::from_secs(86_400) }
}

/// The number that a question about one table gives.
pub async fn number(lake: &Lake, table: Table, sql: &str) -> i64 {
    let session = SessionContext::new();
    session.register_table("t", lake.view(table).await.unwrap()).unwrap();
    let batches = session.sql(sql).await.unwrap().collect().await.unwrap();
    let values = batches.iter().find(|batch| batch.num_rows() > 0).unwrap().column(0).clone();
    values.as_primitive::<Int64Type>().value(0)
}

/// Rows of each table, and how many different ids they have.
pub async fn counts(lake: &Lake) -> BTreeMap<Table, (i64, i64)> {
    let mut counts = BTreeMap::new();
    for table in Table::ALL {
        let rows = number(lake, table, "select count(*) from t").await;
        let ids = number(lake, table, "select count(distinct id) from t").await;
        counts.insert(table, (rows, ids));
    }
    counts
}

/// The counts that these events must give, if each is counted once.
pub fn expected(events: &[Event]) -> BTreeMap<Table, (i64, i64)> {
    let mut counts: BTreeMap<Table, (i64, i64)> = Table::ALL.into_iter().map(|table| (table, (0, 0))).collect();
    let mut add = |table: Table, rows: usize| {
        let rows = i64::try_from(rows).unwrap();
        let count = counts.get_mut(&table).unwrap();
        *count = (count.0 + rows, count.1 + rows);
    };
    for event in events {
        match event {
            Event::Visit(_) => add(Table::Visits, 1),
            Event::Post(_) => add(Table::Posts, 1),
            Event::Session(_) => add(Table::Sessions, 1),
            Event::Probe(_) => add(Table::Probes, 1),
            Event::Message(message) => {
                add(Table::Messages, 1);
                add(Table::Deliveries, message.deliveries.len());
            }
        }
    }
    counts
}

/// A table that cannot be written, as on a disk that fails: until this is dropped.
pub struct Broken {
    table: PathBuf,
    aside: PathBuf,
}

pub fn break_table(table: &Path) -> Broken {
    let aside = table.with_extension("aside");
    std::fs::rename(table, &aside).unwrap();
    std::fs::write(table, "not a folder").unwrap();
    Broken { table: table.to_path_buf(), aside }
}

impl Drop for Broken {
    fn drop(&mut self) {
        std::fs::remove_file(&self.table).unwrap();
        std::fs::rename(&self.aside, &self.table).unwrap();
    }
}

/// Data files of a table on disk.
pub fn data_files(table: &Path) -> usize {
    let folders = std::fs::read_dir(table).unwrap().map(|entry| entry.unwrap().path());
    let days = folders.filter(|path| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("day=")));
    days.map(|day| std::fs::read_dir(day).unwrap().count()).sum()
}
