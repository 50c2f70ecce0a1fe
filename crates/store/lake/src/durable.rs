//! Forcing commits to disk.
//!
//! A commit is whole once its log entry is in place, but the system may hold its files in memory for a while. The
//! journal lets go of events once the lake says that it has them, so before it says so, all files of the commit, its
//! log entry, and the folders that name them are forced to disk.

use std::collections::BTreeSet;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

/// Forces a commit of the table in `folder` to disk: these files, named relative to it, and the log entry of `version`.
pub fn sync_commit(folder: &Path, files: &[String], version: u64) -> io::Result<()> {
    let log = folder.join("_delta_log").join(format!("{version:020}.json"));
    let paths: Vec<PathBuf> = files.iter().map(|file| folder.join(file)).chain([log]).collect();
    let mut folders = BTreeSet::from([folder.to_path_buf()]);
    for path in &paths {
        File::open(path)?.sync_all()?;
        folders.extend(path.parent().map(Path::to_path_buf));
    }
    folders.iter().try_for_each(|folder| File::open(folder)?.sync_all())
}

/// Forces everything to disk, whoever wrote it: for commits of a process that ended before it could force them.
pub fn sync_everything() {
    nix::unistd::sync();
}
