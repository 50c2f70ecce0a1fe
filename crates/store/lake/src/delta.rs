//! One Delta table: made if it isn't there, loaded, appended to with the journal position in the same commit.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use deltalake::arrow::datatypes::Schema;
use deltalake::kernel::engine::arrow_conversion::TryIntoKernel;
use deltalake::kernel::transaction::{CommitBuilder, CommitProperties};
use deltalake::kernel::{Action, Add, StructField, StructType, Transaction};
use deltalake::protocol::{DeltaOperation, SaveMode};
use deltalake::{DeltaResult, DeltaTable, DeltaTableBuilder, TableProperty, ensure_table_uri};
use journal::Position;
use parking_lot::RwLock;

use crate::{CONSUMER, LakeError, Table};

/// The partition column.
pub const PARTITION: &str = "day";

/// A table as of one commit, and the journal position that the commits up to it reach.
#[derive(Clone)]
pub struct Committed {
    /// The table at that version.
    pub delta: DeltaTable,
    /// All rows of the table's events up to here are in it, and none past it.
    pub position: Position,
}

/// A table whose state is kept and moved forward, so that nobody reads the log from its beginning twice.
pub struct Store {
    table: Table,
    folder: PathBuf,
    state: RwLock<Committed>,
    doubtful: AtomicBool,
}

impl Store {
    /// Opens the table in `root`, or makes it.
    pub async fn open(root: &Path, table: Table) -> Result<Self, LakeError> {
        let folder = root.join(table.name());
        std::fs::create_dir_all(&folder)
            .map_err(|source| LakeError::Folder { path: folder.display().to_string(), source })?;
        let delta = load_or_create(&folder, table).await.map_err(LakeError::of(table))?;
        let delta = with_all_columns(delta, table).await?;
        let position = position_of(&delta).await.map_err(LakeError::of(table))?;
        Ok(Self { table, folder, state: RwLock::new(Committed { delta, position }), doubtful: AtomicBool::new(false) })
    }

    /// Which table it is.
    pub fn table(&self) -> Table {
        self.table
    }

    /// Its folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The newest state known here.
    pub fn committed(&self) -> Committed {
        self.state.read().clone()
    }

    /// The newest state, read again if the last commit failed: it may have happened all the same, since what follows it
    /// (a checkpoint) can fail too. Who didn't know would write the same rows a second time.
    pub async fn certain(&self) -> Result<Committed, LakeError> {
        if self.doubtful.load(Ordering::Acquire) {
            self.refresh().await?;
        }
        Ok(self.committed())
    }

    /// Appends files and moves the table's position to `position`, in one commit. Returns the commit's version.
    pub async fn append(&self, adds: Vec<Add>, position: Position) -> Result<u64, LakeError> {
        let Committed { delta, .. } = self.committed();
        let version = i64::try_from(position.0).unwrap_or(i64::MAX);
        let properties = CommitProperties::default()
            .with_application_transaction(Transaction::new_with_last_update(CONSUMER, version, None));
        let operation = DeltaOperation::Write {
            mode: SaveMode::Append,
            partition_by: Some(vec![PARTITION.to_owned()]),
            predicate: None,
        };
        let actions = adds.into_iter().map(Action::Add).collect();
        self.commit(&delta, properties, actions, operation, Some(position)).await
    }

    /// Commits these actions against the state of `delta`. `position` is the table's new position, if it moves.
    pub async fn commit(
        &self,
        delta: &DeltaTable,
        properties: CommitProperties,
        actions: Vec<Action>,
        operation: DeltaOperation,
        position: Option<Position>,
    ) -> Result<u64, LakeError> {
        let done = self.try_commit(delta, properties, actions, operation, position).await;
        if done.is_err() {
            self.doubtful.store(true, Ordering::Release);
        }
        done.map_err(LakeError::of(self.table))
    }

