//! Reading events back: all of them for a rebuild, or one message.

use std::collections::BTreeSet;
use std::sync::Arc;

use bytes::Bytes;
use datafusion::datasource::TableProvider;
use datafusion::execution::SendableRecordBatchStream;
use datafusion::execution::memory_pool::FairSpillPool;
use datafusion::execution::runtime_env::RuntimeEnvBuilder;
use datafusion::prelude::{SessionConfig, SessionContext};
use deltalake::arrow::record_batch::RecordBatch;
use futures::TryStreamExt;
use journal::Position;
use model::{Event, EventId, Judgement, Message};
use tokio::sync::mpsc;

use crate::columns::{Columns, Row};
use crate::delta::PARTITION;
use crate::rows::{deliveries, posts, probes, sessions, visits};
use crate::{Lake, LakeError, Table};

/// An event as the lake has it. A message comes without its content, and with what was concluded when it came in.
#[derive(Clone, Debug, PartialEq)]
pub struct Recorded {
    /// The event.
    pub event: Event,
    /// For a message: what was concluded.
    pub judgement: Option<Judgement>,
}

/// Reading back holds at most this much in memory, in all sorts together; more goes to temporary files.
const MEMORY: usize = 96 << 20;

/// Rows handed over at once.
const BATCH: usize = 2048;

impl Lake {
    /// All committed events past one journal position and up to another, in no particular order: `through` is what the
    /// journal says that the lake has (`acknowledged(lake::CONSUMER)`), and who goes on from there reads the journal
    /// after it.
    ///
    /// The channel is bounded: reading goes on as they are taken, and ends when the receiver is dropped. An error is the
    /// last thing that comes.
    pub fn read_events(
        self: &Arc<Self>,
        after: Position,
        through: Position,
    ) -> mpsc::Receiver<Result<Vec<Recorded>, LakeError>> {
        let (sender, receiver) = mpsc::channel(2);
        let lake = self.clone();
        tokio::spawn(async move {
            if let Err(error) = lake.send_events(Span { after, through }, &sender).await {
                // If the receiver is gone, nobody wants to know.
                let _ = sender.send(Err(error)).await;
            }
        });
        receiver
    }

    /// A message with its deliveries and content, by the message's id or by that of one of its deliveries; waiting ones
    /// too. By a delivery's id, only that delivery is in it. The content is empty once its retention is over.
    pub async fn message(&self, id: EventId) -> Result<Option<Recorded>, LakeError> {
        let condition = format!("(message = '{id}' OR id = '{id}')");
        let mut rows = self.find(Table::Deliveries, id, &condition, "ORDER BY message, ordinal").await?;
        let mut messages = Grouping::default();
        while let Some(batch) = rows.try_next().await? {
            messages.take(&batch, &mut |_| ())?;
        }
        let Some((mut message, judgement)) = messages.open else { return Ok(None) };
        message.content = self.content(message.id).await?.unwrap_or_default();
        Ok(Some(Recorded { event: Event::Message(message), judgement: Some(judgement) }))
    }

    /// A message's content, byte for byte, by its id; waiting ones too. `None` if there is no such message or its
    /// content's retention is over.
    pub async fn content(&self, id: EventId) -> Result<Option<Bytes>, LakeError> {
        let mut rows = self.find(Table::Messages, id, &format!("id = '{id}'"), "LIMIT 1").await?;
        while let Some(batch) = rows.try_next().await? {
            let columns = Columns::of(&batch, Table::Messages.columns())?;
            if let Some(row) = columns.rows().next() {
                return row.bytes("content").map(|content| Some(Bytes::copy_from_slice(content)));
            }
        }
        Ok(None)
    }

    /// Rows that meet a condition near the day that an id tells. The event's own time may be in another day than its
    /// id's by the rounding of one of them, so the days beside it are looked at too; the log knows which ids each file
    /// spans, so that costs nothing.
    async fn find(
        &self,
        table: Table,
        id: EventId,
        condition: &str,
        tail: &str,
    ) -> Result<SendableRecordBatchStream, LakeError> {
        let day = jiff::tz::TimeZone::UTC.to_datetime(id.at()).date();
        let before = day.yesterday().unwrap_or(day);
        let after = day.tomorrow().unwrap_or(day);
        let days = format!("{PARTITION} BETWEEN DATE '{before}' AND DATE '{after}'");
        let sql = format!("SELECT * FROM {table} WHERE {days} AND {condition} {tail}");
        select(table, self.view(table).await?, &sql).await
    }

