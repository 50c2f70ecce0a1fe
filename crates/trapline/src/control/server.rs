//! The answering side: the socket of the running server.

use std::io;
use std::os::unix::fs::PermissionsExt;
use std::sync::Arc;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::unix::OwnedWriteHalf;
use tokio::net::{UnixListener, UnixStream};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::{LINE_LIMIT, Reply};
use crate::deployment::at;
use crate::engine::{Engine, Request};
use crate::failure::Failure;
use crate::serve::bind_socket;

/// Commands answered at once.
const CONNECTIONS: usize = 32;

/// Answers on the deployment's control socket until `stop`.
pub fn spawn(
    engine: &Arc<Engine>,
    tasks: &mut JoinSet<io::Result<()>>,
    stop: &CancellationToken,
) -> Result<(), Failure> {
    let path = engine.deployment().layout.control_socket();
    let listener = bind_socket(&path)?;
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).map_err(|error| at(&path, &error))?;
    let (engine, stop) = (Arc::clone(engine), stop.clone());
    tasks.spawn(async move {
        let mut connections = JoinSet::new();
        while let Some(accepted) = stop.run_until_cancelled(listener.accept()).await {
            while connections.try_join_next().is_some() {}
            match accepted {
                Ok((stream, _)) if connections.len() < CONNECTIONS => {
                    connections.spawn(converse(stream, Arc::clone(&engine)));
                }
                Ok(_) => tracing::warn!("too many commands at once; one was turned away"),
                Err(error) => tracing::warn!(%error, "a command could not connect"),
            }
        }
        drop(close(listener, &path));
        connections.shutdown().await;
        Ok(())
    });
    Ok(())
}

fn close(listener: UnixListener, path: &std::path::Path) -> io::Result<()> {
    drop(listener);
    std::fs::remove_file(path)
}

/// Answers one connection's requests. A client that goes away ends what it asked for.
async fn converse(stream: UnixStream, engine: Arc<Engine>) {
    let (read, mut write) = stream.into_split();
    let mut read = BufReader::with_capacity(64 << 10, read);
    let mut line = Vec::new();
    loop {
        line.clear();
        match (&mut read).take(LINE_LIMIT).read_until(b'\n', &mut line).await {
            Ok(0) | Err(_) => return,
            Ok(_) => {}
        }
        let reply = match serde_json::from_slice::<Request>(&line) {
            Ok(request) => answer(request, &engine, &mut write).await,
            Err(error) => Reply::Failure(Failure::input(format!(
                "the server doesn't know this request ({error}); it may be of another version than the command"
            ))),
        };
        if send(&mut write, &reply).await.is_err() {
            return;
        }
    }
}

/// Carries out a request; progress goes out as it comes.
async fn answer(request: Request, engine: &Engine, write: &mut OwnedWriteHalf) -> Reply {
    // A command that reads slowly misses some reports; the next one says as much.
    let (report, mut reports) = tokio::sync::mpsc::channel(16);
    let mut progress = move |so_far| drop(report.try_send(so_far));
    let answering = engine.answer(request, &mut progress);
    tokio::pin!(answering);
    loop {
        tokio::select! {
            biased;
            Some(so_far) = reports.recv() => {
                if send(write, &Reply::Progress(so_far)).await.is_err() {
                    return Reply::Failure(Failure::input("the command went away"));
                }
            }
            answered = &mut answering => return match answered {
                Ok(answer) => Reply::Answer(answer),
                Err(failure) => Reply::Failure(failure),
            },
        }
    }
}

async fn send(write: &mut OwnedWriteHalf, reply: &Reply) -> io::Result<()> {
    let mut line = serde_json::to_vec(reply)?;
    line.push(b'\n');
    write.write_all(&line).await
}
