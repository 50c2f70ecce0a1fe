//! Questions in SQL: what is answered, what is refused, and in which words.

#![allow(clippy::unwrap_used, clippy::panic)]

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use jiff::{SignedDuration, Timestamp};
use journal::{Journal, MemoryJournal};
use lake::{Lake, LakeWriter, WriterOptions};
use model::{
    Client, Delivery, Event, EventId, FormField, Judgement, MailProtocol, Message, MessageSummary, Network, Post,
    Request, SiteId, Trap,
};
use query::{Engine, Limits, QueryError};
use serde_json::json;
use tempfile::TempDir;

const DAY: SignedDuration = SignedDuration::from_hours(24);

fn time() -> Timestamp {
    "2008-11-11T21:30:00.25Z".parse().unwrap()
}

/// The `n`th message, from one of three senders, on one of two days.
fn message(n: u64) -> Event {
    let at = if n.is_multiple_of(2) { time() } else { time() + DAY };
    let id = EventId::new(at, n.into());
    Event::Message(Message {
        id,
        at,
        session: None,
        client: Client::direct(format!("240.0.0.{}", n % 3).parse().unwrap(), 25),
        protocol: MailProtocol::Smtp,
        helo: "host".to_owned(),
        mail_from: String::new(),
        deliveries: vec![Delivery { id, recipient: format!("r{n}@traps.example"), trap: Trap::Dictionary }],
        content: Bytes::from_static(&[0xff, 0, b'x']),
        received: String::new(),
        tls: false,
    })
}

fn post() -> Event {
    let field = FormField { name: "comment".to_owned(), value: "buy".to_owned() };
    Event::Post(Post {
        id: EventId::new(time(), 77),
        at: time(),
        site: SiteId::new(3).unwrap(),
        client: Client::direct("2001:db8::7".parse().unwrap(), 80),
        request: Request { header_names: vec!["Host".to_owned()], ..Request::default() },
        fields: vec![field],
        body_bytes: 11,
        truncated: true,
        address: None,
    })
}

struct Asked {
    engine: Engine,
    writer: LakeWriter,
    journal: Arc<MemoryJournal>,
    _folder: TempDir,
}

/// Thirty messages in the tables and thirty that wait.
async fn asked(limits: Limits) -> Asked {
    let folder = tempfile::tempdir().unwrap();
    let lake = Lake::open(folder.path()).await.unwrap();
    let journal = Arc::new(MemoryJournal::new());
    let judge = |message: &Message| Judgement {
        summary: MessageSummary { subject: "buy".to_owned(), ..MessageSummary::default() },
        sender: Network::default(),
        harvests: vec![None; message.deliveries.len()],
    };
    let writer = LakeWriter::new(lake.clone(), journal.clone(), Arc::new(judge), WriterOptions::default());
    let mut asked = Asked {
        engine: Engine::with_limits(lake, limits),
        writer: writer.await.unwrap(),
        journal: journal.clone(),
        _folder: folder,
    };
    journal.append((0..30).map(message).chain([post()]).collect()).await.unwrap();
    asked.writer.catch_up().await.unwrap();
    asked.writer.flush().await.unwrap();
    journal.append((30..60).map(message).collect()).await.unwrap();
    asked.writer.catch_up().await.unwrap();
    asked
}

async fn rows(asked: &Asked, sql: &str) -> serde_json::Value {
    json!(asked.engine.sql(sql).await.unwrap().to_json_rows().unwrap())
}

