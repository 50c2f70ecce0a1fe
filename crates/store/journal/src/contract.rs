//! What every journal must do, whatever it stands on: the suite that each backend is run against.
//!
//! ```
//! # tokio::runtime::Runtime::new().unwrap().block_on(async {
//! journal::contract::check(|| (journal::MemoryJournal::new(), ())).await;
//! # });
//! ```
#![allow(clippy::unwrap_used, clippy::panic, reason = "a suite of tests, which fails by panicking")]

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use model::{Client, Event, EventId, MailProtocol, Message, Probe, ProbeKind, Timestamp};

use crate::{Journal, Position, ReadError};

/// Runs the whole suite, each check on a fresh journal. `fresh` returns an empty journal and whatever must live as
/// long as it does (its folder).
///
/// # Panics
/// If the journal breaks the contract.
pub async fn check<J: Journal, G>(fresh: impl Fn() -> (J, G)) {
    macro_rules! each {
        ($($check:ident)*) => {$(
            let (journal, guard) = fresh();
            $check(Arc::new(journal)).await;
            drop(guard);
        )*};
    }
    each! {
        positions_begin_at_one_and_have_no_gap
        what_is_read_is_what_was_appended
        an_append_of_nothing_changes_nothing
        a_read_returns_at_most_what_was_asked_for_and_something_if_there_is_any
        appends_from_many_at_once_are_each_there_once_and_whole
        what_was_brought_before_is_not_brought_again
        waiting_ends_when_there_is_something_to_read
        a_consumer_is_where_it_said_it_was_and_never_goes_back
        an_event_stays_until_every_consumer_had_it
        without_consumers_nothing_is_trimmed
    }
}

/// A small event that differs from those with other numbers.
pub fn event(number: u64) -> Event {
    let at = Timestamp::from_microsecond(1_226_440_200_000_000 + number.cast_signed()).unwrap_or_default();
    Event::Probe(Probe {
        id: EventId::new(at, u128::from(number)),
        at,
        session: None,
        client: Client::direct(IpAddr::V4(Ipv4Addr::new(240, 0, 0, 1)), 40_000),
        kind: ProbeKind::Relay,
        target: format!("somebody-{number}@elsewhere.example"),
        helo: "there.example".to_owned(),
    })
}

/// A message with this many bytes of content.
pub fn message(number: u64, bytes: usize) -> Event {
    let line = format!("Subject: message {number}, which differs from all others in its number\r\n");
    let content: Vec<u8> = line.bytes().cycle().take(bytes).collect();
    let at = Timestamp::from_microsecond(1_226_440_200_000_000 + number.cast_signed()).unwrap_or_default();
    Event::Message(Message {
        id: EventId::new(at, u128::from(number)),
        at,
        session: None,
        client: Client::direct(IpAddr::V4(Ipv4Addr::new(240, 0, 0, 2)), 25_000),
        protocol: MailProtocol::Smtp,
        helo: "there.example".to_owned(),
        mail_from: "offers@there.example".to_owned(),
        deliveries: Vec::new(),
        content: Bytes::from(content),
        received: String::new(),
        tls: false,
    })
}

fn events(numbers: std::ops::Range<u64>) -> Vec<Event> {
    numbers.map(event).collect()
}

/// All events after `after`, as a consumer reads them.
async fn read_all(journal: &impl Journal, after: Position) -> Vec<Event> {
    let mut position = after;
    let mut all = Vec::new();
    loop {
        let entries = journal.read(position, 7).await.unwrap();
        let Some(last) = entries.last() else { return all };
        for (entry, expected) in entries.iter().zip(position.0 + 1..) {
            assert_eq!(entry.position.0, expected, "entries are read in order and without a gap");
        }
        position = last.position;
        all.extend(entries.into_iter().map(|entry| entry.event));
    }
}

async fn positions_begin_at_one_and_have_no_gap(journal: Arc<impl Journal>) {
    assert_eq!(journal.end(), Position(0));
    assert_eq!(journal.append(events(0..1)).await.unwrap(), Position(1));
    assert_eq!(journal.append(events(1..4)).await.unwrap(), Position(4));
    assert_eq!(journal.end(), Position(4));
}

async fn what_is_read_is_what_was_appended(journal: Arc<impl Journal>) {
    let mut all = events(0..20);
    all.push(message(20, 100_000));
    journal.append(all.clone()).await.unwrap();
    assert_eq!(read_all(&*journal, Position(0)).await, all);
    assert_eq!(read_all(&*journal, Position(18)).await, all[18..]);
}

async fn an_append_of_nothing_changes_nothing(journal: Arc<impl Journal>) {
    journal.append(events(0..2)).await.unwrap();
    assert_eq!(journal.append(Vec::new()).await.unwrap(), Position(2));
    assert_eq!(journal.append_new(Vec::new()).await.unwrap(), Vec::<bool>::new());
    assert_eq!(journal.end(), Position(2));
}

