//! Files that were cut or have flipped bits: a clear word, and every intact entry is still there.
#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::{Path, PathBuf};

use journal::{FileJournal, Finding, Journal, OpenError, Options, Position, ReadError, contract};
use model::Event;

const ENTRIES: u64 = 200;

/// A journal of 200 messages in a folder, closed in an orderly way: all of it is in one log.
async fn written(folder: &Path, options: Options) {
    let journal = FileJournal::open(folder, options).unwrap();
    for number in 0..ENTRIES {
        journal.append(vec![contract::message(number, 1_000)]).await.unwrap();
    }
}

/// What a consumer gets that notes damage and goes on: intact events by position, and damaged positions.
async fn consume(journal: &FileJournal) -> (Vec<(u64, Event)>, Vec<u64>) {
    let (mut intact, mut damaged) = (Vec::new(), Vec::new());
    let mut position = Position(0);
    while position < journal.end() {
        match journal.read(position, 50).await {
            Ok(entries) => {
                position = entries.last().unwrap().position;
                intact.extend(entries.into_iter().map(|entry| (entry.position.0, entry.event)));
            }
            Err(ReadError::Damaged { position: at, .. }) => {
                damaged.extend(position.0 + 1..=at.0);
                position = at;
            }
            Err(other) => panic!("{other}"),
        }
    }
    (intact, damaged)
}

fn log(folder: &Path) -> PathBuf {
    let files = fs::read_dir(folder.join("log")).unwrap().map(|file| file.unwrap().path());
    files.filter(|path| path.extension().is_some_and(|extension| extension == "jnl")).max().unwrap()
}

fn used(bytes: &[u8]) -> usize {
    bytes.iter().rposition(|byte| *byte != 0).unwrap() + 1
}

