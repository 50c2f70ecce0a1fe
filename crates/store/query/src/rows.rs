//! The answer to a question.

use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::datatypes::SchemaRef;
use serde_json::Value;

use crate::QueryError;
use crate::value::Readable;

/// The answer to a question: named columns and rows of values.
#[derive(Clone, Debug)]
pub struct Rows {
    schema: SchemaRef,
    batches: Vec<RecordBatch>,
    rows: usize,
    bytes: usize,
    cut: bool,
}

impl Rows {
    pub(crate) fn new(schema: SchemaRef) -> Self {
        Self { schema, batches: Vec::new(), rows: 0, bytes: 0, cut: false }
    }

    /// Takes rows in up to the bounds. Returns whether there is room for more.
    pub(crate) fn take(&mut self, batch: RecordBatch, rows: usize, bytes: usize) -> bool {
        let room = rows.saturating_sub(self.rows);
        self.cut = batch.num_rows() > room || (self.bytes > bytes && batch.num_rows() > 0);
        if self.bytes > bytes {
            return false;
        }
        let batch = batch.slice(0, batch.num_rows().min(room));
        self.rows += batch.num_rows();
        self.bytes += batch.get_array_memory_size();
        if batch.num_rows() > 0 {
            self.batches.push(batch);
        }
        !self.cut
    }

    /// The names of the columns, in order.
    pub fn columns(&self) -> Vec<String> {
        self.schema.fields().iter().map(|field| field.name().clone()).collect()
    }

    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.rows
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.rows == 0
    }

    /// Whether there would have been more than the limits allow.
    pub fn is_cut(&self) -> bool {
        self.cut
    }

    /// The rows as Arrow has them.
    pub fn batches(&self) -> &[RecordBatch] {
        &self.batches
    }

    /// Each row as JSON values, one a column. Times are RFC 3339; bytes are text where they are UTF-8, and otherwise `\x`
    /// and hexadecimal digits.
    ///
    /// # Errors
    /// If a value is of a type that cannot be shown.
    pub fn to_json_rows(&self) -> Result<Vec<Vec<Value>>, QueryError> {
        let mut all = Vec::with_capacity(self.rows);
        for batch in &self.batches {
            let columns = batch.columns().iter().map(Readable::of).collect::<Result<Vec<_>, _>>()?;
            for row in 0..batch.num_rows() {
                all.push(columns.iter().map(|column| column.value(row)).collect::<Result<_, _>>()?);
            }
        }
        Ok(all)
    }

    /// Each row as texts to print, one a column: as in [`Rows::to_json_rows`], but bare. Null is the empty text.
    ///
    /// # Errors
    /// If a value is of a type that cannot be shown.
    pub fn to_text_rows(&self) -> Result<Vec<Vec<String>>, QueryError> {
        let text = |value: Value| match value {
            Value::Null => String::new(),
            Value::String(text) => text,
            other => other.to_string(),
        };
        Ok(self.to_json_rows()?.into_iter().map(|row| row.into_iter().map(text).collect()).collect())
    }

    /// The bytes in a row and a column of bytes, as they are. `None` if there are none.
    pub fn bytes(&self, row: usize, column: usize) -> Option<Vec<u8>> {
        let mut row = row;
        for batch in &self.batches {
            if row < batch.num_rows() {
                return Readable::of(batch.columns().get(column)?).ok()?.bytes(row).map(<[u8]>::to_vec);
            }
            row -= batch.num_rows();
        }
        None
    }
}