    async fn send_events(&self, span: Span, to: &Sender) -> Result<(), LakeError> {
        self.send_table(Table::Visits, span, to, |row| visits::read(row).map(Event::Visit)).await?;
        self.send_table(Table::Posts, span, to, |row| posts::read(row).map(Event::Post)).await?;
        self.send_table(Table::Sessions, span, to, |row| sessions::read(row).map(Event::Session)).await?;
        self.send_table(Table::Probes, span, to, |row| probes::read(row).map(Event::Probe)).await?;
        for day in self.days(Table::Deliveries)? {
            self.send_messages(&day, span, to).await?;
        }
        Ok(())
    }

    async fn send_table(
        &self,
        table: Table,
        span: Span,
        to: &Sender,
        read: impl Fn(Row<'_>) -> Result<Event, LakeError>,
    ) -> Result<(), LakeError> {
        let sql = format!("SELECT * FROM {table} WHERE {span}");
        let mut rows = select(table, self.committed_view(table).await?, &sql).await?;
        while let Some(batch) = rows.try_next().await? {
            let columns = Columns::of(&batch, table.columns())?;
            let events = columns.rows().map(|row| Ok(Recorded { event: read(row)?, judgement: None }));
            send(to, events.collect::<Result<_, LakeError>>()?).await?;
        }
        Ok(())
    }

    /// The messages of one day, put together from the rows of their deliveries.
    async fn send_messages(&self, day: &str, span: Span, to: &Sender) -> Result<(), LakeError> {
        let table = Table::Deliveries;
        let sql = format!(
            "SELECT * FROM {table} WHERE {PARTITION} = DATE '{day}' AND {span} \
             ORDER BY message, ordinal"
        );
        let mut rows = select(table, self.committed_view(table).await?, &sql).await?;
        let mut messages = Grouping::default();
        while let Some(batch) = rows.try_next().await? {
            let mut whole = Vec::new();
            messages.take(&batch, &mut |message| whole.push(message))?;
            send(to, whole).await?;
        }
        send(to, messages.finish().into_iter().collect()).await
    }

    /// The days that a table has rows of, in order, as `2008-11-11`.
    fn days(&self, table: Table) -> Result<BTreeSet<String>, LakeError> {
        let delta = self.store(table).committed().delta;
        let snapshot = delta.snapshot().map_err(LakeError::of(table))?;
        let day = |file: deltalake::kernel::LogicalFileView| file.partition_values_map().remove(PARTITION).flatten();
        Ok(snapshot.log_data().iter().filter_map(day).collect())
    }
}

/// Positions of the journal: past one, up to another. As a condition in SQL when shown.
#[derive(Clone, Copy)]
struct Span {
    after: Position,
    through: Position,
}

impl std::fmt::Display for Span {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "journal_position > {} AND journal_position <= {}", self.after, self.through)
    }
}

type Sender = mpsc::Sender<Result<Vec<Recorded>, LakeError>>;

async fn send(to: &Sender, events: Vec<Recorded>) -> Result<(), LakeError> {
    if events.is_empty() {
        return Ok(());
    }
    to.send(Ok(events)).await.map_err(|_| LakeError::Stopped)
}

async fn select(
    table: Table,
    provider: Arc<dyn TableProvider>,
    sql: &str,
) -> Result<SendableRecordBatchStream, LakeError> {
    let pool = Arc::new(FairSpillPool::new(MEMORY));
    let runtime = RuntimeEnvBuilder::new().with_memory_pool(pool).build_arc()?;
    let config = SessionConfig::new().with_target_partitions(2).with_batch_size(BATCH);
    let session = SessionContext::new_with_config_rt(config, runtime);
    session.register_table(table.name(), provider)?;
    Ok(session.sql(sql).await?.execute_stream().await?)
}

/// Puts messages together from rows in the order of their messages.
#[derive(Default)]
struct Grouping {
    open: Option<(Message, Judgement)>,
}

impl Grouping {
    fn take(&mut self, batch: &RecordBatch, whole: &mut dyn FnMut(Recorded)) -> Result<(), LakeError> {
        let columns = Columns::of(batch, Table::Deliveries.columns())?;
        for row in columns.rows() {
            let id: EventId = row.parsed("message")?;
            if self.open.as_ref().is_none_or(|(message, _)| message.id != id) {
                let next = deliveries::read_message(row)?;
                self.finish().into_iter().for_each(&mut *whole);
                self.open = Some(next);
            }
            let (delivery, harvest) = deliveries::read_delivery(row)?;
            if let Some((message, judgement)) = &mut self.open {
                message.deliveries.push(delivery);
                judgement.harvests.push(harvest);
            }
        }
        Ok(())
    }

    fn finish(&mut self) -> Option<Recorded> {
        let (message, judgement) = self.open.take()?;
        Some(Recorded { event: Event::Message(message), judgement: Some(judgement) })
    }
}
