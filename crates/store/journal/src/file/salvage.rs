//! Opens the database whatever state its files are in, and keeps every intact entry.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use fjall::Slice;
use model::wire;

use super::frame::{self, Frame, Kind};
use super::options::{Finding, OpenError, Options};
use super::store::{Store, Write};
use super::wal;

/// Bytes that are written in one step.
const STEP_BYTES: usize = 4 << 20;

/// The folders of a journal.
pub(crate) struct Folders {
    /// All of it.
    pub(crate) root: PathBuf,
    /// fjall's database.
    pub(crate) database: PathBuf,
    /// Bytes cut off a log, to be salvaged.
    pub(crate) cut_off: PathBuf,
    /// What was damaged, for whoever wants to look at it.
    pub(crate) damaged: PathBuf,
}

impl Folders {
    pub(crate) fn of(root: &Path) -> Self {
        Self {
            root: root.to_owned(),
            database: root.join("log"),
            cut_off: root.join("cut-off"),
            damaged: root.join("damaged"),
        }
    }

    fn io_error(&self, source: io::Error) -> OpenError {
        OpenError::Io { path: self.root.clone(), source }
    }

    fn database_error(&self, error: fjall::Error) -> OpenError {
        match error {
            fjall::Error::Locked => OpenError::InUse(self.root.clone()),
            fjall::Error::Io(source) | fjall::Error::Storage(fjall::LsmError::Io(source)) => self.io_error(source),
            other => OpenError::Failed { path: self.root.clone(), detail: other.to_string() },
        }
    }
}

/// Opens the database. Says what wasn't in order.
pub(crate) fn open(folders: &Folders, options: &Options) -> Result<(Store, Vec<Finding>), OpenError> {
    let cuts = wal::cut_unsound(&folders.database, &folders.cut_off).map_err(|e| folders.io_error(e))?;
    let mut findings = Vec::new();
    let store = match try_open(&folders.database, options) {
        Ok(store) => store,
        Err(error) if is_damage(&error) => {
            let (store, finding) = rebuild(folders, options, &error)?;
            findings.push(finding);
            store
        }
        Err(error) => return Err(folders.database_error(error)),
    };
    take_cut_off(folders, &store, &cuts, &mut findings)?;
    Ok((store, findings))
}

/// fjall checks some of what it reads by assertions. A broken file must not take the process down.
fn try_open(folder: &Path, options: &Options) -> fjall::Result<Store> {
    let attempt = std::panic::AssertUnwindSafe(|| {
        let store = Store::open(folder, options)?;
        store.last()?;
        store.marks()?;
        Ok(store)
    });
    std::panic::catch_unwind(attempt).unwrap_or(Err(fjall::Error::Unrecoverable))
}

fn is_damage(error: &fjall::Error) -> bool {
    use io::ErrorKind::{InvalidData, InvalidInput, NotFound, UnexpectedEof};
    match error {
        fjall::Error::Locked => false,
        fjall::Error::Io(e) | fjall::Error::Storage(fjall::LsmError::Io(e)) => {
            matches!(e.kind(), InvalidData | InvalidInput | NotFound | UnexpectedEof)
        }
        _ => true,
    }
}

/// Moves the database aside and makes a new one from the intact frames in its files.
fn rebuild(folders: &Folders, options: &Options, error: &fjall::Error) -> Result<(Store, Finding), OpenError> {
    let failed = |e| folders.io_error(e);
    tracing::error!(%error, path = %folders.root.display(), "the journal is damaged; building it anew from what is intact");
    fs::create_dir_all(&folders.damaged).map_err(failed)?;
    let aside = free_name(&folders.damaged, "log");
    fs::rename(&folders.database, &aside).map_err(failed)?;
    let store = Store::open(&folders.database, options).map_err(|e| folders.database_error(e))?;
    let mut kept = 0;
    for file in files(&aside).map_err(failed)? {
        let bytes = fs::read(&file).map_err(failed)?;
        kept += keep(&store, frame::find(&bytes)).map_err(|e| folders.database_error(e))?;
    }
    let detail = error.to_string();
    Ok((store, Finding::Rebuilt { detail, kept, aside }))
}

