//! Compaction and retention: fewer files, the same rows, and nobody who reads meanwhile notices.

use std::time::Duration;

use datafusion::prelude::{SessionConfig, SessionContext};
use futures::StreamExt;
use jiff::Timestamp;
use lake::{Lake, Retention, Table};

use crate::events;
use crate::support::{Bench, by_hand, counts, data_files, expected, number};

/// Four flushes, each of which touches two days.
async fn flushed_often(bench: &Bench) -> std::sync::Arc<Lake> {
    let (lake, mut writer) = bench.start(by_hand()).await;
    for part in 0..4 {
        let events = (0..100).map(|n| events::event(n * 4 + part)).collect();
        bench.append(events).await;
        writer.catch_up().await.unwrap();
        writer.flush().await.unwrap();
    }
    lake
}

fn now() -> Timestamp {
    events::time(400)
}

#[tokio::test(flavor = "multi_thread")]
async fn compaction_makes_one_file_a_day_of_many_and_keeps_every_row() {
    let bench = Bench::new();
    let lake = flushed_often(&bench).await;
    let events = events::mixed(400);
    let compacted = lake.compact_with_grace(&Retention::forever(), now(), Duration::ZERO).await.unwrap();
    assert_eq!(counts(&lake).await, expected(&events));
    for table in compacted.tables {
        let days = number(&lake, table.table, "select count(distinct day) from t").await;
        assert_eq!(i64::try_from(table.files_after).unwrap(), days, "{}", table.table);
        assert!(table.files_before > table.files_after, "{}", table.table);
        assert_eq!(data_files(&bench.table(table.table)), table.files_after, "old files are gone from the disk");
    }
    let others = Lake::open(bench.folder.path()).await.unwrap();
    assert_eq!(counts(&others).await, expected(&events));
}

#[tokio::test(flavor = "multi_thread")]
async fn days_past_their_retention_go_and_the_others_stay() {
    let bench = Bench::new();
    let lake = flushed_often(&bench).await;
    let before = counts(&lake).await;
    let compacted = lake.compact(&Retention::forever().keep(Table::Messages, 2), now()).await.unwrap();
    let after = counts(&lake).await;
    let oldest = number(&lake, Table::Messages, "select date_part('day', min(day))::bigint from t").await;
    assert_eq!(now().to_string().get(8..10), Some("16"));
    assert_eq!(oldest, 14, "today and the two days before it are kept");
    assert!(after[&Table::Messages].0 < before[&Table::Messages].0);
    assert_eq!(after[&Table::Deliveries], before[&Table::Deliveries]);
    let messages = compacted.tables.iter().find(|table| table.table == Table::Messages).unwrap();
    assert_eq!(messages.days_dropped, 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_that_runs_during_compaction_gets_all_its_rows() {
    let bench = Bench::new();
    let lake = flushed_often(&bench).await;
    let session = SessionContext::new_with_config(SessionConfig::new().with_target_partitions(1).with_batch_size(8));
    session.register_table("t", lake.view(Table::Deliveries).await.unwrap()).unwrap();
    let mut rows = session.sql("select * from t").await.unwrap().execute_stream().await.unwrap();
    let mut count = rows.next().await.unwrap().unwrap().num_rows();
    lake.compact(&Retention::forever(), now()).await.unwrap();
    while let Some(batch) = rows.next().await {
        count += batch.unwrap().num_rows();
    }
    assert_eq!(i64::try_from(count).unwrap(), expected(&events::mixed(400))[&Table::Deliveries].0);
}

#[tokio::test(flavor = "multi_thread")]
async fn flushing_and_compacting_at_the_same_time_lose_nothing() {
    let bench = Bench::new();
    let lake = flushed_often(&bench).await;
    let (_, mut writer) = bench.start(by_hand()).await;
    let more: Vec<_> = (400..500).map(events::event).collect();
    bench.append(more).await;
    writer.catch_up().await.unwrap();
    let forever = Retention::forever();
    let (flushed, compacted) = tokio::join!(writer.flush(), lake.compact(&forever, now()));
    compacted.unwrap();
    if flushed.is_err() {
        writer.flush().await.unwrap();
    }
    lake.refresh().await.unwrap();
    assert_eq!(counts(&lake).await, expected(&events::mixed(500)));
}
