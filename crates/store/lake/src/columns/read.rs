//! Reading rows back: a batch's columns by name, in the types that this crate writes.

use std::cell::Cell;
use std::str::FromStr;

use deltalake::arrow::array::{
    Array, ArrayRef, AsArray, BinaryArray, BooleanArray, Date32Array, Int64Array, ListArray, StringArray,
    TimestampMicrosecondArray,
};
use deltalake::arrow::compute::cast;
use deltalake::arrow::datatypes::{Date32Type, Int64Type, TimestampMicrosecondType};
use deltalake::arrow::record_batch::RecordBatch;
use jiff::civil::Date;
use jiff::{Span, Timestamp};

use super::{Column, data_type};
use crate::LakeError;

/// A batch whose columns are of the types that this crate writes, whatever types an engine gave them.
pub struct Columns {
    arrays: Vec<(&'static str, ArrayRef)>,
    rows: usize,
    /// Where the last column was found. Rows are mostly read in the order of their columns, so that the next one is
    /// most often right after it: with dozens of columns and millions of rows, searching each from the start is what
    /// reading would spend its time on.
    last: Cell<usize>,
}

impl Columns {
    /// These columns of the batch. A column that the batch doesn't have is left out; reading it then fails.
    pub fn of(batch: &RecordBatch, columns: &[Column]) -> Result<Self, LakeError> {
        let found = columns.iter().filter_map(|column| Some((column, batch.column_by_name(column.name)?)));
        let arrays = found.map(|(column, array)| Ok((column.name, cast(array, &data_type(column.kind))?)));
        Ok(Self { arrays: arrays.collect::<Result<_, LakeError>>()?, rows: batch.num_rows(), last: Cell::new(0) })
    }

    /// The rows, in order.
    pub fn rows(&self) -> impl Iterator<Item = Row<'_>> {
        (0..self.rows).map(|index| Row { columns: self, index })
    }

    fn array(&self, name: &str) -> Option<&ArrayRef> {
        let count = self.arrays.len();
        let places = (0..count).map(|step| (self.last.get() + step) % count);
        let mut found = places.filter_map(|place| Some((place, self.arrays.get(place)?)));
        let (place, (_, array)) = found.find(|(_, (column, _))| *column == name)?;
        self.last.set(place);
        Some(array)
    }
}

/// One row.
#[derive(Clone, Copy)]
pub struct Row<'a> {
    columns: &'a Columns,
    index: usize,
}

