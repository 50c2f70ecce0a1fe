//! The form in which a dataset is kept on disk: what is looked up at run time, as it lies in memory.
//!
//! All numbers are little-endian:
//!
//! ```text
//! "trapnet\n"   version u16   kind u8   0 u8   year i16   month u8   day u8   rows u64
//! counts u32: values, IPv4 ranges, IPv6 ranges, holders, bytes of names
//! values:       AS u32 (0: none)   prefix length u8 (255: from a range)   country 2 bytes (0 0: none)   0 u8
//! IPv4:         starts u32…        value numbers u32… (2^32-1: no prefix)
//! IPv6:         starts u128…       value numbers u32…
//! holders:      AS u32             country 2 bytes   name length u16          … and then the names, UTF-8
//! SHA-256 of all of the above
//! ```
//!
//! The digest guards against a damaged disk and tells whether a dataset was imported before. It is also what a
//! case file can cite to say which routing table a statement about a network rests on.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};

use jiff::civil::Date;
use model::Country;
use sha2::{Digest, Sha256};

use crate::dataset::{Dataset, FROM_RANGE, Holder, Kind, Value};
use crate::ranges::{NONE, Ranges};

const MAGIC: &[u8; 8] = b"trapnet\n";
const VERSION: u16 = 1;
const DIGEST: usize = 32;

/// Why a dataset's file could not be read. Each names the file and the mend.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The file or its directory could not be read.
    #[error("{path}: {error}; see that Trapline's user may read it")]
    Io {
        /// Which.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// The file is not a dataset, or not one that this version can read.
    #[error("{path}: {detail}; delete it and import its source again with `trapline import networks`")]
    Damaged {
        /// Which.
        path: PathBuf,
        /// What is wrong.
        detail: &'static str,
    },
}

/// The dataset's bytes on disk.
pub(crate) fn encode(dataset: &Dataset) -> Vec<u8> {
    let names: usize = dataset.holders.values().map(|holder| bounded(&holder.name).len()).sum();
    let mut out = Vec::new();
    out.extend_from_slice(MAGIC);
    out.extend_from_slice(&VERSION.to_le_bytes());
    out.extend_from_slice(&[kind_number(dataset.kind), 0]);
    out.extend_from_slice(&dataset.date.year().to_le_bytes());
    out.extend_from_slice(&[dataset.date.month() as u8, dataset.date.day() as u8]);
    out.extend_from_slice(&dataset.rows.to_le_bytes());
    let (v4, v6) = (&dataset.v4, &dataset.v6);
    for count in [dataset.values.len(), v4.len(), v6.len(), dataset.holders.len(), names] {
        out.extend_from_slice(&(count as u32).to_le_bytes());
    }
    for value in &dataset.values {
        out.extend_from_slice(&value.asn.map_or(0, NonZeroU32::get).to_le_bytes());
        out.push(value.prefix_length);
        out.extend_from_slice(&country_bytes(value.country));
        out.push(0);
    }
    v4.starts().for_each(|start| out.extend_from_slice(&start.to_le_bytes()));
    v4.values().for_each(|value| out.extend_from_slice(&value.to_le_bytes()));
    v6.starts().for_each(|start| out.extend_from_slice(&start.to_le_bytes()));
    v6.values().for_each(|value| out.extend_from_slice(&value.to_le_bytes()));
    for (asn, holder) in &dataset.holders {
        out.extend_from_slice(&asn.to_le_bytes());
        out.extend_from_slice(&country_bytes(holder.country));
        out.extend_from_slice(&(bounded(&holder.name).len() as u16).to_le_bytes());
    }
    dataset.holders.values().for_each(|holder| out.extend_from_slice(bounded(&holder.name).as_bytes()));
    let digest = Sha256::digest(&out);
    out.extend_from_slice(&digest);
    out
}

/// A name, cut where it would not fit its length field.
fn bounded(name: &str) -> &str {
    name.get(..name.floor_char_boundary(usize::from(u16::MAX))).unwrap_or_default()
}

fn country_bytes(country: Option<Country>) -> [u8; 2] {
    country.and_then(|country| country.as_str().as_bytes().try_into().ok()).unwrap_or_default()
}

fn kind_number(kind: Kind) -> u8 {
    match kind {
        Kind::Routes => 1,
        Kind::IpToAsn => 2,
        Kind::MmdbAsn => 3,
        Kind::MmdbCountry => 4,
        Kind::Providers => 5,
    }
}

/// The dataset that these bytes are.
///
/// # Errors
/// What is wrong with them.
pub(crate) fn decode(bytes: &[u8]) -> Result<Dataset, &'static str> {
    if !bytes.starts_with(MAGIC) {
        return Err("it is not a dataset of Trapline's");
    }
    let (body, digest) = bytes.split_last_chunk::<DIGEST>().ok_or("it is cut short")?;
    if Sha256::digest(body)[..] != digest[..] {
        return Err("it is damaged: its checksum does not match");
    }
    let mut fields = Fields(&body[MAGIC.len()..]);
    fields.dataset().ok_or("its version or its content is not one that this version of Trapline reads")
}

/// Takes fields off the front of a file's body. Everything is checked, since a digest can be made by anyone.
struct Fields<'a>(&'a [u8]);

