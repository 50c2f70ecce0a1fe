//! What people have about networks, read and kept as a [`Dataset`].
//!
//! The format is told from the content. The date is taken from the content where it has one (MRT, MMDB) and has to
//! be given where it has none, since a dataset without a date could not be asked *as of* a time.

mod format;
mod mmdb;
mod mrt;
mod text;

use std::io::{self, Read};
use std::path::{Path, PathBuf};

use jiff::civil::Date;
use serde::Serialize;
use unpack::{Consumed, Rejections, Unpacked};

use crate::dataset::{Dataset, DatasetBuilder, Kind};
use crate::file;
pub use format::Format;

/// How much of a source is read and kept.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Bytes of a stream, unpacked. A full table of a large route collector has 4 GiB.
    pub stream: u64,
    /// Bytes of a source that has to be in memory whole: an MMDB.
    pub whole: u64,
    /// Prefixes, ranges and names kept. The world's routing table has 1.3 million prefixes in 2026.
    pub rows: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { stream: 8 << 30, whole: 1 << 30, rows: 10_000_000 }
    }
}

/// What is to be imported.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options {
    /// The format; told from the content where it isn't given.
    pub format: Option<Format>,
    /// The day on which the data was so. Overrides the one that the source itself gives.
    pub date: Option<Date>,
    /// Bounds.
    pub limits: Limits,
}

/// How far an import has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Bytes of the file read.
    pub bytes: u64,
    /// Bytes of the file in all.
    pub size: u64,
    /// Rows taken.
    pub rows: u64,
}

/// What an import brought.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Imported {
    /// What the dataset is about.
    pub kind: Kind,
    /// What the source was.
    pub format: Format,
    /// The day on which it was so.
    pub date: Date,
    /// Rows taken: routes as peers announce them, ranges, networks, names.
    pub rows: u64,
    /// Rows not taken.
    pub rejected: Rejections,
    /// The dataset's file.
    pub path: PathBuf,
    /// Whether it is new; the same source twice adds nothing.
    pub new: bool,
}

/// Why a source could not be imported. Nothing of it was kept.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// It could not be read; also if it is cut short within compressed data, or unpacks to more than the limit.
    #[error("{path}: {error}")]
    Read {
        /// The source.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// The dataset could not be written.
    #[error("the dataset could not be written into {path}: {error}")]
    Write {
        /// The directory.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// The content is of no known format.
    #[error(
        "{0}: this is no MRT table dump, MMDB, iptoasn TSV, or CSV of `prefix,asn` or `asn,provider`; \
         if it is one all the same, name it with --format"
    )]
    UnknownFormat(PathBuf),
    /// The source has no date.
    #[error("{0}: the file does not say of which day it is; give it with --date YYYY-MM-DD")]
    NoDate(PathBuf),
    /// The content is not what its format asks for.
    #[error("{path}: {detail}")]
    Corrupt {
        /// The source.
        path: PathBuf,
        /// What is wrong, and where.
        detail: String,
    },
    /// There is nothing usable in it.
    #[error("{path}: nothing in it could be used{detail}")]
    Nothing {
        /// The source.
        path: PathBuf,
        /// What was rejected and why.
        detail: String,
    },
}

/// What a format's reader failed with; the path is added where it is known.
#[derive(Debug)]
pub(crate) enum ReadFailure {
    Io(io::Error),
    Corrupt(String),
}