impl<'a> Row<'a> {
    /// The text in this column, if there is one.
    pub fn opt_text(&self, name: &str) -> Option<&'a str> {
        let array: &StringArray = self.array(name)?.as_string_opt()?;
        array.is_valid(self.index).then(|| array.value(self.index))
    }

    /// The text in this column.
    pub fn text(&self, name: &str) -> Result<&'a str, LakeError> {
        self.opt_text(name).ok_or_else(|| missing(name))
    }

    /// A copy of the text in this column.
    pub fn string(&self, name: &str) -> Result<String, LakeError> {
        self.text(name).map(str::to_owned)
    }

    /// What the text in this column stands for, if there is one.
    pub fn opt_parsed<T: FromStr>(&self, name: &str) -> Result<Option<T>, LakeError> {
        self.opt_text(name).map(|text| text.parse().map_err(|_| unreadable(name, text))).transpose()
    }

    /// What the text in this column stands for.
    pub fn parsed<T: FromStr>(&self, name: &str) -> Result<T, LakeError> {
        self.opt_parsed(name)?.ok_or_else(|| missing(name))
    }

    /// The digest in this column, if there is one.
    pub fn opt_digest(&self, name: &str) -> Result<Option<[u8; 32]>, LakeError> {
        self.opt_text(name).map(|text| unhex(text).ok_or_else(|| unreadable(name, text))).transpose()
    }

    /// The whole number in this column, if there is one that fits.
    pub fn opt_whole<T: TryFrom<i64>>(&self, name: &str) -> Option<T> {
        let array: &Int64Array = self.array(name)?.as_primitive_opt::<Int64Type>()?;
        array.is_valid(self.index).then(|| T::try_from(array.value(self.index)).ok()).flatten()
    }

    /// The whole number in this column.
    pub fn whole<T: TryFrom<i64>>(&self, name: &str) -> Result<T, LakeError> {
        self.opt_whole(name).ok_or_else(|| missing(name))
    }

    /// Whether this column is true.
    pub fn flag(&self, name: &str) -> Result<bool, LakeError> {
        let array: Option<&BooleanArray> = self.array(name).and_then(|array| array.as_boolean_opt());
        array
            .filter(|array| array.is_valid(self.index))
            .map(|array| array.value(self.index))
            .ok_or_else(|| missing(name))
    }

    /// The time in this column, if there is one.
    pub fn opt_time(&self, name: &str) -> Option<Timestamp> {
        let array: &TimestampMicrosecondArray = self.array(name)?.as_primitive_opt::<TimestampMicrosecondType>()?;
        array.is_valid(self.index).then(|| Timestamp::from_microsecond(array.value(self.index)).ok()).flatten()
    }

    /// The time in this column.
    pub fn time(&self, name: &str) -> Result<Timestamp, LakeError> {
        self.opt_time(name).ok_or_else(|| missing(name))
    }

    /// The date in this column, if there is one.
    pub fn opt_date(&self, name: &str) -> Option<Date> {
        let array: &Date32Array = self.array(name)?.as_primitive_opt::<Date32Type>()?;
        let days = array.is_valid(self.index).then(|| array.value(self.index))?;
        jiff::civil::date(1970, 1, 1).checked_add(Span::new().try_days(days).ok()?).ok()
    }

    /// The bytes in this column.
    pub fn bytes(&self, name: &str) -> Result<&'a [u8], LakeError> {
        let array: Option<&BinaryArray> = self.array(name).and_then(|array| array.as_binary_opt());
        array
            .filter(|array| array.is_valid(self.index))
            .map(|array| array.value(self.index))
            .ok_or_else(|| missing(name))
    }

    /// The texts in this column; none if it is null.
    pub fn texts(&self, name: &str) -> Vec<String> {
        let Some(list) = self.list(name) else { return Vec::new() };
        let texts: Option<&StringArray> = list.as_string_opt();
        texts.map_or_else(Vec::new, |texts| texts.iter().flatten().map(str::to_owned).collect())
    }

    /// The records in this column, each read by `each`; none if it is null.
    pub fn records<T>(
        &self,
        name: &str,
        each: impl Fn(&Record<'_>) -> Result<T, LakeError>,
    ) -> Result<Vec<T>, LakeError> {
        let Some(list) = self.list(name) else { return Ok(Vec::new()) };
        let Some(parts) = list.as_struct_opt() else { return Err(missing(name)) };
        (0..parts.len()).map(|index| each(&Record { parts: parts.columns(), name, index })).collect()
    }

    fn list(&self, name: &str) -> Option<ArrayRef> {
        let array: &ListArray = self.array(name)?.as_list_opt::<i32>()?;
        array.is_valid(self.index).then(|| array.value(self.index))
    }

    fn array(&self, name: &str) -> Option<&'a ArrayRef> {
        self.columns.array(name)
    }
}

/// One record of a list of records; its parts by their place.
pub struct Record<'a> {
    parts: &'a [ArrayRef],
    name: &'a str,
    index: usize,
}

impl Record<'_> {
    /// The text in this place, if there is one.
    pub fn opt_text(&self, place: usize) -> Option<String> {
        let array: &StringArray = self.parts.get(place)?.as_string_opt()?;
        array.is_valid(self.index).then(|| array.value(self.index).to_owned())
    }

    /// The text in this place.
    pub fn text(&self, place: usize) -> Result<String, LakeError> {
        self.opt_text(place).ok_or_else(|| missing(self.name))
    }

    /// The digest in this place, if there is one.
    pub fn opt_digest(&self, place: usize) -> Result<Option<[u8; 32]>, LakeError> {
        let text = self.opt_text(place);
        text.map(|text| unhex(&text).ok_or_else(|| unreadable(self.name, &text))).transpose()
    }

    /// The whole number in this place.
    pub fn whole<T: TryFrom<i64>>(&self, place: usize) -> Result<T, LakeError> {
        let array: Option<&Int64Array> = self.parts.get(place).and_then(|array| array.as_primitive_opt::<Int64Type>());
        let value = array.filter(|array| array.is_valid(self.index)).map(|array| array.value(self.index));
        value.and_then(|value| T::try_from(value).ok()).ok_or_else(|| missing(self.name))
    }
}

fn missing(column: &str) -> LakeError {
    LakeError::Row(format!("column {column} has no value that can be read"))
}

pub(crate) fn unreadable(column: &str, value: &str) -> LakeError {
    LakeError::Row(format!("column {column} holds {value:?}, which was not written by Trapline"))
}

fn unhex(text: &str) -> Option<[u8; 32]> {
    let mut bytes = [0; 32];
    if text.len() != 64 || !text.is_ascii() {
        return None;
    }
    for (index, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(text.get(index * 2..index * 2 + 2)?, 16).ok()?;
    }
    Some(bytes)
}