async fn refusal(asked: &Asked, sql: &str) -> QueryError {
    match asked.engine.sql(sql).await {
        Err(error) => error,
        Ok(_) => panic!("{sql} was answered"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn flushed_and_waiting_rows_are_counted_together() {
    let asked = asked(Limits::default()).await;
    let by_sender = "select sender, count(*) as n from deliveries group by sender order by sender";
    assert_eq!(rows(&asked, by_sender).await, json!([["240.0.0.0", 20], ["240.0.0.1", 20], ["240.0.0.2", 20]]));
    let by_day = "select count(*) from deliveries where day = '2008-11-12' and sender = '240.0.0.1'";
    assert_eq!(rows(&asked, by_day).await, json!([[10]]));
    asked.journal.append(vec![message(61)]).await.unwrap();
    let mut asked = asked;
    asked.writer.catch_up().await.unwrap();
    assert_eq!(rows(&asked, "select count(*) from messages").await, json!([[61]]), "a new fact is seen at once");
}

#[tokio::test(flavor = "multi_thread")]
async fn each_kind_of_value_is_shown_as_people_and_programs_read_it() {
    let asked = asked(Limits::default()).await;
    let post = rows(&asked, "select at, day, site, visitor, fields, header_names, truncated, address from posts").await;
    let fields = json!([{"name": "comment", "value": "buy"}]);
    let at = "2008-11-11T21:30:00.250Z";
    assert_eq!(post, json!([[at, "2008-11-11", 3, "2001:db8::7", fields, ["Host"], true, null]]));
    let content = asked.engine.sql("select id, content from messages limit 1").await.unwrap();
    assert_eq!(content.columns(), ["id", "content"]);
    assert_eq!(content.bytes(0, 1).unwrap(), [0xff, 0, b'x']);
    assert_eq!(content.to_text_rows().unwrap()[0][1], "\\xff0078");
}

#[tokio::test(flavor = "multi_thread")]
async fn tables_and_columns_can_be_asked_for() {
    let asked = asked(Limits::default()).await;
    let tables =
        rows(&asked, "select table_name from information_schema.tables where table_schema = 'lake' order by 1").await;
    assert_eq!(tables, json!([["deliveries"], ["messages"], ["posts"], ["probes"], ["sessions"], ["visits"]]));
    let columns = rows(&asked, "describe deliveries").await;
    assert_eq!(columns[0][0], "id");
    assert!(!asked.engine.sql("show tables").await.unwrap().is_empty());
    assert!(!asked.engine.sql("explain select * from visits").await.unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_days_asked_for_are_read() {
    let mut asked = asked(Limits::default()).await;
    asked.writer.flush().await.unwrap();
    let plan = "explain analyze select count(*) from deliveries where day = '2008-11-12' and sender = '240.0.0.1'";
    let plan = asked.engine.sql(plan).await.unwrap().to_text_rows().unwrap().concat().concat();
    assert!(plan.contains("day=2008-11-12") && !plan.contains("day=2008-11-11"), "{plan}");
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_can_be_changed_and_no_other_file_read() {
    let asked = asked(Limits::default()).await;
    for attempt in [
        "insert into probes select * from probes",
        "delete from visits",
        "drop table visits",
        "create table x as select 1",
        "create external table x stored as csv location '/etc/passwd'",
        "copy visits to '/tmp/visits.csv'",
        "set datafusion.execution.batch_size = 1",
        "select 1; select 2",
    ] {
        let refused = refusal(&asked, attempt).await;
        assert!(matches!(refused, QueryError::NotAQuestion(_)), "{attempt}: {refused:?}");
    }
    let other_file = refusal(&asked, "select * from '/etc/passwd'").await;
    assert!(matches!(other_file, QueryError::Question(_)), "{other_file:?}");
    assert_eq!(rows(&asked, "select count(*) from messages").await, json!([[60]]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mistake_says_what_was_meant() {
    let asked = asked(Limits::default()).await;
    let column = refusal(&asked, "select sendr from deliveries").await.to_string();
    assert!(column.contains("sendr") && column.contains("sender"), "{column}");
    let table = refusal(&asked, "select * from mails").await.to_string();
    assert!(table.contains("mails") && table.contains("messages"), "{table}");
    let grammar = refusal(&asked, "selct 1").await;
    assert!(matches!(grammar, QueryError::Question(_)), "{grammar:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_that_takes_too_long_is_stopped() {
    let limits = Limits { time: Duration::from_millis(300), ..Limits::default() };
    let asked = asked(limits).await;
    let endless = "select count(*) from deliveries a, deliveries b, deliveries c, deliveries d, deliveries e, deliveries f \
        where a.id || b.id || c.id || d.id || e.id || f.id = 'x'";
    assert!(matches!(refusal(&asked, endless).await, QueryError::TooLong(_)));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_is_cut_where_it_gets_too_long() {
    let limits = Limits { rows: 10, ..Limits::default() };
    let asked = asked(limits).await;
    let cut = asked.engine.sql("select * from deliveries").await.unwrap();
    assert_eq!((cut.len(), cut.is_cut()), (10, true));
    let whole = asked.engine.sql("select * from deliveries limit 10").await.unwrap();
    assert_eq!((whole.len(), whole.is_cut()), (10, false));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_that_needs_too_much_memory_says_so() {
    let limits = Limits { memory: 4 << 10, ..Limits::default() };
    let asked = asked(limits).await;
    let greedy = refusal(&asked, "select id, count(*) from deliveries group by id order by id").await;
    assert!(matches!(greedy, QueryError::TooMuchMemory(_)), "{greedy:?}");
}
