//! Columns and rows: what a table's columns are, and how events are written to and read from Arrow without anything
//! in between.
//!
//! Only types that every reader of Delta tables knows: whole numbers are 64 bits (the encodings make small ones small),
//! times are microseconds UTC, identities and addresses are text, so that they can be read and compared in SQL.

mod read;
mod write;

use std::sync::Arc;

use deltalake::arrow::datatypes::{DataType, Field, Fields, Schema, SchemaRef, TimeUnit};

pub use read::{Columns, Row};
pub use write::RowWriter;

/// A column: its name and what it holds.
#[derive(Clone, Copy, Debug)]
pub struct Column {
    /// The name in SQL.
    pub name: &'static str,
    /// What it holds.
    pub kind: Kind,
}

/// What a column holds. Any column may be null: where the event has nothing to say.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    /// UTF-8 text.
    Text,
    /// A whole number.
    Whole,
    /// True or false.
    Flag,
    /// Microseconds UTC.
    Time,
    /// A calendar day, UTC.
    Day,
    /// Bytes as they came.
    Bytes,
    /// Texts, in order.
    Texts,
    /// Records of these parts, in order. Parts are [`Kind::Text`] or [`Kind::Whole`].
    Records(&'static [Column]),
}

/// A column of this name and kind; for tables of them.
pub const fn column(name: &'static str, kind: Kind) -> Column {
    Column { name, kind }
}

/// The columns as Arrow has them.
pub fn schema(columns: &[Column]) -> SchemaRef {
    Arc::new(Schema::new(fields(columns)))
}

fn fields(columns: &[Column]) -> Fields {
    columns.iter().map(|column| Field::new(column.name, data_type(column.kind), true)).collect()
}

/// The name of a list's element: as Delta has it.
fn element(data_type: DataType) -> Arc<Field> {
    Arc::new(Field::new("element", data_type, true))
}

fn data_type(kind: Kind) -> DataType {
    match kind {
        Kind::Text => DataType::Utf8,
        Kind::Whole => DataType::Int64,
        Kind::Flag => DataType::Boolean,
        Kind::Time => DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
        Kind::Day => DataType::Date32,
        Kind::Bytes => DataType::Binary,
        Kind::Texts => DataType::List(element(DataType::Utf8)),
        Kind::Records(parts) => DataType::List(element(DataType::Struct(fields(parts)))),
    }
}
