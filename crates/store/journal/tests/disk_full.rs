//! A full disk: appends fail as `Full`, nothing of them is there, and it goes on by itself when there is room.
//!
//! On a small filesystem in memory, made for the test; skipped where that may not be mounted.
#![allow(clippy::unwrap_used, clippy::print_stderr)]

use std::fs;
use std::path::Path;
use std::process::Command;

use journal::{AppendError, FileJournal, Journal, Options, Position, contract};
use tempfile::TempDir;

/// A filesystem of so many MiB, unmounted when dropped.
struct SmallDisk(TempDir);

impl SmallDisk {
    fn of(mebibytes: u32) -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let size = format!("size={mebibytes}m");
        let mounted =
            Command::new("mount").args(["-t", "tmpfs", "-o", &size, "tmpfs"]).arg(folder.path()).output().ok()?;
        if !mounted.status.success() {
            eprintln!("skipped: a filesystem can only be mounted by root");
            return None;
        }
        Some(Self(folder))
    }

    fn path(&self) -> &Path {
        self.0.path()
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(self.0.path()).status();
    }
}

/// Appends until the disk is full. Returns the position of the last that was taken.
async fn fill(journal: &FileJournal, from: u64) -> Position {
    for number in from..from + 100_000 {
        match journal.append(vec![contract::message(number, 50_000)]).await {
            Ok(_) => {}
            Err(AppendError::Full) => return journal.end(),
            Err(other) => panic!("a full disk must be told as such: {other}"),
        }
    }
    panic!("the disk never filled");
}

async fn count(journal: &FileJournal) -> u64 {
    let mut position = Position(0);
    loop {
        let entries = journal.read(position, 100).await.unwrap();
        let Some(last) = entries.last() else { return position.0 };
        for entry in &entries {
            assert_eq!(entry.event, contract::message(entry.position.0 - 1, 50_000));
        }
        position = last.position;
    }
}

async fn a_disk_fills_and_is_emptied(options: Options) {
    let Some(disk) = SmallDisk::of(48) else { return };
    let ballast = disk.path().join("ballast");
    fs::write(&ballast, vec![1; 20 << 20]).unwrap();
    let folder = disk.path().join("journal");
    let journal = FileJournal::open(&folder, options).unwrap();

    let end = fill(&journal, 0).await;
    assert!(end > Position(10), "it takes something before it is full: {end}");
    // Opening the database anew can have given some room back; what is taken then is as good as the rest.
    for _ in 0..5 {
        let _ = journal.append(vec![contract::message(journal.end().0, 50_000)]).await;
    }
    let end = journal.end();
    assert_eq!(count(&journal).await, end.0, "nothing that was refused is there, all else is");

    fs::remove_file(&ballast).unwrap();
    let after = journal.append(vec![contract::message(end.0, 50_000)]).await.unwrap();
    assert_eq!(after, Position(end.0 + 1), "it goes on by itself");
    drop(journal);
    let journal = FileJournal::open(&folder, options).unwrap();
    assert_eq!(count(&journal).await, end.0 + 1, "and all of it is there after a restart");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_is_told_before_it_is_quite_full_and_mends_itself() {
    a_disk_fills_and_is_emptied(Options { reserve_bytes: 10 << 20, buffer_bytes: 1 << 20, ..Options::default() }).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disk_that_others_filled_to_the_last_byte_mends_itself() {
    a_disk_fills_and_is_emptied(Options { reserve_bytes: 0, buffer_bytes: 1 << 20, ..Options::default() }).await;
}
