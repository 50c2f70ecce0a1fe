//! The asking side: finds out whether a server runs, and asks it or the stores.

use std::io;
use std::sync::Arc;

use listener::Clock;
use serde::de::DeserializeOwned;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::UnixStream;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::{LINE_LIMIT, Reply};
use crate::deployment::Deployment;
use crate::engine::{self, Engine, Progress, Request};
use crate::failure::{Failure, Kind};
use crate::serve;

/// The stores, with the journal's consumers running in this process.
pub struct Here {
    engine: Arc<Engine>,
    consumers: JoinSet<io::Result<()>>,
    stop: CancellationToken,
}

impl Here {
    async fn open(deployment: Deployment) -> Result<Self, Failure> {
        let journal = Arc::new(serve::open_journal(&deployment)?);
        let engine = Arc::new(Engine::open(deployment, journal, Clock::system()).await?);
        let (mut consumers, stop) = (JoinSet::new(), CancellationToken::new());
        engine::start_consumers(&engine, &mut consumers, &stop).await?;
        engine.settled().await;
        Ok(Self { engine, consumers, stop })
    }

    async fn close(mut self) -> Result<(), Failure> {
        self.stop.cancel();
        while let Some(ended) = self.consumers.join_next().await {
            ended.map_err(anyhow::Error::from)?.map_err(Failure::from)?;
        }
        // Everything is on disk and the process is about to end. To take the stores apart would wait for their
        // background work, such as a compaction, which the next start takes up again.
        std::mem::forget(self.engine);
        Ok(())
    }
}

/// What answers a command's requests.
pub enum Backend {
    /// The stores, opened by this process.
    Here(Here),
    /// The server that runs.
    Server(BufReader<UnixStream>),
}

impl Backend {
    /// The running server, or the stores if there is none.
    pub async fn open(deployment: Deployment) -> Result<Self, Failure> {
        match UnixStream::connect(deployment.layout.control_socket()).await {
            Ok(stream) => Ok(Self::Server(BufReader::with_capacity(64 << 10, stream))),
            // A socket that nobody listens on was left behind by a server that was killed.
            Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused) => {
                Ok(Self::Here(Here::open(deployment).await?))
            }
            Err(error) => Err(Failure::new(
                Kind::Config,
                format!(
                    "{}: {error}; run this as the user that runs the server",
                    deployment.layout.control_socket().display()
                ),
            )),
        }
    }

    /// Asks, and tells how far it is meanwhile.
    pub async fn ask<T: DeserializeOwned>(
        &mut self,
        request: Request,
        progress: &mut (dyn FnMut(Progress) + Send),
    ) -> Result<T, Failure> {
        let answer = match self {
            Self::Here(here) => here.engine.answer(request, progress).await?,
            Self::Server(stream) => ask_server(stream, &request, progress).await?,
        };
        Ok(serde_json::from_value(answer).map_err(anyhow::Error::from)?)
    }

    /// Closes the stores in order, if it was this process that had them open.
    pub async fn close(self) -> Result<(), Failure> {
        match self {
            Self::Here(here) => here.close().await,
            Self::Server(_) => Ok(()),
        }
    }
}

async fn ask_server(
    stream: &mut BufReader<UnixStream>,
    request: &Request,
    progress: &mut (dyn FnMut(Progress) + Send),
) -> Result<serde_json::Value, Failure> {
    let mut line = serde_json::to_vec(request).map_err(anyhow::Error::from)?;
    line.push(b'\n');
    let gone = |error: io::Error| {
        Failure::new(Kind::Temporary, format!("the server went away before it answered ({error}); ask again"))
    };
    stream.write_all(&line).await.map_err(gone)?;
    loop {
        line.clear();
        if stream.take(LINE_LIMIT).read_until(b'\n', &mut line).await.map_err(gone)? == 0 {
            return Err(gone(io::ErrorKind::UnexpectedEof.into()));
        }
        match serde_json::from_slice(&line).map_err(anyhow::Error::from)? {
            Reply::Progress(so_far) => progress(so_far),
            Reply::Answer(answer) => return Ok(answer),
            Reply::Failure(failure) => return Err(failure),
        }
    }
}
