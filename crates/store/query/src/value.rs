//! Arrow's values as JSON's. The many types of the one are brought to the few that the other can tell apart.

use datafusion::arrow::array::{
    Array, ArrayRef, AsArray, BinaryArray, BooleanArray, Float64Array, Int64Array, StringArray,
};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType, Float64Type, Int64Type};
use datafusion::arrow::error::ArrowError;
use datafusion::arrow::util::display::{ArrayFormatter, FormatOptions};
use serde_json::Value;

/// A column whose values can be read one by one.
pub enum Readable {
    Flag(BooleanArray),
    Whole(Int64Array),
    Decimal(Float64Array),
    Text(StringArray),
    Bytes(BinaryArray),
    /// Where each row's elements begin and end, and the elements of all rows.
    List(Vec<Option<(usize, usize)>>, Box<Readable>),
    /// Names and parts, and whether a row has a record at all.
    Record(Vec<(String, Readable)>, ArrayRef),
    /// Dates, times and whatever else has a usual form as text.
    Other(ArrayRef),
}

impl Readable {
    /// A column of any type.
    pub fn of(array: &ArrayRef) -> Result<Self, ArrowError> {
        Ok(match array.data_type() {
            DataType::Boolean => Self::Flag(array.as_boolean().clone()),
            kind if kind.is_integer() && *kind != DataType::UInt64 => {
                Self::Whole(cast(array, &DataType::Int64)?.as_primitive::<Int64Type>().clone())
            }
            kind if kind.is_numeric() => {
                Self::Decimal(cast(array, &DataType::Float64)?.as_primitive::<Float64Type>().clone())
            }
            DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => {
                Self::Text(cast(array, &DataType::Utf8)?.as_string::<i32>().clone())
            }
            DataType::Binary | DataType::LargeBinary | DataType::BinaryView | DataType::FixedSizeBinary(_) => {
                Self::Bytes(cast(array, &DataType::Binary)?.as_binary::<i32>().clone())
            }
            DataType::Dictionary(_, value) => Self::of(&cast(array, value)?)?,
            DataType::List(_) => Self::list(array)?,
            DataType::LargeList(element) | DataType::FixedSizeList(element, _) => {
                Self::list(&cast(array, &DataType::List(element.clone()))?)?
            }
            DataType::Struct(fields) => {
                let parts = fields.iter().zip(array.as_struct().columns());
                let parts = parts.map(|(field, part)| Ok((field.name().clone(), Self::of(part)?)));
                Self::Record(parts.collect::<Result<_, ArrowError>>()?, array.clone())
            }
            _ => Self::Other(array.clone()),
        })
    }

    fn list(array: &ArrayRef) -> Result<Self, ArrowError> {
        let list = array.as_list::<i32>();
        let place = |offset: i32| usize::try_from(offset).unwrap_or_default();
        let spans = list
            .offsets()
            .windows(2)
            .enumerate()
            .map(|(row, span)| list.is_valid(row).then(|| (place(span[0]), place(span[1]))));
        Ok(Self::List(spans.collect(), Box::new(Self::of(list.values())?)))
    }

    /// The bytes in a row, if it is a column of bytes.
    pub fn bytes(&self, row: usize) -> Option<&[u8]> {
        match self {
            Self::Bytes(array) if array.is_valid(row) => Some(array.value(row)),
            _ => None,
        }
    }

    /// The value in a row.
    pub fn value(&self, row: usize) -> Result<Value, ArrowError> {
        Ok(match self {
            Self::Flag(array) if array.is_valid(row) => array.value(row).into(),
            Self::Whole(array) if array.is_valid(row) => array.value(row).into(),
            Self::Decimal(array) if array.is_valid(row) => decimal(array.value(row)),
            Self::Text(array) if array.is_valid(row) => array.value(row).into(),
            Self::Bytes(array) if array.is_valid(row) => bytes_text(array.value(row)).into(),
            Self::List(spans, elements) => match spans.get(row).copied().flatten() {
                Some((begin, end)) => {
                    Value::Array((begin..end).map(|place| elements.value(place)).collect::<Result<_, _>>()?)
                }
                None => Value::Null,
            },
            Self::Record(parts, array) if array.is_valid(row) => {
                let parts = parts.iter().map(|(name, part)| Ok((name.clone(), part.value(row)?)));
                Value::Object(parts.collect::<Result<_, ArrowError>>()?)
            }
            Self::Other(array) if array.is_valid(row) => {
                let options = FormatOptions::default();
                ArrayFormatter::try_new(array, &options)?.value(row).try_to_string()?.into()
            }
            _ => Value::Null,
        })
    }
}

/// A number that is whole is shown as whole: sums of counts come as decimals from some functions.
fn decimal(value: f64) -> Value {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    if value.fract() == 0.0 && value.abs() < EXACT { (value as i64).into() } else { value.into() }
}

fn bytes_text(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => bytes.iter().fold("\\x".to_owned(), |text, byte| text + &format!("{byte:02x}")),
    }
}