    async fn try_commit(
        &self,
        delta: &DeltaTable,
        properties: CommitProperties,
        actions: Vec<Action>,
        operation: DeltaOperation,
        position: Option<Position>,
    ) -> DeltaResult<u64> {
        let commit = CommitBuilder::from(properties).with_actions(actions);
        let done = commit.build(Some(delta.snapshot()?), delta.log_store(), operation).await?;
        let mut delta = delta.clone();
        delta.state = Some(done.snapshot());
        match position {
            Some(position) => self.advance(Committed { delta, position }),
            // Others may have moved the position between the state committed against and this commit.
            None => self.advance(with_position(delta).await?),
        }
        Ok(done.version())
    }

    /// Reads what others have committed since.
    pub async fn refresh(&self) -> Result<(), LakeError> {
        // First the doubt, then the log: a commit that fails while the log is being read leaves its doubt standing.
        self.doubtful.store(false, Ordering::Release);
        let refreshed = self.try_refresh().await;
        if refreshed.is_err() {
            self.doubtful.store(true, Ordering::Release);
        }
        refreshed.map_err(LakeError::of(self.table))
    }

    async fn try_refresh(&self) -> DeltaResult<()> {
        let mut delta = self.committed().delta;
        delta.update_state().await?;
        self.advance(with_position(delta).await?);
        Ok(())
    }

    fn advance(&self, newer: Committed) {
        let mut state = self.state.write();
        if newer.delta.version() >= state.delta.version() {
            *state = newer;
        }
    }
}

async fn with_position(delta: DeltaTable) -> DeltaResult<Committed> {
    let position = position_of(&delta).await?;
    Ok(Committed { delta, position })
}

async fn position_of(delta: &DeltaTable) -> DeltaResult<Position> {
    let version = delta.snapshot()?.transaction_version(delta.log_store().as_ref(), CONSUMER).await?;
    Ok(Position(version.and_then(|version| u64::try_from(version).ok()).unwrap_or_default()))
}

async fn load_or_create(folder: &Path, table: Table) -> DeltaResult<DeltaTable> {
    let url = ensure_table_uri(folder.to_string_lossy())?;
    let mut delta = DeltaTableBuilder::from_url(url)?.build()?;
    if delta.verify_deltatable_existence().await? {
        delta.load().await?;
        return Ok(delta);
    }
    let columns = delta_columns(table)?;
    delta
        .create()
        .with_table_name(table.name())
        .with_columns(columns)
        .with_partition_columns([PARTITION])
        .with_configuration_property(TableProperty::CheckpointInterval, Some("50"))
        .with_configuration_property(TableProperty::LogRetentionDuration, Some("interval 1 days"))
        .with_configuration_property(TableProperty::DeletedFileRetentionDuration, Some("interval 1 hours"))
        .with_configuration_property(TableProperty::DataSkippingStatsColumns, Some(table.skipped_by()))
        .await
}

fn delta_columns(table: Table) -> DeltaResult<Vec<StructField>> {
    let schema: &Schema = &table.schema();
    let columns: StructType = schema.try_into_kernel()?;
    Ok(columns.fields().cloned().collect())
}

/// A table that an earlier version made gets the columns that came since; its old rows have null there.
async fn with_all_columns(delta: DeltaTable, table: Table) -> Result<DeltaTable, LakeError> {
    let of = LakeError::of(table);
    let present: HashSet<String> =
        delta.snapshot().map_err(&of)?.schema().fields().map(|field| field.name().clone()).collect();
    let wanted = delta_columns(table).map_err(&of)?;
    if let Some(extra) = present.iter().find(|name| wanted.iter().all(|field| field.name() != *name)) {
        let problem =
            format!("has a column {extra:?} that this version does not know; use the newer version that made it");
        return Err(LakeError::Schema { table, problem });
    }
    let missing: Vec<StructField> = wanted.into_iter().filter(|field| !present.contains(field.name())).collect();
    if missing.is_empty() {
        return Ok(delta);
    }
    delta.add_columns().with_fields(missing).await.map_err(&of)
}