async fn a_read_returns_at_most_what_was_asked_for_and_something_if_there_is_any(journal: Arc<impl Journal>) {
    assert!(journal.read(Position(0), 10).await.unwrap().is_empty());
    journal.append(events(0..10)).await.unwrap();
    for limit in 1..12 {
        let read = journal.read(Position(4), limit).await.unwrap();
        assert!(!read.is_empty() && read.len() <= limit);
    }
    assert!(journal.read(Position(10), 10).await.unwrap().is_empty());
    assert!(journal.read(Position(1_000), 10).await.unwrap().is_empty());
}

async fn appends_from_many_at_once_are_each_there_once_and_whole(journal: Arc<impl Journal>) {
    let mut appenders = tokio::task::JoinSet::new();
    for appender in 0..20 {
        let journal = Arc::clone(&journal);
        appenders.spawn(async move {
            for n in 0..10 {
                let first = appender * 1_000 + n * 2;
                let last = journal.append(events(first..first + 2)).await.unwrap();
                assert!(journal.end() >= last, "what is acknowledged can be read");
            }
        });
    }
    while let Some(done) = appenders.join_next().await {
        done.unwrap();
    }
    let read = read_all(&*journal, Position(0)).await;
    assert_eq!(read.len(), 400);
    assert_eq!(read.iter().map(Event::id).collect::<BTreeSet<_>>().len(), 400);
    for pair in read.chunks(2) {
        let numbered = (0..20_000).step_by(2).find(|n| event(*n) == pair[0]).unwrap();
        assert_eq!(pair[1], event(numbered + 1), "events of one append stay together");
    }
}

async fn what_was_brought_before_is_not_brought_again(journal: Arc<impl Journal>) {
    assert_eq!(journal.append_new(events(0..3)).await.unwrap(), [true, true, true]);
    assert_eq!(journal.append_new(events(2..5)).await.unwrap(), [false, true, true]);
    assert_eq!(journal.append_new(vec![event(9), event(9)]).await.unwrap(), [true, false]);
    assert_eq!(read_all(&*journal, Position(0)).await, [events(0..5), events(9..10)].concat());
    journal.acknowledge("only", Position(6)).await.unwrap();
    assert_eq!(journal.append_new(events(0..5)).await.unwrap(), [false; 5], "trimming forgets no id");
    assert_eq!(journal.end(), Position(6));
}

async fn waiting_ends_when_there_is_something_to_read(journal: Arc<impl Journal>) {
    let waiting = tokio::spawn({
        let journal = Arc::clone(&journal);
        async move {
            journal.wait_past(Position(1)).await;
            journal.read(Position(1), 10).await.unwrap().len()
        }
    });
    journal.append(events(0..1)).await.unwrap();
    tokio::task::yield_now().await;
    assert!(!waiting.is_finished());
    journal.append(events(1..2)).await.unwrap();
    let read = tokio::time::timeout(Duration::from_secs(20), waiting).await.unwrap().unwrap();
    assert_eq!(read, 1);
    journal.wait_past(Position(0)).await;
}

async fn a_consumer_is_where_it_said_it_was_and_never_goes_back(journal: Arc<impl Journal>) {
    journal.append(events(0..9)).await.unwrap();
    assert_eq!(journal.acknowledged("lake").await.unwrap(), Position(0));
    journal.acknowledge("lake", Position(5)).await.unwrap();
    assert_eq!(journal.acknowledged("lake").await.unwrap(), Position(5));
    journal.acknowledge("lake", Position(3)).await.unwrap();
    assert_eq!(journal.acknowledged("lake").await.unwrap(), Position(5));
}

async fn an_event_stays_until_every_consumer_had_it(journal: Arc<impl Journal>) {
    journal.append(events(0..9)).await.unwrap();
    journal.acknowledged("state").await.unwrap();
    journal.acknowledge("lake", Position(9)).await.unwrap();
    assert_eq!(read_all(&*journal, Position(0)).await.len(), 9, "state has not had them");
    journal.acknowledge("state", Position(4)).await.unwrap();
    match journal.read(Position(0), 1).await {
        Err(ReadError::Trimmed(begin)) => assert_eq!(begin, Position(5)),
        other => panic!("trimmed entries must not be read: {other:?}"),
    }
    assert_eq!(read_all(&*journal, Position(4)).await, events(4..9));
}

async fn without_consumers_nothing_is_trimmed(journal: Arc<impl Journal>) {
    journal.append(events(0..5)).await.unwrap();
    assert_eq!(read_all(&*journal, Position(0)).await.len(), 5);
}
