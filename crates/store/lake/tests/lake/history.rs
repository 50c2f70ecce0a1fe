//! Reading back: every event as it was, and one message by its id.

use std::collections::BTreeMap;

use bytes::Bytes;
use journal::Position;
use lake::Recorded;
use model::{Event, EventId};

use crate::events;
use crate::support::{Bench, by_hand};

/// What must come back of an event: all but a message's content, and with it what was concluded.
fn recorded(event: &Event) -> Recorded {
    match event {
        Event::Message(message) => {
            let judgement = Some(events::judge(message));
            let message = model::Message { content: Bytes::new(), ..message.clone() };
            Recorded { event: Event::Message(message), judgement }
        }
        other => Recorded { event: other.clone(), judgement: None },
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_event_comes_back_as_it_was() {
    let bench = Bench::new();
    let events = events::mixed(500);
    bench.append(events.clone()).await;
    let (lake, mut writer) = bench.start(by_hand()).await;
    writer.catch_up().await.unwrap();
    writer.flush().await.unwrap();
    let mut back: BTreeMap<EventId, Recorded> = BTreeMap::new();
    let mut batches = lake.read_events(Position(30), Position(450));
    while let Some(batch) = batches.recv().await {
        for recorded in batch.unwrap() {
            assert!(back.insert(recorded.event.id(), recorded).is_none(), "none comes twice");
        }
    }
    let wanted: BTreeMap<EventId, Recorded> =
        events[30..450].iter().map(|event| (event.id(), recorded(event))).collect();
    assert_eq!(back.len(), wanted.len());
    for (id, wanted) in wanted {
        assert_eq!(back[&id], wanted);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_is_found_by_its_id_and_by_a_deliverys_before_and_after_the_flush() {
    let bench = Bench::new();
    bench.append(events::mixed(100)).await;
    let (lake, mut writer) = bench.start(by_hand()).await;
    writer.catch_up().await.unwrap();
    let message = events::message(47);
    for _ in 0..2 {
        let found = lake.message(message.id).await.unwrap().unwrap();
        assert_eq!(found.event, Event::Message(message.clone()));
        let delivery = &message.deliveries[1];
        let Event::Message(part) = lake.message(delivery.id).await.unwrap().unwrap().event else { panic!() };
        assert_eq!(part.deliveries, std::slice::from_ref(delivery));
        assert_eq!(lake.content(message.id).await.unwrap().unwrap(), events::content(47));
        assert!(lake.message(events::id(46, 99)).await.unwrap().is_none());
        writer.flush().await.unwrap();
    }
}
