//! A table and its tail as one: what a question sees.
//!
//! The tail is looked at first and the table after it. A row that a flush moves meanwhile is then in both or in the
//! table, never in neither; and of the tail only rows past the table's position are taken, so never twice.

use std::sync::Arc;

use datafusion::common::Result as EngineResult;
use datafusion::datasource::{MemTable, TableProvider};
use datafusion::datasource::{ViewTable, provider_as_source};
use datafusion::logical_expr::{LogicalPlanBuilder, UNNAMED_TABLE};
use deltalake::arrow::array::RecordBatch;
use deltalake::arrow::compute::cast;
use deltalake::arrow::datatypes::SchemaRef;
use journal::Position;

use crate::tail::{Batches, between};
use crate::{Lake, LakeError, Table};

impl Lake {
    /// The rows of a table as of now, those that wait for a flush included, for a query engine to scan.
    pub async fn view(&self, table: Table) -> Result<Arc<dyn TableProvider>, LakeError> {
        let waiting = self.tail().lock().snapshot(table)?;
        let committed = self.store(table).committed();
        let provider = committed.delta.table_provider().build().await?;
        let fresh = between(&waiting, committed.position, Position(u64::MAX));
        Ok(union(Arc::new(provider), fresh)?)
    }

    /// The committed rows of a table alone.
    pub(crate) async fn committed_view(&self, table: Table) -> Result<Arc<dyn TableProvider>, LakeError> {
        Ok(Arc::new(self.store(table).committed().delta.table_provider().build().await?))
    }
}

fn union(stored: Arc<dyn TableProvider>, fresh: Batches) -> EngineResult<Arc<dyn TableProvider>> {
    if fresh.is_empty() {
        return Ok(stored);
    }
    let schema = stored.schema();
    let fresh: Vec<RecordBatch> = fresh.iter().map(|batch| conform(batch, &schema)).collect::<EngineResult<_>>()?;
    let fresh = Arc::new(MemTable::try_new(schema, vec![fresh])?);
    let fresh = LogicalPlanBuilder::scan(UNNAMED_TABLE, provider_as_source(fresh), None)?.build()?;
    let stored = LogicalPlanBuilder::scan(UNNAMED_TABLE, provider_as_source(stored), None)?;
    Ok(Arc::new(ViewTable::new(stored.union(fresh)?.build()?, None)))
}

/// The batch in the types that the table's reader gives (views of texts instead of texts, for one).
fn conform(batch: &RecordBatch, schema: &SchemaRef) -> EngineResult<RecordBatch> {
    let arrays = schema.fields().iter().map(|field| {
        let array = batch.column_by_name(field.name());
        array.map_or_else(
            || Ok(deltalake::arrow::array::new_null_array(field.data_type(), batch.num_rows())),
            |array| Ok(cast(array, field.data_type())?),
        )
    });
    Ok(RecordBatch::try_new(schema.clone(), arrays.collect::<EngineResult<_>>()?)?)
}