impl<'a> Fields<'a> {
    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (head, rest) = self.0.split_first_chunk::<N>()?;
        self.0 = rest;
        Some(*head)
    }

    fn bytes(&mut self, count: usize) -> Option<&'a [u8]> {
        let (head, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(head)
    }

    fn numbers<const N: usize, T>(&mut self, count: usize, read: fn([u8; N]) -> T) -> Option<Vec<T>> {
        let bytes = self.bytes(count.checked_mul(N)?)?;
        let (chunks, _) = bytes.as_chunks::<N>();
        Some(chunks.iter().map(|chunk| read(*chunk)).collect())
    }

    fn count(&mut self) -> Option<usize> {
        Some(u32::from_le_bytes(self.take()?) as usize)
    }

    fn dataset(&mut self) -> Option<Dataset> {
        if u16::from_le_bytes(self.take()?) != VERSION {
            return None;
        }
        let [kind, _] = self.take()?;
        let kind = Kind::ALL.into_iter().find(|known| kind_number(*known) == kind)?;
        let year = i16::from_le_bytes(self.take()?);
        let [month, day] = self.take()?;
        let date = Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()?;
        let rows = u64::from_le_bytes(self.take()?);
        let (values, v4, v6, holders, names) =
            (self.count()?, self.count()?, self.count()?, self.count()?, self.count()?);
        let values = self.numbers::<8, _>(values, read_value)?;
        let v4 = Ranges::from_parts(
            self.numbers::<4, _>(v4, u32::from_le_bytes)?,
            self.numbers::<4, _>(v4, u32::from_le_bytes)?,
        )?;
        let v6 = Ranges::from_parts(
            self.numbers::<16, _>(v6, u128::from_le_bytes)?,
            self.numbers::<4, _>(v6, u32::from_le_bytes)?,
        )?;
        let known = |number: u32| number == NONE || (number as usize) < values.len();
        let fits = |bits: u8, number: u32| {
            let length = values.get(number as usize).map_or(0, |value| value.prefix_length);
            length <= bits || length == FROM_RANGE
        };
        let sound = v4.values().all(|number| known(number) && fits(32, number))
            && v6.values().all(|number| known(number) && fits(128, number));
        let holders = self.holders(holders, names)?;
        (sound && self.0.is_empty()).then_some(Dataset { kind, date, rows, values, v4, v6, holders })
    }

    fn holders(&mut self, count: usize, names: usize) -> Option<BTreeMap<u32, Holder>> {
        let heads = self.numbers::<8, _>(count, |[a, b, c, d, letter, second, low, high]| {
            let length = usize::from(u16::from_le_bytes([low, high]));
            (u32::from_le_bytes([a, b, c, d]), read_country([letter, second]), length)
        })?;
        let mut names = std::str::from_utf8(self.bytes(names)?).ok()?;
        let mut holders = BTreeMap::new();
        for (asn, country, length) in heads {
            let (name, rest) = names.split_at_checked(length)?;
            names = rest;
            holders.insert(asn, Holder { name: name.into(), country });
        }
        names.is_empty().then_some(holders)
    }
}

fn read_value([a, b, c, d, prefix_length, letter, second, _]: [u8; 8]) -> Value {
    let asn = u32::from_le_bytes([a, b, c, d]);
    Value { prefix_length, asn: NonZeroU32::new(asn), country: read_country([letter, second]) }
}

fn read_country(letters: [u8; 2]) -> Option<Country> {
    std::str::from_utf8(&letters).ok().and_then(Country::new)
}

/// Reads a dataset's file.
///
/// # Errors
/// That it can't be read, or isn't a sound dataset.
pub(crate) fn load(path: &Path) -> Result<Dataset, LoadError> {
    let bytes = fs::read(path).map_err(|error| LoadError::Io { path: path.to_owned(), error })?;
    decode(&bytes).map_err(|detail| LoadError::Damaged { path: path.to_owned(), detail })
}

/// The datasets' files in a directory, in the order of their dates, kinds and numbers. None if there is no such
/// directory.
///
/// # Errors
/// That the directory can't be read.
pub(crate) fn list(directory: &Path) -> io::Result<Vec<PathBuf>> {
    let entries = match fs::read_dir(directory) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let mut paths = Vec::new();
    for entry in entries {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "bin") {
            paths.push(path);
        }
    }
    paths.sort_by_key(|path| name_key(path));
    Ok(paths)
}

/// `…-routes-10` comes after `…-routes-9`.
fn name_key(path: &Path) -> (String, u64) {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    match stem.rsplit_once('-') {
        Some((rest, number)) => (rest.to_owned(), number.parse().unwrap_or(u64::MAX)),
        None => (stem.into_owned(), 0),
    }
}

/// Writes a dataset into the directory, unless it is there already. Returns its path and whether it is new.
///
/// # Errors
/// Those of the file system. A file is either whole or not there.
pub(crate) fn store(directory: &Path, dataset: &Dataset) -> io::Result<(PathBuf, bool)> {
    fs::create_dir_all(directory)?;
    let bytes = encode(dataset);
    let stem = format!("{}-{}", dataset.date, dataset.kind);
    let mut number = 1u32;
    let path = loop {
        let path = directory.join(format!("{stem}-{number}.bin"));
        if !path.try_exists()? {
            break path;
        }
        if ends_with_digest(&path, &bytes)? {
            return Ok((path, false));
        }
        number += 1;
    };
    let part = path.with_extension("part");
    let mut file = File::create(&part)?;
    file.write_all(&bytes)?;
    file.sync_all()?;
    fs::rename(&part, &path)?;
    File::open(directory)?.sync_all()?;
    Ok((path, true))
}

/// Whether a file has the size and the digest of these bytes.
fn ends_with_digest(path: &Path, bytes: &[u8]) -> io::Result<bool> {
    use std::io::{Seek, SeekFrom};
    let mut file = File::open(path)?;
    if file.metadata()?.len() != bytes.len() as u64 {
        return Ok(false);
    }
    let mut digest = [0; DIGEST];
    file.seek(SeekFrom::End(-(DIGEST as i64)))?;
    file.read_exact(&mut digest)?;
    Ok(bytes.ends_with(&digest))
}
