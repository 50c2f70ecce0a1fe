//! The writer while it follows the journal: facts visible at once, flushes beside reading, patience with a full disk.

use std::sync::Arc;
use std::time::Duration;

use journal::Journal;
use lake::{Lake, Table, WriterOptions};
use tokio_util::sync::CancellationToken;

use crate::events;
use crate::support::{Bench, break_table, counts, expected, number};

async fn until(what: &str, condition: impl AsyncFn() -> bool) {
    for _ in 0..3000 {
        if condition().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("never happened: {what}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_sees_each_fact_once_before_while_and_after_it_is_flushed() {
    let bench = Bench::new();
    let options = WriterOptions { flush_rows: 40, ..WriterOptions::default() };
    let (lake, writer) = bench.start(options).await;
    let stop = CancellationToken::new();
    let running = tokio::spawn(writer.run(stop.clone()));
    let events = events::mixed(600);
    let mut seen = 0;
    for chunk in events.chunks(30) {
        bench.append(chunk.to_vec()).await;
        let appended = i64::try_from(bench.journal.end().0 / 5).unwrap();
        for _ in 0..3 {
            let visits = number(&lake, Table::Visits, "select count(*) from t").await;
            let different = number(&lake, Table::Visits, "select count(distinct id) from t").await;
            assert!(seen <= visits && visits <= appended, "{seen} then {visits} of {appended}");
            assert!(different >= visits, "none twice");
            seen = visits;
        }
    }
    until("all is shown", async || lake.shown_to() == bench.journal.end()).await;
    assert_eq!(counts(&lake).await, expected(&events));
    stop.cancel();
    running.await.unwrap().unwrap();
    assert_eq!(lake.waiting_rows(), 0, "a writer that is stopped flushes what it has");
    assert_eq!(counts(&lake).await, expected(&events));
}

#[tokio::test(flavor = "multi_thread")]
async fn while_a_table_cannot_be_written_the_tail_stays_bounded_and_then_all_arrives() {
    let bench = Bench::new();
    let options = WriterOptions { flush_rows: 100, ..WriterOptions::default() };
    let (lake, writer) = bench.start(options).await;
    let breakage = break_table(&bench.table(Table::Messages));
    let stop = CancellationToken::new();
    let running = tokio::spawn(writer.run(stop.clone()));
    let events = events::mixed(5000);
    bench.append(events.clone()).await;
    until("the tail is full", async || lake.waiting_rows() >= 200).await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!(lake.waiting_rows() < 3000, "{} rows wait", lake.waiting_rows());
    assert!(lake.shown_to() < bench.journal.end());
    drop(breakage);
    until("all has arrived", async || lake.shown_to() == bench.journal.end()).await;
    stop.cancel();
    running.await.unwrap().unwrap();
    assert_eq!(counts(&lake).await, expected(&events));
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_are_flushed_when_they_have_waited_long_enough() {
    let bench = Bench::new();
    let options = WriterOptions { flush_after: Duration::from_millis(50), ..WriterOptions::default() };
    let (lake, writer) = bench.start(options).await;
    let stop = CancellationToken::new();
    let running = tokio::spawn(writer.run(stop.clone()));
    bench.append(events::mixed(10)).await;
    until("they are in the tables", async || lake.furthest().0 == 10 && lake.waiting_rows() == 0).await;
    let others = Lake::open(bench.folder.path()).await.unwrap();
    assert_eq!(number(&others, Table::Visits, "select count(*) from t").await, 2);
    stop.cancel();
    running.await.unwrap().unwrap();
    drop(Arc::clone(&lake));
}
