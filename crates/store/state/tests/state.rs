//! What the state promises: each event once, the same whatever the batches, and a word for whatever is wrong.

#![allow(clippy::unwrap_used)]

mod world;

use std::fs;
use std::path::Path;
use std::sync::Arc;

use journal::Position;
use model::{ActivityKind, VisitorNet};
use network::{DatasetBuilder, Kind, NetworkMap};
use proptest::prelude::*;
use state::{Rebuilt, State, StateBuilder, StateError};
use world::{Judged, apply, events, host};

fn opened(folder: &Path) -> State {
    State::open(&folder.join("state")).unwrap()
}

fn rebuilt(folder: &Path, events: &[Judged], size: usize) -> Rebuilt {
    let builder = StateBuilder::create(&folder.join("state")).unwrap();
    for batch in events.chunks(size) {
        builder.add(batch.iter().map(|judged| (&judged.event, judged.judgement.as_ref()))).unwrap();
    }
    builder.finish(events.iter().map(|judged| judged.position).max().unwrap_or_default()).unwrap()
}

#[test]
fn a_host_is_found_with_all_it_did_and_what_it_took() {
    let folder = tempfile::tempdir().unwrap();
    let state = opened(folder.path());
    apply(&state, &events(600), 100).unwrap();
    let harvester = state.host(host(3)).unwrap().unwrap();
    assert_eq!(harvester.host, host(3));
    let deliveries = harvester.activity(ActivityKind::Harvester).unwrap().count;
    let mailed: Vec<_> = state.mailed_addresses(host(3)).map(Result::unwrap).collect();
    assert_eq!(mailed.iter().map(|(_, tally)| tally.count).sum::<u64>(), deliveries);
    assert!(mailed.iter().all(|(harvest, _)| harvest.visitor == host(3)));
    assert!(!harvester.samples.is_empty() && !harvester.helo_names.is_empty());
    assert_eq!(state.host("243.0.0.1".parse().unwrap()).unwrap(), None, "a host that was never seen has no record");
    let totals = state.totals();
    assert_eq!((totals.events, totals.messages), (600, 360));
    assert_eq!(totals.turnarounds.addresses(), 17);
}

#[test]
fn the_neighbours_of_a_host_are_those_of_its_prefix() {
    let folder = tempfile::tempdir().unwrap();
    let state = opened(folder.path());
    apply(&state, &events(600), 600).unwrap();
    let neighbours: Vec<VisitorNet> =
        state.hosts_within("240.0.1.0/24".parse().unwrap()).map(|host| host.unwrap().0).collect();
    assert_eq!(neighbours, [host(4), host(5), host(6), host(7)]);
    assert_eq!(state.hosts().count(), 61);
}

#[test]
fn an_event_that_comes_again_after_a_restart_counts_once() {
    let folder = tempfile::tempdir().unwrap();
    let all = events(400);
    let state = opened(folder.path());
    apply(&state, &all[..250], 50).unwrap();
    let digest = state.digest().unwrap();
    drop(state);
    let state = opened(folder.path());
    assert_eq!((state.position(), state.digest().unwrap()), (Position(250), digest));
    apply(&state, &all[100..], 70).unwrap();
    apply(&state, &all[..10], 10).unwrap();
    assert_eq!((state.position(), state.totals().events), (Position(400), 400));

    let other = tempfile::tempdir().unwrap();
    let straight = opened(other.path());
    apply(&straight, &all, 400).unwrap();
    assert_eq!(straight.digest().unwrap(), state.digest().unwrap());
    assert_eq!(straight.totals(), state.totals());
}

#[test]
fn a_rebuild_in_another_order_makes_the_same_state_and_takes_its_place() {
    let folder = tempfile::tempdir().unwrap();
    let mut all = events(500);
    let live = opened(folder.path());
    apply(&live, &all, 64).unwrap();
    let digest = live.digest().unwrap();
    assert_eq!(live.persist().unwrap(), Position(500));

    // As from the lake: one table after the other.
    all.sort_by_key(|judged| judged.event.kind());
    all.reverse();
    let rebuilt = rebuilt(folder.path(), &all, 333);
    assert_eq!(live.digest().unwrap(), digest, "the old state serves on meanwhile");
    drop(live);
    rebuilt.replace().unwrap();
    let state = opened(folder.path());
    assert_eq!((state.digest().unwrap(), state.position()), (digest, Position(500)));
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing is left lying about");
}

#[test]
fn a_state_in_use_is_not_replaced_nor_opened_twice() {
    let folder = tempfile::tempdir().unwrap();
    let state = opened(folder.path());
    apply(&state, &events(50), 50).unwrap();
    assert!(matches!(State::open(&folder.path().join("state")), Err(StateError::InUse { .. })));
    let rebuilt = rebuilt(folder.path(), &events(20), 20);
    assert!(matches!(rebuilt.replace(), Err(StateError::InUse { .. })));
    drop(state);
    assert_eq!(opened(folder.path()).totals().events, 50);
}

