//! The files of a source, in an order that is the same each time.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// How deep folders are searched.
const DEPTH: usize = 32;

/// Files and their bytes on disk in all.
#[derive(Debug, Default)]
pub(crate) struct Files {
    pub paths: Vec<PathBuf>,
    pub size: u64,
}

/// The files of a source: itself, or those of the folder that it is.
///
/// A folder with `cur` and `new` in it is a Maildir: its messages are the files in these two, and the folders beside
/// them that begin with a dot are Maildirs within it (Maildir++). `tmp` holds messages that are still being written,
/// and the other files are the mail server's. Of any other folder all files are taken, and those of its folders.
/// Symbolic links within a folder are not followed: they can lead in circles.
///
/// # Errors
/// Those of reading a folder.
pub(crate) fn of(source: &Path) -> io::Result<Files> {
    let mut files = Files::default();
    let metadata = fs::metadata(source)?;
    if metadata.is_dir() {
        files.gather(source, 0)?;
    } else {
        files.size = metadata.len();
        files.paths.push(source.to_owned());
    }
    Ok(files)
}

impl Files {
    fn gather(&mut self, folder: &Path, depth: usize) -> io::Result<()> {
        if depth > DEPTH {
            return Ok(());
        }
        let mut entries = fs::read_dir(folder)?.collect::<Result<Vec<_>, _>>()?;
        entries.sort_by_key(fs::DirEntry::file_name);
        let is_maildir = ["cur", "new"].iter().all(|name| folder.join(name).is_dir());
        for entry in entries {
            let name = entry.file_name();
            let name = name.to_string_lossy();
            let kind = entry.file_type()?;
            if kind.is_dir() && (!is_maildir || name == "cur" || name == "new" || name.starts_with('.')) {
                self.gather(&entry.path(), depth + 1)?;
            } else if kind.is_file() && !is_maildir {
                self.size += entry.metadata()?.len();
                self.paths.push(entry.path());
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn of_a_maildir_only_delivered_messages_are_taken() {
        let folder = tempfile::tempdir().unwrap();
        for path in ["cur/2:2,S", "new/1", "tmp/half", "dovecot-uidlist", ".Junk/cur/3:2,", ".Junk/new/4", "x/5"] {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "Subject: x\n\n").unwrap();
        }
        let files = of(folder.path()).unwrap();
        let names: Vec<_> =
            files.paths.iter().map(|path| path.strip_prefix(folder.path()).unwrap().to_str().unwrap()).collect();
        assert_eq!(names, [".Junk/cur/3:2,", ".Junk/new/4", "cur/2:2,S", "new/1"]);
        assert_eq!(files.size, 4 * 12);
    }
}