/// Keeps what is intact in the bytes that were cut off logs: just now, or before the process was last killed.
fn take_cut_off(
    folders: &Folders,
    store: &Store,
    cuts: &[wal::CutOff],
    findings: &mut Vec<Finding>,
) -> Result<(), OpenError> {
    let failed = |e| folders.io_error(e);
    if !folders.cut_off.try_exists().map_err(failed)? {
        return Ok(());
    }
    for file in files(&folders.cut_off).map_err(failed)? {
        let bytes = fs::read(&file).map_err(failed)?;
        let kept = keep(store, whole_appends(&bytes)).map_err(|e| folders.database_error(e))?;
        let cut = cuts.iter().find(|cut| cut.kept_at == file);
        match cut {
            Some(cut) if !cut.damage => {
                fs::remove_file(&file).map_err(failed)?;
                let (file, offset, bytes) = (cut.log.clone(), cut.offset, cut.bytes);
                findings.push(Finding::UnfinishedWrite { file, offset, bytes, kept });
            }
            _ => {
                fs::create_dir_all(&folders.damaged).map_err(failed)?;
                let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
                let aside = free_name(&folders.damaged, &name);
                fs::rename(&file, &aside).map_err(failed)?;
                let offset = cut.map_or(0, |cut| cut.offset);
                let log = cut.map_or_else(|| file.clone(), |cut| cut.log.clone());
                findings.push(Finding::Damage { file: log, offset, bytes: bytes.len() as u64, kept, aside });
            }
        }
    }
    Ok(())
}

/// The intact frames, without those at the very end whose append goes on after them.
fn whole_appends(bytes: &[u8]) -> impl Iterator<Item = Frame<'_>> {
    let frames: Vec<_> = frame::find(bytes).collect();
    let whole = frames.iter().rposition(|frame| frame.following == 0).map_or(0, |last| last + 1);
    frames.into_iter().take(whole)
}

/// Writes those of these frames that the database hasn't got. Returns how many entries those were.
fn keep<'a>(store: &Store, frames: impl Iterator<Item = Frame<'a>>) -> fjall::Result<u64> {
    let marks = store.marks()?;
    let mut consumers: std::collections::BTreeMap<String, u64> = marks.consumers.into_iter().collect();
    let (mut kept, mut bytes, mut write) = (0, 0, Write::default());
    let mut dropped = marks.dropped;
    for frame in frames {
        match frame.kind {
            Kind::Dropped => dropped = dropped.max(frame.position),
            Kind::Consumer => {
                let known = consumers.entry(String::from_utf8_lossy(frame.payload).into_owned()).or_default();
                *known = frame.position.max(*known);
            }
            Kind::Event | Kind::Imported => {
                if frame.position <= dropped || store.has(frame.position).unwrap_or(false) {
                    continue;
                }
                kept += 1;
                bytes += frame.bytes.len();
                write.entries.push((frame.position, Slice::from(frame.bytes)));
                if frame.kind == Kind::Imported {
                    let event = wire::decode(bytes::Bytes::copy_from_slice(frame.payload));
                    write.imported.extend(event.ok().map(|event| event.id()));
                }
            }
        }
        if bytes > STEP_BYTES {
            store.write(&write, true)?;
            (bytes, write) = (0, Write::default());
        }
    }
    write.consumers = consumers.into_iter().collect();
    write.dropped = Some(dropped);
    store.write(&write, true)?;
    Ok(kept)
}

/// All files below a folder, in the order of their names.
fn files(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            if entry.file_type()?.is_dir() {
                folders.push(entry.path());
            } else {
                found.push(entry.path());
            }
        }
    }
    found.sort();
    Ok(found)
}

/// A name in `folder` that isn't taken: `name-1`, `name-2`, …
fn free_name(folder: &Path, name: &str) -> PathBuf {
    let mut names = (1u64..).map(|number| folder.join(format!("{name}-{number}")));
    names.find(|path| !path.exists()).unwrap_or_else(|| folder.join(name))
}
