//! Writing rows: one builder a column, filled in the order of the columns.

use std::fmt::{Display, Write as _};

use deltalake::arrow::array::{
    ArrayBuilder, ArrayRef, BinaryBuilder, BooleanBuilder, Date32Builder, Int64Builder, ListBuilder, StringBuilder,
    StructBuilder, TimestampMicrosecondBuilder,
};
use deltalake::arrow::datatypes::{DataType, SchemaRef};
use deltalake::arrow::record_batch::RecordBatch;
use jiff::Timestamp;
use jiff::civil::Date;

use super::{Column, Kind, data_type, element, fields, schema};
use crate::LakeError;

enum Builder {
    Text(StringBuilder),
    Whole(Int64Builder),
    Flag(BooleanBuilder),
    Time(TimestampMicrosecondBuilder),
    Day(Date32Builder),
    Bytes(BinaryBuilder),
    Texts(ListBuilder<StringBuilder>),
    Records(ListBuilder<StructBuilder>),
}

/// Builds a batch row by row. Each row gives a value for each column, in the columns' order; a value of another kind
/// than its column's is a mistake in a row's code, and spoils the batch: [`RowWriter::batch`] and [`RowWriter::take`] then fail.
pub struct RowWriter {
    schema: SchemaRef,
    builders: Vec<Builder>,
    next: usize,
    rows: usize,
    bytes: usize,
    spoilt: bool,
}

impl RowWriter {
    /// No rows yet.
    pub fn new(columns: &'static [Column]) -> Self {
        let schema = schema(columns);
        let builders = columns.iter().map(|column| builder(column.kind)).collect();
        Self { schema, builders, next: 0, rows: 0, bytes: 0, spoilt: false }
    }

    /// Rows ended so far.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Bytes of text and content taken so far: what counts when memory is bounded.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// A text.
    pub fn text(&mut self, value: &str) {
        self.opt_text(Some(value));
    }

    /// A text or nothing.
    pub fn opt_text(&mut self, value: Option<&str>) {
        self.bytes += value.map_or(0, str::len);
        match self.column() {
            Some(Builder::Text(builder)) => builder.append_option(value),
            _ => self.spoilt = true,
        }
    }

    /// A value as text, formatted in place.
    pub fn display(&mut self, value: impl Display) {
        self.opt_display(Some(value));
    }

    /// A value as text, or nothing.
    pub fn opt_display(&mut self, value: Option<impl Display>) {
        self.bytes += 16;
        match (self.column(), value) {
            (Some(Builder::Text(builder)), Some(value)) => {
                let written = write!(builder, "{value}");
                builder.append_value("");
                self.spoilt |= written.is_err();
            }
            (Some(Builder::Text(builder)), None) => builder.append_null(),
            _ => self.spoilt = true,
        }
    }

    /// A digest as lower-case hexadecimal text, or nothing.
    pub fn opt_hex(&mut self, value: Option<&[u8; 32]>) {
        self.opt_display(value.map(Hex));
    }

    /// A whole number.
    pub fn whole(&mut self, value: impl Into<i64>) {
        self.opt_whole(Some(value));
    }

    /// A whole number or nothing.
    pub fn opt_whole(&mut self, value: Option<impl Into<i64>>) {
        match self.column() {
            Some(Builder::Whole(builder)) => builder.append_option(value.map(Into::into)),
            _ => self.spoilt = true,
        }
    }

    /// A count, which fits because nothing counts that far.
    pub fn count(&mut self, value: u64) {
        self.whole(i64::try_from(value).unwrap_or(i64::MAX));
    }

    /// True or false.
    pub fn flag(&mut self, value: bool) {
        match self.column() {
            Some(Builder::Flag(builder)) => builder.append_value(value),
            _ => self.spoilt = true,
        }
    }

    /// A time.
    pub fn time(&mut self, value: Timestamp) {
        self.opt_time(Some(value));
    }

    /// A time or nothing.
    pub fn opt_time(&mut self, value: Option<Timestamp>) {
        match self.column() {
            Some(Builder::Time(builder)) => builder.append_option(value.map(|at| at.as_microsecond())),
            _ => self.spoilt = true,
        }
    }

    /// A day, as days since 1970-01-01, or nothing.
    pub fn opt_day(&mut self, value: Option<i32>) {
        match self.column() {
            Some(Builder::Day(builder)) => builder.append_option(value),
            _ => self.spoilt = true,
        }
    }

    /// A calendar date or nothing.
    pub fn opt_date(&mut self, value: Option<Date>) {
        self.opt_day(value.map(days_since_epoch));
    }

    /// Bytes as they came.
    pub fn bytes_value(&mut self, value: &[u8]) {
        self.bytes += value.len();
        match self.column() {
            Some(Builder::Bytes(builder)) => builder.append_value(value),
            _ => self.spoilt = true,
        }
    }

    /// Texts, in order; `None` for nothing at all.
    pub fn texts<T: AsRef<str>>(&mut self, values: Option<impl IntoIterator<Item = T>>) {
        let mut bytes = 0;
        match (self.column(), values) {
            (Some(Builder::Texts(builder)), Some(values)) => {
                for value in values {
                    bytes += value.as_ref().len();
                    builder.values().append_value(value.as_ref());
                }
                builder.append(true);
            }
            (Some(Builder::Texts(builder)), None) => builder.append(false),
            _ => self.spoilt = true,
        }
        self.bytes += bytes;
    }

