//! Checks fjall's own write-ahead log before fjall reads it.
//!
//! fjall 3 takes a log up to the first thing that it cannot parse and throws away the rest without a word, or refuses
//! to open the database when a checksum is wrong. Either would lose intact, acknowledged entries behind a single
//! flipped bit. So each log is walked here first; from the first batch that isn't sound, its bytes are moved to a
//! file of their own, from which [`super::salvage`] takes what is intact.
//!
//! The walk knows fjall's format 3: a batch is `Start`, items, `End`, and the checksum in `End` is over the items. The
//! sequence number in `Start` is under no checksum, but it grows from batch to batch: one out of order would have fjall
//! take the batch for one that is in a table already.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use xxhash_rust::xxh3::Xxh3;

use super::frame;

/// No journal gets this far: at a million batches a second it would take 2,000 years.
const HIGHEST_SEQUENCE: u64 = 1 << 56;

/// What ends a sound batch.
const TRAILER: &[u8; 4] = b"FJL\x03";

/// Bytes that were cut off a log, kept in a file until they are salvaged.
#[derive(Debug)]
pub(crate) struct CutOff {
    /// The log.
    pub(crate) log: PathBuf,
    /// Where in it the cut is.
    pub(crate) offset: u64,
    /// How many bytes, trailing zeros left out.
    pub(crate) bytes: u64,
    /// Whether whole batches follow the bad one: an interrupted write leaves nothing behind it, damage does.
    pub(crate) damage: bool,
    /// Where the bytes are.
    pub(crate) kept_at: PathBuf,
}

/// The logs of the database at `folder`, oldest first.
pub(crate) fn logs(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut logs: Vec<(u64, PathBuf)> = Vec::new();
    if !folder.try_exists()? {
        return Ok(Vec::new());
    }
    for file in fs::read_dir(folder)? {
        let path = file?.path();
        let number = path.file_name().and_then(|name| name.to_str()?.strip_suffix(".jnl")?.parse::<u64>().ok());
        logs.extend(number.map(|number| (number, path)));
    }
    logs.sort();
    Ok(logs.into_iter().map(|(_, path)| path).collect())
}

/// Cuts whatever isn't sound off each log of `folder`, having written it into a file in `cut_off` first.
pub(crate) fn cut_unsound(folder: &Path, cut_off: &Path) -> io::Result<Vec<CutOff>> {
    let mut cuts = Vec::new();
    for log in logs(folder)? {
        let bytes = fs::read(&log)?;
        let offset = sound(&bytes, |_| false);
        let rest = bytes.get(offset..).unwrap_or_default();
        let used = rest.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
        let Some(rest) = rest.get(..used).filter(|rest| !rest.is_empty()) else { continue };
        let name = log.file_name().unwrap_or_default().to_string_lossy();
        let kept_at = cut_off.join(format!("{name}-{offset}"));
        fs::create_dir_all(cut_off)?;
        write_synced(&kept_at, rest)?;
        truncate(&log, offset as u64)?;
        cuts.push(CutOff {
            log,
            offset: offset as u64,
            bytes: used as u64,
            damage: memchr::memmem::find(rest, TRAILER).is_some(),
            kept_at,
        });
    }
    Ok(cuts)
}

/// Cuts off every log from the first batch with an entry past `end`: what was written but never became durable.
///
/// After a failed fsync, pages that never reached the disk can count as clean, so that syncing again proves nothing
/// (Rebello et al., "Can Applications Recover from fsync Failures?", USENIX ATC 2020). Cutting them off has them
/// written anew.
pub(crate) fn cut_past(folder: &Path, end: u64) -> io::Result<()> {
    for log in logs(folder)? {
        let bytes = fs::read(&log)?;
        let past = |value: &[u8]| frame::parse(value).is_ok_and(|f| f.kind.is_entry() && f.position > end);
        let offset = sound(&bytes, past);
        if bytes.get(offset..).is_some_and(|rest| rest.iter().any(|byte| *byte != 0)) {
            truncate(&log, offset as u64)?;
        }
    }
    Ok(())
}

/// The length of the longest prefix made of sound batches, none of which has a value that `stop` is true for.
fn sound(bytes: &[u8], stop: impl Fn(&[u8]) -> bool) -> usize {
    let (mut offset, mut sequence) = (0, None);
    while let Some((length, number)) = bytes.get(offset..).and_then(|rest| batch(rest, &stop)) {
        if sequence.is_some_and(|before| number <= before) || number > HIGHEST_SEQUENCE {
            break;
        }
        sequence = Some(number);
        offset += length;
    }
    offset
}

/// The length and the sequence number of the sound batch that these bytes begin with.
fn batch(bytes: &[u8], stop: &impl Fn(&[u8]) -> bool) -> Option<(usize, u64)> {
    let mut cursor = Cursor { bytes, at: 0 };
    if cursor.byte()? != 1 {
        return None;
    }
    let items = u32::from_le_bytes(cursor.array()?);
    let sequence = u64::from_le_bytes(cursor.array()?);
    let mut checksum = Xxh3::new();
    for _ in 0..items {
        let start = cursor.at;
        let value = cursor.item()?;
        checksum.update(bytes.get(start..cursor.at)?);
        if stop(value) {
            return None;
        }
    }
    let sound = cursor.byte()? == 3
        && u64::from_le_bytes(cursor.array()?) == checksum.digest()
        && cursor.array::<4>()? == *TRAILER;
    sound.then_some((cursor.at, sequence))
}

struct Cursor<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Cursor<'a> {
    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let taken = self.bytes.get(self.at..self.at.checked_add(length)?)?;
        self.at += length;
        Some(taken)
    }

    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.take(N)?.try_into().ok()
    }

    fn byte(&mut self) -> Option<u8> {
        self.array::<1>().map(|[byte]| byte)
    }

    /// An item, uncompressed (as the journal has it written): its value. A cleared keyspace: an empty value.
    fn item(&mut self) -> Option<&'a [u8]> {
        match self.byte()? {
            2 => {
                let [value_type, compression] = self.array()?;
                if value_type > 2 || compression != 0 {
                    return None;
                }
                self.array::<8>()?;
                let key = u16::from_le_bytes(self.array()?);
                let (value, on_disk) = (u32::from_le_bytes(self.array()?), u32::from_le_bytes(self.array()?));
                if value != on_disk {
                    return None;
                }
                self.take(usize::from(key))?;
                self.take(value as usize)
            }
            4 => self.take(8).map(|_| [].as_slice()),
            _ => None,
        }
    }
}

fn truncate(log: &Path, length: u64) -> io::Result<()> {
    let file = OpenOptions::new().write(true).open(log)?;
    file.set_len(length)?;
    file.sync_all()
}

fn write_synced(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = File::create(path)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    if let Some(folder) = path.parent() {
        File::open(folder)?.sync_all()?;
    }
    Ok(())
}
