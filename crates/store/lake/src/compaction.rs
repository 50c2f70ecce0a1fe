//! Few big files instead of many small ones, and letting go of what is past its retention.
//!
//! Both are commits like any other: a question that runs meanwhile goes on reading the files of the version it began
//! with, which stay on disk for an hour after the commit that replaced them. A flush that commits meanwhile does not
//! conflict, since it only adds; where a commit conflicts all the same, it is planned and tried again.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use datafusion::execution::memory_pool::FairSpillPool;
use datafusion::execution::runtime_env::RuntimeEnvBuilder;
use datafusion::prelude::{SessionConfig, SessionContext, col};
use deltalake::arrow::compute::cast;
use deltalake::arrow::datatypes::SchemaRef;
use deltalake::arrow::record_batch::RecordBatch;
use deltalake::checkpoints::{cleanup_metadata, create_checkpoint};
use deltalake::kernel::transaction::CommitProperties;
use deltalake::kernel::{Action, Add, LogicalFileView};
use deltalake::operations::vacuum::VacuumMode;
use deltalake::protocol::DeltaOperation;
use deltalake::writer::DeltaWriter;
use deltalake::{DeltaTable, DeltaTableError};
use futures::TryStreamExt;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::delta::{PARTITION, Store};
use crate::rows::shared::day_of;
use crate::{Lake, LakeError, Table, encode};

/// For how many days each table's rows are kept. For ever, unless said otherwise.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Retention {
    days: BTreeMap<Table, u32>,
}

impl Retention {
    /// Everything is kept.
    pub fn forever() -> Self {
        Self::default()
    }

    /// This table's rows are kept for this many days after the event's own day.
    #[must_use]
    pub fn keep(mut self, table: Table, days: u32) -> Self {
        self.days.insert(table, days);
        self
    }

    /// The last day that is over at `now`, as days since 1970-01-01; `None` if none ever is.
    fn last_over(&self, table: Table, now: Timestamp) -> Option<i32> {
        let days = i32::try_from(*self.days.get(&table)?).unwrap_or(i32::MAX);
        Some(day_of(now).saturating_sub(days).saturating_sub(1))
    }
}

/// What a compaction did, table by table.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Compacted {
    /// One for each table.
    pub tables: Vec<TableCompacted>,
}

/// What a compaction did to one table.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct TableCompacted {
    /// Which.
    pub table: Table,
    /// Files before.
    pub files_before: usize,
    /// Files after.
    pub files_after: usize,
    /// Bytes of those files before.
    pub bytes_before: u64,
    /// Bytes of those files after.
    pub bytes_after: u64,
    /// Days that were past their retention and are gone.
    pub days_dropped: usize,
    /// Files of earlier versions that were deleted from disk.
    pub files_deleted: usize,
}

/// Files that no version since then has are deleted from disk after this long. No question may run for longer.
const GRACE: Duration = Duration::from_secs(3600);

/// A file of this size is big enough, and is not written again.
const BIG: u64 = 256 << 20;

/// A sort holds at most this much in memory; more goes to temporary files.
const MEMORY: usize = 128 << 20;

/// How often a commit that conflicts is planned and tried again.
const TRIES: usize = 5;

impl Lake {
    /// Makes few big files of many small ones, lets go of days past their retention, writes a checkpoint of each
    /// table's log, and deletes files that no version of the last hour has. `now` is what retention counts from.
    pub async fn compact(&self, retention: &Retention, now: Timestamp) -> Result<Compacted, LakeError> {
        self.compact_with_grace(retention, now, GRACE).await
    }

    /// As [`Lake::compact`], but files that no version since `grace` ago has are deleted. With less than the time that
    /// the longest question or flush takes, it fails those that run: only for a lake that nobody else uses.
    pub async fn compact_with_grace(
        &self,
        retention: &Retention,
        now: Timestamp,
        grace: Duration,
    ) -> Result<Compacted, LakeError> {
        let mut compacted = Compacted::default();
        for table in Table::ALL {
            let store = self.store(table);
            store.refresh().await?;
            let (files_before, bytes_before) = files(store)?;
            let days_dropped = drop_days(store, retention.last_over(table, now)).await?;
            merge_days(store).await?;
            let (files_after, bytes_after) = files(store)?;
            let files_deleted = tidy(store, grace).await.map_err(LakeError::of(table))?;
            store.refresh().await?;
            compacted.tables.push(TableCompacted {
                table,
                files_before,
                files_after,
                bytes_before,
                bytes_after,
                days_dropped,
                files_deleted,
            });
        }
        Ok(compacted)
    }
}

/// A table's files and their bytes.
fn files(store: &Store) -> Result<(usize, u64), LakeError> {
    let views = active_files(store.table(), &store.committed().delta)?;
    let bytes = views.iter().map(size).sum();
    Ok((views.len(), bytes))
}

fn active_files(table: Table, delta: &DeltaTable) -> Result<Vec<LogicalFileView>, LakeError> {
    Ok(delta.snapshot().map_err(LakeError::of(table))?.log_data().iter().collect())
}

fn size(file: &LogicalFileView) -> u64 {
    u64::try_from(file.size()).unwrap_or_default()
}

fn day_text(file: &LogicalFileView) -> Option<String> {
    file.partition_values_map().remove(PARTITION).flatten()
}