    /// Records, in order: `each` gives the parts of one through the writer it is handed.
    pub fn records<T>(&mut self, values: &[T], each: impl Fn(&mut RecordWriter<'_>, &T)) {
        self.bytes += values.len() * 16;
        let mut spoilt = false;
        match self.column() {
            Some(Builder::Records(builder)) => {
                for value in values {
                    let mut record = RecordWriter { builder: builder.values(), next: 0, spoilt: false };
                    each(&mut record, value);
                    spoilt |= record.spoilt;
                    builder.values().append(true);
                }
                builder.append(true);
            }
            _ => spoilt = true,
        }
        self.spoilt |= spoilt;
    }

    /// Ends the row.
    pub fn end_row(&mut self) {
        self.spoilt |= self.next != self.builders.len();
        self.next = 0;
        self.rows += 1;
    }

    /// The rows so far as a batch; the writer keeps them.
    pub fn batch(&self) -> Result<RecordBatch, LakeError> {
        self.assemble(self.builders.iter().map(|builder| array(builder).finish_cloned()).collect())
    }

    /// The rows so far as a batch; the writer is empty after it.
    pub fn take(&mut self) -> Result<RecordBatch, LakeError> {
        let arrays = self.builders.iter_mut().map(|builder| array_mut(builder).finish()).collect();
        let batch = self.assemble(arrays);
        (self.next, self.rows, self.bytes, self.spoilt) = (0, 0, 0, false);
        batch
    }

    fn assemble(&self, arrays: Vec<ArrayRef>) -> Result<RecordBatch, LakeError> {
        if self.spoilt {
            return Err(LakeError::Row("a value does not fit its column".to_owned()));
        }
        Ok(RecordBatch::try_new(self.schema.clone(), arrays)?)
    }

    fn column(&mut self) -> Option<&mut Builder> {
        let column = self.builders.get_mut(self.next);
        self.next += 1;
        column
    }
}

/// Writes the parts of one record of a [`Kind::Records`] column, in their order.
pub struct RecordWriter<'a> {
    builder: &'a mut StructBuilder,
    next: usize,
    spoilt: bool,
}

impl RecordWriter<'_> {
    /// A text or nothing.
    pub fn opt_text(&mut self, value: Option<&str>) {
        match self.builder.field_builder::<StringBuilder>(self.next) {
            Some(builder) => builder.append_option(value),
            None => self.spoilt = true,
        }
        self.next += 1;
    }

    /// A digest as lower-case hexadecimal text, or nothing.
    pub fn opt_hex(&mut self, value: Option<&[u8; 32]>) {
        self.opt_text(value.map(|bytes| Hex(bytes).to_string()).as_deref());
    }

    /// A count.
    pub fn count(&mut self, value: u64) {
        match self.builder.field_builder::<Int64Builder>(self.next) {
            Some(builder) => builder.append_value(i64::try_from(value).unwrap_or(i64::MAX)),
            None => self.spoilt = true,
        }
        self.next += 1;
    }
}

struct Hex<'a>(&'a [u8; 32]);

impl Display for Hex<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// Days from 1970-01-01 to this date.
fn days_since_epoch(date: Date) -> i32 {
    let since = date.since(jiff::civil::date(1970, 1, 1));
    since.map_or(0, |span| span.get_days())
}

fn builder(kind: Kind) -> Builder {
    match kind {
        Kind::Text => Builder::Text(StringBuilder::new()),
        Kind::Whole => Builder::Whole(Int64Builder::new()),
        Kind::Flag => Builder::Flag(BooleanBuilder::new()),
        Kind::Time => Builder::Time(TimestampMicrosecondBuilder::new().with_timezone("UTC")),
        Kind::Day => Builder::Day(Date32Builder::new()),
        Kind::Bytes => Builder::Bytes(BinaryBuilder::new()),
        Kind::Texts => Builder::Texts(ListBuilder::new(StringBuilder::new()).with_field(element(DataType::Utf8))),
        Kind::Records(parts) => {
            let part = |part: &Column| -> Box<dyn ArrayBuilder> {
                match part.kind {
                    Kind::Text => Box::new(StringBuilder::new()),
                    _ => Box::new(Int64Builder::new()),
                }
            };
            let records = StructBuilder::new(fields(parts), parts.iter().map(part).collect());
            let DataType::List(element) = data_type(kind) else {
                return Builder::Records(ListBuilder::new(records));
            };
            Builder::Records(ListBuilder::new(records).with_field(element))
        }
    }
}

fn array(builder: &Builder) -> &dyn ArrayBuilder {
    match builder {
        Builder::Text(builder) => builder,
        Builder::Whole(builder) => builder,
        Builder::Flag(builder) => builder,
        Builder::Time(builder) => builder,
        Builder::Day(builder) => builder,
        Builder::Bytes(builder) => builder,
        Builder::Texts(builder) => builder,
        Builder::Records(builder) => builder,
    }
}

fn array_mut(builder: &mut Builder) -> &mut dyn ArrayBuilder {
    match builder {
        Builder::Text(builder) => builder,
        Builder::Whole(builder) => builder,
        Builder::Flag(builder) => builder,
        Builder::Time(builder) => builder,
        Builder::Day(builder) => builder,
        Builder::Bytes(builder) => builder,
        Builder::Texts(builder) => builder,
        Builder::Records(builder) => builder,
    }
}
