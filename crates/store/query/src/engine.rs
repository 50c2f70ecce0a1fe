//! The engine in this process: plans a question, runs it within its limits, gathers the answer.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use datafusion::execution::SessionStateBuilder;
use datafusion::execution::context::SQLOptions;
use datafusion::execution::memory_pool::FairSpillPool;
use datafusion::execution::runtime_env::{RuntimeEnv, RuntimeEnvBuilder};
use datafusion::prelude::{SessionConfig, SessionContext};
use futures::TryStreamExt;
use lake::Lake;
use tokio::runtime::{Builder, Runtime};

use crate::{QueryError, Rows, catalog};

/// What a question may take. One answer is cut when it is too long; a question that needs more memory or time fails.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// How long it may run.
    pub time: Duration,
    /// Bytes of memory that all questions together may have for sorting, grouping and joining. What can be put to
    /// temporary files instead is.
    pub memory: usize,
    /// Rows of an answer.
    pub rows: usize,
    /// Bytes of an answer.
    pub bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { time: Duration::from_secs(60), memory: 256 << 20, rows: 1_000_000, bytes: 128 << 20 }
    }
}

/// Answers SQL questions about the lake. Questions may be asked side by side.
pub struct Engine {
    lake: Arc<Lake>,
    limits: Limits,
    works: OnceLock<Works>,
}

/// What answering takes: made for the first question, so that who asks none has none of it.
struct Works {
    environment: Arc<RuntimeEnv>,
    /// Threads of its own; taken out when the engine is dropped.
    threads: Option<Runtime>,
}

impl Engine {
    /// An engine over this lake, with the default limits.
    pub fn new(lake: Arc<Lake>) -> Self {
        Self::with_limits(lake, Limits::default())
    }

    /// An engine over this lake, with these limits.
    pub fn with_limits(lake: Arc<Lake>, limits: Limits) -> Self {
        Self { lake, limits, works: OnceLock::new() }
    }

    /// Answers a question: one statement of SQL that asks and changes nothing. What waits for a flush is in the answer.
    /// Dropping the future stops the work.
    ///
    /// # Errors
    /// See [`QueryError`].
    pub async fn sql(&self, question: &str) -> Result<Rows, QueryError> {
        let works = self.works()?;
        let Some(threads) = &works.threads else { return Err(QueryError::Failed("stopped".to_owned())) };
        let session = self.session(works)?;
        let work = threads.spawn(answer(session, question.to_owned(), self.limits));
        let _stop = StopOnDrop(work.abort_handle());
        match tokio::time::timeout(self.limits.time, work).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(stopped)) => Err(QueryError::Failed(stopped.to_string())),
            Err(_) => Err(QueryError::TooLong(self.limits.time)),
        }
    }

    fn works(&self) -> Result<&Works, QueryError> {
        if let Some(works) = self.works.get() {
            return Ok(works);
        }
        let works = Works::new(self.limits.memory)?;
        Ok(self.works.get_or_init(|| works))
    }

    fn session(&self, works: &Works) -> Result<SessionContext, QueryError> {
        let config = SessionConfig::new()
            .with_create_default_catalog_and_schema(false)
            .with_default_catalog_and_schema(catalog::CATALOG, catalog::SCHEMA)
            .with_information_schema(true)
            .with_target_partitions(threads());
        let state = SessionStateBuilder::new()
            .with_config(config)
            .with_runtime_env(works.environment.clone())
            .with_default_features()
            .build();
        let session = SessionContext::new_with_state(state);
        session.register_catalog(catalog::CATALOG, catalog::catalog(self.lake.clone())?);
        Ok(session)
    }
}

impl Works {
    fn new(memory: usize) -> Result<Self, QueryError> {
        let environment =
            RuntimeEnvBuilder::new().with_memory_pool(Arc::new(FairSpillPool::new(memory))).build_arc()?;
        let threads = Builder::new_multi_thread()
            .worker_threads(threads())
            .thread_name("query")
            .enable_all()
            .build()
            .map_err(|error| QueryError::Failed(format!("no threads: {error}")))?;
        Ok(Self { environment, threads: Some(threads) })
    }
}

impl Drop for Works {
    fn drop(&mut self) {
        // A runtime that is dropped in asynchronous code panics if it has to wait for its threads.
        if let Some(threads) = self.threads.take() {
            threads.shutdown_background();
        }
    }
}

/// As many threads as there are processors, but not more than four: questions are not what the machine is for.
fn threads() -> usize {
    std::thread::available_parallelism().map_or(2, usize::from).clamp(1, 4)
}

async fn answer(session: SessionContext, question: String, limits: Limits) -> Result<Rows, QueryError> {
    let questions_only = SQLOptions::new().with_allow_ddl(false).with_allow_dml(false).with_allow_statements(false);
    let plan = session.sql_with_options(&question, questions_only).await?;
    let mut stream = plan.execute_stream().await?;
    let mut rows = Rows::new(stream.schema());
    while let Some(batch) = stream.try_next().await? {
        if !rows.take(batch, limits.rows, limits.bytes) {
            break;
        }
    }
    Ok(rows)
}

struct StopOnDrop(tokio::task::AbortHandle);

impl Drop for StopOnDrop {
    fn drop(&mut self) {
        self.0.abort();
    }
}
