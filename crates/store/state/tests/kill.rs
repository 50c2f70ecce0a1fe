//! The state after `kill -9` at any moment: whole batches, each event once, and its position says which.

#![allow(clippy::unwrap_used)]
#![allow(clippy::disallowed_methods, reason = "the lines are those of this test itself")]

mod world;

use std::env;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use journal::Position;
use state::State;
use world::{apply, events};

const FOLDER: &str = "TRAPLINE_TEST_KILLED_STATE";
const EVENTS: u64 = 2_000;

/// Runs only as the process to be killed: folds the world in, small batch by small batch, and says where it is.
#[test]
fn as_the_process_to_be_killed() {
    let Ok(folder) = env::var(FOLDER) else { return };
    let state = State::open(Path::new(&folder)).unwrap();
    let all = events(EVENTS);
    let after = all.iter().position(|judged| judged.position > state.position()).unwrap_or(all.len());
    for batch in all[after..].chunks(7) {
        apply(&state, batch, 7).unwrap();
        eprintln!("applied");
    }
}

#[test]
fn a_process_killed_while_it_folds_loses_nothing_and_counts_nothing_twice() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state");
    let mut reached = Position(0);
    for batches in [1, 5, 20, 40] {
        let mut child = Command::new(env::current_exe().unwrap())
            .args(["as_the_process_to_be_killed", "--exact", "--nocapture"])
            .env(FOLDER, &path)
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stderr.take().unwrap()).lines().map(Result::unwrap);
        let applied = lines.filter(|line| line == "applied").take(batches).count() as u64;
        child.kill().unwrap();
        child.wait().unwrap();

        let state = State::open(&path).unwrap();
        assert!(state.position() >= Position(reached.0 + applied * 7), "what was applied is there");
        reached = state.position();
        let straight = tempfile::tempdir().unwrap();
        let straight = State::open(straight.path()).unwrap();
        apply(&straight, &events(reached.0), 500).unwrap();
        assert_eq!(state.digest().unwrap(), straight.digest().unwrap(), "after {reached} events");
    }
    assert!(reached < Position(EVENTS), "it was killed before it had all");
}
