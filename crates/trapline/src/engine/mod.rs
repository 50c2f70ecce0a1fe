//! What makes sense of the events: the journal's two consumers, and the answers drawn from what they made.
//!
//! ```text
//! journal ──▶ correlate ──▶ state   ──▶ lookup, picture
//!        └──▶ lake writer ──▶ lake  ──▶ query, mail
//! ```
//!
//! The same engine runs inside the server and, while no server runs, inside a command.

mod answers;
mod append;
mod correlate;
mod mail;
mod networks;
mod rebuild;
mod request;

use std::io;
use std::sync::Arc;
use std::time::Duration;

use futures::future::BoxFuture;
use journal::{FileJournal, Journal};
use lake::{Lake, LakeWriter, Retention, Table, WriterOptions};
use listener::Clock;
use registry::Registry;
use serde::Serialize;
use serde_json::Value;
use tokio::runtime::Handle;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::deployment::Deployment;
use crate::failure::Failure;
use correlate::Correlator;
use networks::Networks;

pub use answers::{LookupAnswer, QueryAnswer};
pub use append::encode as encode_event;
pub use mail::{MailItem, MailShown};
pub use rebuild::Rebuilt;
pub use request::{MailFilter, Progress, Request};

/// How soon newly imported network data is seen.
const NETWORKS_INTERVAL: Duration = Duration::from_secs(1);
/// How often the lake is looked at while it catches up.
const SETTLING: Duration = Duration::from_millis(5);

/// The stores of a deployment, opened together.
pub struct Engine {
    deployment: Deployment,
    registry: Registry,
    journal: Arc<FileJournal>,
    networks: Arc<Networks>,
    correlator: Correlator,
    lake: Arc<Lake>,
    query: query::Engine,
    clock: Clock,
}

impl Engine {
    /// Opens all stores but the journal, which is open already.
    pub async fn open(deployment: Deployment, journal: Arc<FileJournal>, clock: Clock) -> Result<Self, Failure> {
        let registry = deployment.registry().await?;
        let networks = Arc::new(Networks::open(&deployment)?);
        let checkpoint = Duration::from_secs(deployment.config.state.checkpoint_seconds);
        let correlator =
            Correlator::open(Arc::clone(&journal), Arc::clone(&networks), deployment.layout.state(), checkpoint)
                .await?;
        let folder = deployment.layout.file_url("lake", &deployment.config.store.lake)?;
        let lake = Lake::open(&folder).await?;
        let query = query::Engine::new(Arc::clone(&lake));
        Ok(Self { deployment, registry, journal, networks, correlator, lake, query, clock })
    }

    /// The deployment that it serves.
    pub fn deployment(&self) -> &Deployment {
        &self.deployment
    }

    /// Resolves once everything that is in the journal now is in every answer.
    pub async fn settled(&self) {
        let end = self.journal.end();
        self.correlator.reached(end).await;
        while self.lake.shown_to() < end {
            tokio::time::sleep(SETTLING).await;
        }
    }

    /// Answers a request; long ones tell how far they are.
    pub fn answer<'a>(
        &'a self,
        request: Request,
        progress: &'a mut (dyn FnMut(Progress) + Send),
    ) -> BoxFuture<'a, Result<Value, Failure>> {
        Box::pin(self.dispatch(request, progress))
    }

    async fn dispatch(&self, request: Request, progress: &mut (dyn FnMut(Progress) + Send)) -> Result<Value, Failure> {
        match request {
            Request::Lookup { address } => json(&self.lookup(address).await?),
            Request::Picture => json(&self.picture().await?),
            Request::MailList(filter) => json(&self.mail_list(&filter).await?),
            Request::MailShow { id, content } => json(&self.mail_show(id, content).await?),
            Request::Query { sql } => json(&self.query(&sql).await?),
            Request::Append { events } => json(&self.append(events).await?),
            Request::Compact => json(&self.compact().await?),
            Request::Rebuild => json(&self.rebuild(progress).await?),
        }
    }

    async fn compact(&self) -> Result<lake::Compacted, Failure> {
        let keep = self.deployment.config.lake.keep_days;
        let days = [
            (Table::Visits, keep.visits),
            (Table::Posts, keep.posts),
            (Table::Sessions, keep.sessions),
            (Table::Deliveries, keep.deliveries),
            (Table::Messages, keep.messages),
            (Table::Probes, keep.probes),
        ];
        let kept = days.into_iter().filter(|(_, days)| *days > 0);
        let retention = kept.fold(Retention::forever(), |retention, (table, days)| retention.keep(table, days));
        // Sorting and packing is work for the processor, and must not hold up a thread that serves connections.
        let (lake, now, runtime) = (Arc::clone(&self.lake), self.clock.now(), Handle::current());
        let compacting = tokio::task::spawn_blocking(move || runtime.block_on(lake.compact(&retention, now)));
        Ok(compacting.await.map_err(anyhow::Error::from)??)
    }

    /// Looks for newly imported network data until `stop`.
    async fn follow_networks(&self, stop: CancellationToken) {
        while stop.run_until_cancelled(tokio::time::sleep(NETWORKS_INTERVAL)).await.is_some() {
            let networks = Arc::clone(&self.networks);
            // Reading a routing table takes seconds of a thread.
            let _ = tokio::task::spawn_blocking(move || networks.renew()).await;
        }
    }

    fn lake_judge(&self) -> lake::Judge {
        let networks = Arc::clone(&self.networks);
        Arc::new(move |message| networks.judge().judge(message))
    }

    fn writer_options(&self) -> WriterOptions {
        let config = &self.deployment.config.lake;
        WriterOptions {
            flush_rows: config.flush_rows,
            flush_bytes: config.flush_bytes,
            flush_after: Duration::from_secs(config.flush_seconds),
        }
    }
}

/// Starts the journal's consumers; both read to its end once `stop` is given, and return.
pub async fn start_consumers(
    engine: &Arc<Engine>,
    tasks: &mut JoinSet<io::Result<()>>,
    stop: &CancellationToken,
) -> Result<(), Failure> {
    let journal = Arc::clone(&engine.journal) as Arc<dyn Journal>;
    let writer =
        LakeWriter::new(Arc::clone(&engine.lake), journal, engine.lake_judge(), engine.writer_options()).await?;
    let stopped = stop.clone();
    tasks.spawn(async move { writer.run(stopped).await.map_err(io::Error::other) });
    let (correlating, stopped) = (Arc::clone(engine), stop.clone());
    tasks.spawn(async move {
        correlating.correlator.run(stopped).await;
        Ok(())
    });
    let (following, stopped) = (Arc::clone(engine), stop.clone());
    tasks.spawn(async move {
        following.follow_networks(stopped).await;
        Ok(())
    });
    Ok(())
}

fn json(answer: &impl Serialize) -> Result<Value, Failure> {
    Ok(serde_json::to_value(answer).map_err(anyhow::Error::from)?)
}