impl From<io::Error> for ReadFailure {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// What a format's reader found.
pub(crate) struct Content {
    pub builder: DatasetBuilder,
    pub rejected: Rejections,
    pub kind: Kind,
    pub date: Option<Date>,
}

/// Reads a source and keeps it in `directory` (`DIR/networks`) as a dataset. `progress` is called every few
/// thousand rows.
///
/// # Errors
/// See [`ImportError`]. Single rows that are of no use do not fail an import: they are counted with their reasons.
pub fn import(
    source: &Path,
    directory: &Path,
    options: &Options,
    progress: &mut dyn FnMut(Progress),
) -> Result<Imported, ImportError> {
    let (dataset, format, rejected) = read(source, options, progress)?;
    let (path, new) =
        file::store(directory, &dataset).map_err(|error| ImportError::Write { path: directory.to_owned(), error })?;
    let Dataset { kind, date, rows, .. } = dataset;
    Ok(Imported { kind, format, date, rows, rejected, path, new })
}

/// Reads a source as [`import()`] does, and keeps nothing on disk. Also says what format it was and what of it was
/// rejected.
///
/// # Errors
/// See [`ImportError`].
pub fn read(
    source: &Path,
    options: &Options,
    progress: &mut dyn FnMut(Progress),
) -> Result<(Dataset, Format, Rejections), ImportError> {
    let failed = |failure| match failure {
        ReadFailure::Io(error) => ImportError::Read { path: source.to_owned(), error },
        ReadFailure::Corrupt(detail) => ImportError::Corrupt { path: source.to_owned(), detail },
    };
    let unpacked = Unpacked::open(source, options.limits.stream).map_err(|error| failed(error.into()))?;
    let meter = Meter { consumed: unpacked.consumed(), size: unpacked.size(), progress };
    let (content, format) = read_content(unpacked, options, meter)
        .map_err(failed)?
        .ok_or_else(|| ImportError::UnknownFormat(source.to_owned()))?;
    let date = options.date.or(content.date).ok_or_else(|| ImportError::NoDate(source.to_owned()))?;
    let mut rejected = content.rejected;
    if content.builder.len() == 0 {
        let detail = if rejected.is_empty() { String::new() } else { format!(": {rejected}") };
        return Err(ImportError::Nothing { path: source.to_owned(), detail });
    }
    let (dataset, overlapping) = content.builder.build(content.kind, date);
    for _ in 0..overlapping {
        rejected.reject("range overlaps another", || source.display().to_string());
    }
    Ok((dataset, format, rejected))
}

/// Reads a source that is in memory: what fuzzing and tests feed. None if its format is unknown.
#[doc(hidden)]
pub fn read_bytes(bytes: Vec<u8>, options: &Options) -> Option<Dataset> {
    let size = bytes.len() as u64;
    let unpacked = Unpacked::new(io::Cursor::new(bytes), size, options.limits.stream).ok()?;
    let meter = Meter { consumed: unpacked.consumed(), size, progress: &mut |_| {} };
    let (content, _) = read_content(unpacked, options, meter).ok()??;
    let date = options.date.or(content.date)?;
    Some(content.builder.build(content.kind, date).0)
}

fn read_content(
    unpacked: Unpacked,
    options: &Options,
    meter: Meter<'_>,
) -> Result<Option<(Content, Format)>, ReadFailure> {
    let limits = options.limits;
    let mut head = Vec::with_capacity(format::HEAD);
    let mut unpacked = unpacked;
    unpacked.by_ref().take(format::HEAD as u64).read_to_end(&mut head)?;
    let format = options.format.or_else(|| format::of_head(&head));
    let whole = io::Cursor::new(head).chain(unpacked);
    let content = match format {
        Some(Format::Mrt) => mrt::read(whole, limits, meter)?,
        Some(Format::IpToAsn) => text::read(whole, text::ip_to_asn, Kind::IpToAsn, limits, meter)?,
        Some(Format::Prefixes) => text::read(whole, text::prefix, Kind::Routes, limits, meter)?,
        Some(Format::Providers) => text::read(whole, text::provider, Kind::Providers, limits, meter)?,
        Some(Format::Mmdb) | None => {
            let mut bytes = Vec::new();
            whole.take(limits.whole.saturating_add(1)).read_to_end(&mut bytes)?;
            if bytes.len() as u64 > limits.whole {
                return Err(ReadFailure::Corrupt(format!("it is larger than {} bytes", limits.whole)));
            }
            if format.is_none() && !format::is_mmdb(&bytes) {
                return Ok(None);
            }
            return Ok(Some((mmdb::read(bytes, limits, meter)?, Format::Mmdb)));
        }
    };
    Ok(format.map(|format| (content, format)))
}

/// Tells the caller how far an import has come.
pub(crate) struct Meter<'a> {
    consumed: Consumed,
    size: u64,
    progress: &'a mut dyn FnMut(Progress),
}

impl Meter<'_> {
    /// To be called with each row; passes on one in 8,192.
    fn tick(&mut self, rows: u64) {
        if rows.is_multiple_of(8_192) {
            (self.progress)(Progress { bytes: self.consumed.bytes(), size: self.size, rows });
        }
    }
}

fn too_many(limits: Limits) -> ReadFailure {
    ReadFailure::Corrupt(format!("it has more than {} prefixes, ranges or names", limits.rows))
}
