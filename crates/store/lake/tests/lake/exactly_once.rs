//! Each event is counted once, wherever a crash cuts a flush.

use journal::{Journal, Position};
use lake::{Lake, LakeError, LakeWriter, Table};

use crate::events;
use crate::support::{Bench, break_table, by_hand, counts, expected};

#[tokio::test(flavor = "multi_thread")]
async fn a_crash_between_any_two_tables_neither_loses_nor_doubles_a_row() {
    for broken in Table::ALL {
        let bench = Bench::new();
        let events = events::mixed(150);
        bench.append(events[..100].to_vec()).await;
        let (_, mut writer) = bench.start(by_hand()).await;
        writer.catch_up().await.unwrap();
        let breakage = break_table(&bench.table(broken));
        assert!(writer.flush().await.is_err(), "the flush has to fail at {broken}");
        drop((writer, breakage));
        bench.append(events[100..].to_vec()).await;

        let (lake, mut writer) = bench.start(by_hand()).await;
        writer.catch_up().await.unwrap();
        assert_eq!(counts(&lake).await, expected(&events), "before the flush after a crash at {broken}");
        writer.flush().await.unwrap();
        assert_eq!(counts(&lake).await, expected(&events), "after the flush after a crash at {broken}");
        assert_eq!(lake.waiting_rows(), 0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flush_that_failed_is_finished_by_the_next_without_doubling() {
    let bench = Bench::new();
    let events = events::mixed(60);
    bench.append(events.clone()).await;
    let (lake, mut writer) = bench.start(by_hand()).await;
    writer.catch_up().await.unwrap();
    let breakage = break_table(&bench.table(Table::Deliveries));
    assert!(writer.flush().await.is_err());
    assert_eq!(bench.journal.acknowledged(lake::CONSUMER).await.unwrap(), Position(0), "not all tables have them");
    drop(breakage);
    writer.flush().await.unwrap();
    assert_eq!(bench.journal.acknowledged(lake::CONSUMER).await.unwrap(), Position(60));
    assert_eq!(counts(&lake).await, expected(&events));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_flushed_but_never_acknowledged_is_not_written_again() {
    let bench = Bench::new();
    let events = events::mixed(50);
    bench.append(events.clone()).await;
    let (_, mut writer) = bench.start(by_hand()).await;
    writer.catch_up().await.unwrap();
    writer.flush().await.unwrap();

    // A journal whose acknowledgements were lost gives everything again.
    let forgetful = Bench { folder: bench.folder, journal: Bench::new().journal };
    forgetful.append(events.clone()).await;
    let (lake, mut writer) = forgetful.start(by_hand()).await;
    writer.catch_up().await.unwrap();
    assert_eq!(counts(&lake).await, expected(&events));
    writer.flush().await.unwrap();
    assert_eq!(counts(&lake).await, expected(&events));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lake_refuses_a_journal_that_it_was_not_written_from() {
    let bench = Bench::new();
    bench.append(events::mixed(20)).await;
    let (_, mut writer) = bench.start(by_hand()).await;
    writer.catch_up().await.unwrap();
    writer.flush().await.unwrap();

    let other = Bench::new();
    other.append(events::mixed(3)).await;
    let lake = Lake::open(bench.folder.path()).await.unwrap();
    let refused = LakeWriter::new(lake, other.journal, std::sync::Arc::new(events::judge), by_hand()).await;
    assert!(matches!(refused.err(), Some(LakeError::OtherJournal { lake: 20, journal: 3 })));
}