/// Removes the files of all days up to `last`. Returns how many days that were.
async fn drop_days(store: &Store, last: Option<i32>) -> Result<usize, LakeError> {
    let Some(last) = last.and_then(date_text) else { return Ok(0) };
    let mut dropped = 0;
    again(store, async || {
        let delta = store.committed().delta;
        // Dates as 2008-11-11 sort as text.
        let over = |file: &LogicalFileView| day_text(file).is_some_and(|day| day <= last);
        let gone: Vec<LogicalFileView> = active_files(store.table(), &delta)?.into_iter().filter(over).collect();
        dropped = gone.iter().filter_map(day_text).collect::<std::collections::BTreeSet<_>>().len();
        if gone.is_empty() {
            return Ok(());
        }
        let actions = gone.iter().map(|file| Action::Remove(file.remove_action(true))).collect();
        let operation = DeltaOperation::Delete { predicate: Some(format!("{PARTITION} <= '{last}'")) };
        store.commit(&delta, CommitProperties::default(), actions, operation, None).await?;
        Ok(())
    })
    .await?;
    Ok(dropped)
}

fn date_text(days: i32) -> Option<String> {
    let epoch = jiff::civil::date(1970, 1, 1);
    Some(epoch.checked_add(jiff::Span::new().try_days(days).ok()?).ok()?.to_string())
}

/// Writes the files of each day that has several small ones as one, sorted.
async fn merge_days(store: &Store) -> Result<(), LakeError> {
    let mut days: BTreeMap<String, usize> = BTreeMap::new();
    let delta = store.committed().delta;
    for day in active_files(store.table(), &delta)?.iter().filter(|file| size(file) < BIG).filter_map(day_text) {
        *days.entry(day).or_default() += 1;
    }
    for day in days.into_iter().filter(|(_, files)| *files > 1).map(|(day, _)| day) {
        again(store, async || merge_day(store, &day).await).await?;
    }
    Ok(())
}

async fn merge_day(store: &Store, day: &str) -> Result<(), LakeError> {
    let table = store.table();
    let delta = store.committed().delta;
    let small = |file: &LogicalFileView| size(file) < BIG && day_text(file).as_deref() == Some(day);
    let old: Vec<LogicalFileView> = active_files(table, &delta)?.into_iter().filter(small).collect();
    if old.len() < 2 {
        return Ok(());
    }
    let adds = rewrite(&delta, table, &old).await?;
    let removes = old.iter().map(|file| Action::Remove(file.remove_action(false)));
    let actions = removes.chain(adds.into_iter().map(Action::Add)).collect();
    let predicate = Some(format!("[\"{PARTITION} = '{day}'\"]"));
    let operation = DeltaOperation::Optimize { predicate, target_size: i64::try_from(BIG).unwrap_or(i64::MAX) };
    store.commit(&delta, CommitProperties::default(), actions, operation, None).await?;
    Ok(())
}

/// The rows of these files of one day in one new file, sorted.
async fn rewrite(delta: &DeltaTable, table: Table, old: &[LogicalFileView]) -> Result<Vec<Add>, LakeError> {
    let of = LakeError::of(table);
    let provider =
        delta.table_provider().build().await?.with_file_paths(old.iter().map(|file| file.path().into_owned()));
    let runtime = RuntimeEnvBuilder::new().with_memory_pool(Arc::new(FairSpillPool::new(MEMORY))).build_arc()?;
    let config = SessionConfig::new().with_target_partitions(1).with_batch_size(1024);
    let session = SessionContext::new_with_config_rt(config, runtime);
    let rows = session.read_table(Arc::new(provider))?.sort(vec![col(table.sorted_by()).sort(true, false)])?;
    let mut rows = rows.execute_stream().await?;
    let mut writer = encode::new_writer(delta, table)?;
    let schema = table.schema();
    while let Some(batch) = rows.try_next().await? {
        writer.write(as_written(&batch, &schema)?).await.map_err(&of)?;
    }
    let mut adds = writer.flush().await.map_err(&of)?;
    // The rows are the same as before: who follows the table's changes has nothing to look at.
    adds.iter_mut().for_each(|add| add.data_change = false);
    Ok(adds)
}

/// The batch in the types that files have, whatever types the engine gave.
fn as_written(batch: &RecordBatch, schema: &SchemaRef) -> Result<RecordBatch, LakeError> {
    let columns = schema.fields().iter().map(|field| {
        let array = batch.column_by_name(field.name());
        let array = array.ok_or_else(|| LakeError::Row(format!("column {} is missing", field.name())))?;
        Ok(cast(array, field.data_type())?)
    });
    Ok(RecordBatch::try_new(schema.clone(), columns.collect::<Result<_, LakeError>>()?)?)
}

/// Checkpoints the log, lets go of log entries that the checkpoint makes needless, and deletes files that no version
/// since `grace` ago has: those replaced, and those of flushes that never came to a commit. Returns how many files.
async fn tidy(store: &Store, grace: Duration) -> Result<usize, DeltaTableError> {
    let delta = store.committed().delta;
    create_checkpoint(&delta, None).await?;
    cleanup_metadata(&delta, None).await?;
    let grace = chrono::Duration::from_std(grace).unwrap_or(chrono::Duration::MAX);
    let vacuum = delta.vacuum().with_mode(VacuumMode::Full).with_enforce_retention_duration(false);
    let (_, metrics) = vacuum.with_retention_period(grace).await?;
    Ok(metrics.files_deleted.len())
}

/// Does this; if its commit conflicts with another's, reads the table again and does it anew.
async fn again(store: &Store, mut step: impl AsyncFnMut() -> Result<(), LakeError>) -> Result<(), LakeError> {
    for _ in 1..TRIES {
        match step().await {
            Err(LakeError::Delta { source, .. }) if is_conflict(&source) => store.refresh().await?,
            done => return done,
        }
    }
    step().await
}

fn is_conflict(error: &DeltaTableError) -> bool {
    use deltalake::kernel::transaction::TransactionError;
    matches!(
        error,
        DeltaTableError::Transaction {
            source: TransactionError::CommitConflict(_) | TransactionError::MaxCommitAttempts(_)
        }
    )
}
