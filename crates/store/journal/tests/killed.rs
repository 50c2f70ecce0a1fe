//! A process that is killed at any moment under load loses nothing that it had acknowledged.
//!
//! The test runs itself again as the process that is killed.
#![allow(clippy::unwrap_used)]

use std::collections::{BTreeMap, HashMap};
use std::io::{BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

use journal::{FileJournal, Journal, Options, Position, contract};
use model::{Event, EventId};

const FOLDER: &str = "TRAPLINE_TEST_JOURNAL";
const ROUND: &str = "TRAPLINE_TEST_ROUND";
const ROUNDS: u64 = 6;

/// Not a test by itself: what is killed. Says each acknowledged event's number and position on its output.
#[test]
fn the_process_that_is_killed() {
    let Ok(folder) = std::env::var(FOLDER) else { return };
    let round: u64 = std::env::var(ROUND).unwrap().parse().unwrap();
    let options = Options { buffer_bytes: 256 << 10, ..Options::default() };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().unwrap();
    runtime.block_on(async {
        let journal = Arc::new(FileJournal::open(Path::new(&folder), options).unwrap());
        let mut appenders = tokio::task::JoinSet::new();
        for appender in 0..30 {
            let journal = Arc::clone(&journal);
            appenders.spawn(async move {
                for n in 0.. {
                    let number = (round * 100 + appender) * 1_000_000 + n * 2;
                    let events = vec![contract::message(number, 2_000), contract::event(number + 1)];
                    let last = journal.append(events).await.unwrap();
                    // One write of 16 bytes to a pipe is whole or not at all.
                    let acknowledged = [number.to_be_bytes(), last.0.to_be_bytes()].concat();
                    std::io::stderr().write_all(&acknowledged).unwrap();
                    if n % 20 == 7 {
                        journal.acknowledge("lake", Position(last.0 / 2)).await.unwrap();
                    }
                }
            });
        }
        while appenders.join_next().await.is_some() {}
    });
}

fn start(folder: &Path, round: u64) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "the_process_that_is_killed", "--nocapture"])
        .env(FOLDER, folder)
        .env(ROUND, round.to_string())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

/// Kills it once it has acknowledged so many appends. Returns all that it acknowledged: number and position.
fn kill_after(mut child: Child, appends: u64) -> Vec<(u64, u64)> {
    let mut output = BufReader::new(child.stderr.take().unwrap());
    let mut acknowledged = Vec::new();
    let mut pair = [0; 16];
    while output.read_exact(&mut pair).is_ok() {
        let (number, position) = pair.split_at(8);
        acknowledged
            .push((u64::from_be_bytes(number.try_into().unwrap()), u64::from_be_bytes(position.try_into().unwrap())));
        if acknowledged.len() as u64 == appends {
            // SIGKILL. What it said before it died is still read.
            child.kill().unwrap();
        }
    }
    child.wait().unwrap();
    assert!(acknowledged.len() as u64 >= appends, "the process stopped by itself");
    acknowledged
}

async fn all_events(journal: &FileJournal) -> BTreeMap<u64, Event> {
    let mut all = BTreeMap::new();
    let mut position = journal.report().trimmed;
    loop {
        let entries = journal.read(position, 1_000).await.unwrap();
        let Some(last) = entries.last() else { return all };
        position = last.position;
        for entry in entries {
            assert!(all.insert(entry.position.0, entry.event).is_none());
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_acknowledged_before_a_kill_is_there_once() {
    if std::env::var(FOLDER).is_ok() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let mut acknowledged: HashMap<u64, u64> = HashMap::new();
    for round in 0..ROUNDS {
        // Appends after which it is killed: from the very first group to some memtables and tables later.
        let appends = [1, 500, 90, 2_000, 37, 1_200][round as usize % 6];
        let child = start(folder.path(), round);
        let said = tokio::task::spawn_blocking(move || kill_after(child, appends)).await.unwrap();
        acknowledged.extend(said);

        let journal = FileJournal::open(folder.path(), Options::default()).unwrap();
        assert!(journal.report().lost.is_empty(), "{:?}", journal.report());
        let events = all_events(&journal).await;
        let mut seen: HashMap<EventId, u64> = HashMap::new();
        for (position, event) in &events {
            assert!(seen.insert(event.id(), *position).is_none(), "an event is there twice");
        }
        let first = journal.report().trimmed.0 + 1;
        assert!(events.keys().copied().eq(first..=journal.end().0), "positions have no gap");
        for (number, last) in acknowledged.iter().filter(|(_, last)| **last > first) {
            assert_eq!(events[last], contract::event(number + 1), "acknowledged at {last}");
            assert_eq!(events[&(last - 1)], contract::message(*number, 2_000));
        }
    }
    assert!(acknowledged.len() >= 3_000);
}