fn assert_intact(intact: &[(u64, Event)]) {
    for (position, event) in intact {
        assert_eq!(*event, contract::message(position - 1, 1_000));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cut_tail_loses_only_what_was_cut_and_is_told() {
    let folder = tempfile::tempdir().unwrap();
    written(folder.path(), Options::default()).await;
    let bytes = fs::read(log(folder.path())).unwrap();
    fs::write(log(folder.path()), &bytes[..used(&bytes) - 1_500]).unwrap();

    let journal = FileJournal::open(folder.path(), Options::default()).unwrap();
    assert!(matches!(journal.report().findings[..], [Finding::UnfinishedWrite { .. }]), "{:?}", journal.report());
    assert!(journal.report().findings[0].to_string().contains("unfinished write"));
    let (intact, damaged) = consume(&journal).await;
    assert_eq!((intact.len() as u64, damaged.len()), (ENTRIES - 2, 0));
    assert_intact(&intact);
    assert_eq!(journal.append(vec![contract::event(7)]).await.unwrap(), Position(ENTRIES - 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flipped_bit_costs_one_entry_at_most_wherever_it_is() {
    let original = tempfile::tempdir().unwrap();
    written(original.path(), Options::default()).await;
    let bytes = fs::read(log(original.path())).unwrap();
    let used = used(&bytes);
    fs::write(log(original.path()), &bytes[..used]).unwrap();
    // Spread over the file and over all parts of a batch: its start, an item's lengths, key, value, checksum.
    for at in (0..40).map(|n| n * used / 40 + n * 29).chain(0..80).filter(|at| *at < used) {
        let folder = tempfile::tempdir().unwrap();
        copy(original.path(), folder.path());
        let mut flipped = bytes[..used].to_vec();
        flipped[at] ^= 0x10;
        fs::write(log(folder.path()), &flipped).unwrap();

        let journal = FileJournal::open(folder.path(), Options::default()).unwrap();
        let (intact, damaged) = consume(&journal).await;
        assert_intact(&intact);
        let left = intact.len() as u64;
        assert!(left >= ENTRIES - 1 && damaged.len() <= 1, "byte {at}: {left} left, {damaged:?} lost");
        assert!(!journal.report().findings.is_empty(), "byte {at}: nothing was said");
        let next = journal.append(vec![contract::event(7)]).await.unwrap();
        assert_eq!(next.0, left + damaged.len() as u64 + 1);
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for file in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let target = to.join(file.file_name());
        if file.path().is_dir() {
            copy(&file.path(), &target);
        } else {
            fs::copy(file.path(), target).unwrap();
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn damaged_tables_lose_only_what_is_damaged_and_block_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let options = Options { buffer_bytes: 16 << 10, ..Options::default() };
    written(folder.path(), options).await;
    // Opened anew, so that what is in the log is in tables too.
    drop(FileJournal::open(folder.path(), options).unwrap());
    let mut tables = Vec::new();
    let mut folders = vec![folder.path().join("log").join("keyspaces")];
    while let Some(next) = folders.pop() {
        for file in fs::read_dir(next).unwrap().map(|file| file.unwrap().path()) {
            if file.is_dir() {
                folders.push(file);
            } else if fs::metadata(&file).unwrap().len() > 8_000 {
                tables.push(file);
            }
        }
    }
    tables.sort();
    let table = tables.first().expect("some entries are in a table");
    let mut bytes = fs::read(table).unwrap();
    bytes[3_000] ^= 1;
    fs::write(table, &bytes).unwrap();

    let journal = FileJournal::open(folder.path(), options).unwrap();
    let (intact, damaged) = consume(&journal).await;
    assert_intact(&intact);
    assert!((1..=8).contains(&damaged.len()), "{damaged:?}: one block's");
    assert_eq!(intact.len() + damaged.len(), ENTRIES as usize);
    assert!(journal.append(vec![contract::event(7)]).await.is_ok());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_cannot_be_opened_is_built_anew_from_what_is_intact() {
    let folder = tempfile::tempdir().unwrap();
    written(folder.path(), Options { buffer_bytes: 64 << 10, ..Options::default() }).await;
    fs::write(folder.path().join("log").join("version"), b"rubbish").unwrap();

    let journal = FileJournal::open(folder.path(), Options::default()).unwrap();
    assert!(matches!(journal.report().findings[..], [Finding::Rebuilt { .. }]), "{:?}", journal.report());
    let (intact, damaged) = consume(&journal).await;
    assert_eq!((intact.len() as u64, damaged.len()), (ENTRIES, 0));
    assert_intact(&intact);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_journal_in_use_cannot_be_opened_again_until_it_is_closed() {
    let folder = tempfile::tempdir().unwrap();
    let journal = FileJournal::open(folder.path(), Options::default()).unwrap();
    let refused = FileJournal::open(folder.path(), Options::default()).err().unwrap();
    assert!(matches!(refused, OpenError::InUse(_)) && refused.to_string().contains("in use"), "{refused}");
    drop(journal);
    assert!(FileJournal::open(folder.path(), Options::default()).is_ok());
}

#[tokio::test(flavor = "multi_thread")]
async fn positions_and_consumers_survive_an_orderly_stop_even_if_all_was_trimmed() {
    let folder = tempfile::tempdir().unwrap();
    written(folder.path(), Options::default()).await;
    {
        let journal = FileJournal::open(folder.path(), Options::default()).unwrap();
        journal.acknowledge("lake", Position(ENTRIES)).await.unwrap();
    }
    let journal = FileJournal::open(folder.path(), Options::default()).unwrap();
    assert_eq!(journal.acknowledged("lake").await.unwrap(), Position(ENTRIES));
    assert_eq!(journal.append(vec![contract::event(7)]).await.unwrap(), Position(ENTRIES + 1));
    assert!(journal.report().findings.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn no_position_is_given_twice_when_a_consumer_is_ahead_of_a_lost_tail() {
    let folder = tempfile::tempdir().unwrap();
    written(folder.path(), Options::default()).await;
    let journal = FileJournal::open(folder.path(), Options::default()).unwrap();
    journal.acknowledge("lake", Position(ENTRIES + 50)).await.unwrap();
    assert!(journal.append(vec![contract::event(7)]).await.unwrap() > Position(ENTRIES + 50));
}