#[test]
fn a_replacement_cut_short_between_its_two_renames_is_completed_at_the_next_start() {
    let folder = tempfile::tempdir().unwrap();
    let state = opened(folder.path());
    apply(&state, &events(50), 50).unwrap();
    drop(state);
    let _ = rebuilt(folder.path(), &events(80), 20);
    fs::rename(folder.path().join("state"), folder.path().join("state.previous")).unwrap();
    let state = opened(folder.path());
    assert_eq!(state.position(), Position(80));
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn a_rebuild_that_was_given_up_is_begun_afresh() {
    let folder = tempfile::tempdir().unwrap();
    let builder = StateBuilder::create(&folder.path().join("state")).unwrap();
    let half = events(30);
    builder.add(half.iter().map(|judged| (&judged.event, judged.judgement.as_ref()))).unwrap();
    assert!(matches!(StateBuilder::create(&folder.path().join("state")), Err(StateError::InUse { .. })));
    drop(builder);
    rebuilt(folder.path(), &events(20), 20).replace().unwrap();
    assert_eq!(opened(folder.path()).totals().events, 20);
}

#[test]
fn a_state_of_another_version_says_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    drop(opened(folder.path()));
    let database = fjall::Database::builder(folder.path().join("state")).open().unwrap();
    database.keyspace("state", Default::default).unwrap().insert(b"!format", b"0").unwrap();
    drop(database);
    let error = State::open(&folder.path().join("state")).err().unwrap();
    assert!(matches!(error, StateError::Format { .. }));
    assert!(error.to_string().contains("trapline rebuild"), "{error}");
    rebuilt(folder.path(), &events(20), 20).replace().unwrap();
    assert_eq!(opened(folder.path()).totals().events, 20);
}

#[test]
fn a_state_with_a_broken_file_says_what_to_do_and_a_rebuild_replaces_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state");
    let state = opened(folder.path());
    apply(&state, &events(50), 50).unwrap();
    drop(state);
    for entry in fs::read_dir(&path).unwrap().map(Result::unwrap) {
        if entry.file_type().unwrap().is_file() && entry.file_name() != "lock" {
            fs::write(entry.path(), b"not what was written").unwrap();
        }
    }
    let error = State::open(&path).err().unwrap();
    assert!(error.to_string().contains("trapline rebuild"), "{error}");
    rebuilt(folder.path(), &events(20), 20).replace().unwrap();
    assert_eq!(opened(folder.path()).totals().events, 20);
}

#[test]
fn the_picture_counts_every_host_once() {
    let folder = tempfile::tempdir().unwrap();
    let state = opened(folder.path());
    apply(&state, &events(600), 100).unwrap();
    let picture = state.picture(&Arc::default()).unwrap();
    assert_eq!(picture.hosts, 61);
    assert_eq!(picture.totals.messages, state.totals().issued_deliveries);
    assert_eq!(picture.totals.harvested_messages, state.totals().harvested_deliveries);
    assert_eq!(picture.cost.addresses_mailed, 17);
}

#[test]
fn a_picture_kept_up_is_the_picture_drawn_afresh() {
    let mut routes = DatasetBuilder::new();
    routes.prefix("240.0.0.0/16".parse().unwrap(), Some(64500), None);
    routes.prefix("240.1.0.0/16".parse().unwrap(), Some(64501), None);
    let (routes, _) = routes.build(Kind::Routes, "2008-11-01".parse().unwrap());
    let networks = Arc::new(NetworkMap::new(vec![routes]));

    let folder = tempfile::tempdir().unwrap();
    let state = opened(folder.path());
    let all = events(600);
    apply(&state, &all[..200], 30).unwrap();
    assert_eq!(state.picture(&networks).unwrap().totals.messages, state.totals().issued_deliveries);
    apply(&state, &all[200..], 70).unwrap();
    let kept_up = state.picture(&networks).unwrap();
    assert_eq!(state.picture(&Arc::new(NetworkMap::default())).unwrap().providers.len(), 1, "another map is heeded");
    drop(state);
    assert_eq!(kept_up, opened(folder.path()).picture(&networks).unwrap());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(8))]
    #[test]
    fn the_state_is_the_same_however_its_events_were_batched(sizes in prop::collection::vec(1usize..90, 1..6)) {
        let all = events(200);
        let whole = tempfile::tempdir().unwrap();
        let whole = opened(whole.path());
        apply(&whole, &all, 200).unwrap();

        let split = tempfile::tempdir().unwrap();
        let split = opened(split.path());
        let mut rest = all.as_slice();
        for size in sizes.iter().cycle() {
            let (batch, after) = rest.split_at((*size).min(rest.len()));
            apply(&split, batch, 90).unwrap();
            rest = after;
            if rest.is_empty() {
                break;
            }
        }
        prop_assert_eq!(split.digest().unwrap(), whole.digest().unwrap());
    }
}
