//! From rows to files: by day, sorted, compressed.

use std::collections::BTreeMap;

use deltalake::DeltaTable;
use deltalake::arrow::array::{Array, AsArray};
use deltalake::arrow::compute::{interleave, interleave_record_batch, sort_to_indices};
use deltalake::arrow::datatypes::Date32Type;
use deltalake::arrow::record_batch::RecordBatch;
use deltalake::kernel::Add;
use deltalake::parquet::basic::{Compression, ZstdLevel};
use deltalake::parquet::file::properties::WriterProperties;
use deltalake::parquet::schema::types::ColumnPath;
use deltalake::writer::{DeltaWriter, RecordBatchWriter};

use crate::delta::PARTITION;
use crate::{LakeError, Table};

/// Writes the rows of these batches as one file for each day, and returns what a commit has to add.
///
/// One day is encoded after the other: years of mail imported at once touch thousands of days, and an encoder for each
/// of them would not fit in memory.
pub async fn write_files(delta: &DeltaTable, table: Table, batches: &[RecordBatch]) -> Result<Vec<Add>, LakeError> {
    let mut adds = Vec::new();
    for places in by_day(batches)?.into_values() {
        let rows = gather_sorted(table, batches, &places)?;
        let mut writer = new_writer(delta, table)?;
        writer.write(rows).await.map_err(LakeError::of(table))?;
        adds.extend(writer.flush().await.map_err(LakeError::of(table))?);
    }
    Ok(adds)
}

/// A writer of this table's files.
pub fn new_writer(delta: &DeltaTable, table: Table) -> Result<RecordBatchWriter, LakeError> {
    let writer = RecordBatchWriter::for_table(delta).map_err(LakeError::of(table))?;
    Ok(writer.with_writer_properties(properties(table)?))
}

/// Where a row is: in which batch, and where in it.
type Place = (usize, usize);

fn by_day(batches: &[RecordBatch]) -> Result<BTreeMap<i32, Vec<Place>>, LakeError> {
    let mut days: BTreeMap<i32, Vec<Place>> = BTreeMap::new();
    for (number, batch) in batches.iter().enumerate() {
        let day = batch.column_by_name(PARTITION).and_then(|array| array.as_primitive_opt::<Date32Type>());
        let day = day.ok_or_else(|| LakeError::Row("a batch has no day".to_owned()))?;
        for (row, day) in day.values().iter().enumerate() {
            days.entry(*day).or_default().push((number, row));
        }
    }
    Ok(days)
}

/// The rows in these places as one batch, sorted by the table's key.
fn gather_sorted(table: Table, batches: &[RecordBatch], places: &[Place]) -> Result<RecordBatch, LakeError> {
    let keys: Vec<&dyn Array> =
        batches.iter().filter_map(|batch| batch.column_by_name(table.sorted_by())).map(|key| key.as_ref()).collect();
    let order = sort_to_indices(&interleave(&keys, places)?, None, None)?;
    let sorted: Vec<Place> = order.values().iter().filter_map(|place| places.get(*place as usize).copied()).collect();
    let batches: Vec<&RecordBatch> = batches.iter().collect();
    Ok(interleave_record_batch(&batches, &sorted)?)
}

/// How this table's files are encoded.
///
/// Row groups are small enough that looking for one address, in a file sorted by it, decodes little. Identities and
/// digests never repeat, so a dictionary of them would only be tried in vain. Content comes in pages of few messages,
/// so that showing one message reads one page.
fn properties(table: Table) -> Result<WriterProperties, LakeError> {
    let of = |source: deltalake::parquet::errors::ParquetError| LakeError::Row(source.to_string());
    let level = if table == Table::Messages { 3 } else { 1 };
    let mut properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::try_new(level).map_err(of)?))
        .set_max_row_group_row_count(Some(if table == Table::Messages { 8 * 1024 } else { 64 * 1024 }))
        .set_data_page_row_count_limit(4 * 1024)
        .set_created_by("trapline".to_owned());
    for column in ["id", "digest", "notice_digest", "received", "transcript", "content", "header_message_id"] {
        properties = properties.set_column_dictionary_enabled(ColumnPath::from(column), false);
    }
    if table == Table::Messages {
        properties = properties.set_write_batch_size(64).set_data_page_size_limit(256 * 1024);
    }
    Ok(properties.build())
}
