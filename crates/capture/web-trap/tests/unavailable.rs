//! When the journal cannot take visits, no page goes out; when it can again, nothing that was taken is missing.
#![allow(clippy::unwrap_used)]

mod common;

use std::collections::HashSet;
use std::time::Duration;

use common::{Running, addresses, start};
use journal::AppendError;
use model::Event;
use web_trap::{WebConfig, WebLimits};

fn quick() -> WebLimits {
    let millisecond = Duration::from_millis(1);
    WebLimits { gather_time: millisecond, retry_time: millisecond, ..WebLimits::default() }
}

async fn page(running: &Running) -> (u16, Vec<String>) {
    let answer = running.get("www1.example", "/").await;
    if answer.status == 503 {
        assert!(answer.field("retry-after").is_some());
    }
    (answer.status, addresses(&answer.body))
}

fn recorded(events: Vec<Event>) -> HashSet<String> {
    let address = |event| if let Event::Visit(visit) = event { visit.address } else { None };
    events.into_iter().filter_map(address).collect()
}

#[tokio::test]
async fn a_full_journal_means_503_and_recovery_by_itself_and_no_page_without_its_visit() {
    let running = start(WebConfig { limits: quick(), ..WebConfig::default() }).await;
    for failure in [AppendError::Full, AppendError::Failed("the disk is gone".into())] {
        let mut given: HashSet<String> = recorded(running.journal.events());
        running.journal.fail_appends(Some(failure));
        loop {
            let (status, addresses) = page(&running).await;
            given.extend(addresses);
            if status == 503 {
                break;
            }
        }
        for path in ["/robots.txt", "/"] {
            assert_eq!(running.get("www1.example", path).await.status, 503);
        }
        assert_eq!(running.ask("POST /slug1/ HTTP/1.0\r\nContent-Length: 3\r\n\r\na=b").await.status, 503);
        running.journal.fail_appends(None);
        loop {
            let (status, addresses) = page(&running).await;
            given.extend(addresses);
            if status == 200 {
                break;
            }
        }
        let events = running.events(given.len() as u64).await;
        assert_eq!(recorded(events), given);
    }
}

#[tokio::test]
async fn visits_that_come_faster_than_they_can_be_written_are_refused() {
    let limits = WebLimits { queued_visits: 3, gather_time: Duration::from_secs(3_600), ..WebLimits::default() };
    let running = start(WebConfig { limits, ..WebConfig::default() }).await;
    let mut statuses = Vec::new();
    for _ in 0..5 {
        statuses.push(page(&running).await.0);
    }
    assert_eq!(statuses, [200, 200, 200, 503, 503]);
}

#[tokio::test]
async fn visits_of_many_bytes_are_refused_before_they_fill_the_memory() {
    let limits = WebLimits { queued_bytes: 20_000, gather_time: Duration::from_secs(3_600), ..WebLimits::default() };
    let running = start(WebConfig { limits, ..WebConfig::default() }).await;
    let long = format!("GET /slug1/ HTTP/1.0\r\nUser-Agent: {}\r\n\r\n", "a".repeat(8_000));
    assert_eq!(running.ask(&long).await.status, 200);
    assert_eq!(running.ask(&long).await.status, 200);
    assert_eq!(running.ask(&long).await.status, 503);
}

#[tokio::test]
async fn a_journal_that_stays_full_at_the_end_is_said_to_have_lost_visits() {
    let limits = WebLimits { drain_time: Duration::from_millis(50), ..quick() };
    let running = start(WebConfig { limits, ..WebConfig::default() }).await;
    running.journal.fail_appends(Some(AppendError::Full));
    assert_eq!(page(&running).await.0, 200);
    running.shutdown.cancel();
    let error = running.served.await.unwrap().unwrap_err();
    assert!(error.to_string().starts_with("1 visits could not be written"), "{error}");
}
