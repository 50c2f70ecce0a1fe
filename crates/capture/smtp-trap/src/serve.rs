//! Listening: connections in, sessions out, and the drain at the end.

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use bytes::BytesMut;
use listener::{Permit, Refused};
use model::{Client, MailProtocol};
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream, UnixListener};
use tokio::sync::Semaphore;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::{debug, warn};

use crate::recorder::{Recorder, recorder};
use crate::reply::Farewell;
use crate::session::{self, Introduction};
use crate::trap::{MailTrap, Shared};

/// Connections over a limit that are told so at once; more are closed without a word.
const TURNED_AWAY_AT_ONCE: usize = 64;
/// How long one that is turned away may take to be told.
const FAREWELL_TIME: Duration = Duration::from_secs(1);
/// After an accept that failed: for want of file descriptors, mostly, which only time brings back.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

impl MailTrap {
    /// Takes SMTP connections until `shutdown`, then lets messages in progress come to their end, and returns once
    /// everything is in the journal.
    ///
    /// # Errors
    /// None yet: an accept that fails is tried again.
    pub async fn serve_smtp(self: Arc<Self>, listener: TcpListener, shutdown: CancellationToken) -> io::Result<()> {
        self.serve_tcp(listener, MailProtocol::Smtp, shutdown).await
    }

    /// Takes LMTP connections (RFC 2033), from an MTA in front, until `shutdown`.
    ///
    /// # Errors
    /// None yet: an accept that fails is tried again.
    pub async fn serve_lmtp(self: Arc<Self>, listener: TcpListener, shutdown: CancellationToken) -> io::Result<()> {
        self.serve_tcp(listener, MailProtocol::Lmtp, shutdown).await
    }

    /// Takes LMTP connections on a Unix socket until `shutdown`. Whoever may connect to it is trusted to name clients
    /// with XFORWARD; mail without that counts as the operator's own host's, 127.0.0.1.
    ///
    /// # Errors
    /// None yet: an accept that fails is tried again.
    pub async fn serve_lmtp_socket(
        self: Arc<Self>,
        listener: UnixListener,
        shutdown: CancellationToken,
    ) -> io::Result<()> {
        let mut reception = Reception::open(&self.shared, shutdown);
        while let Some((stream, _)) = reception.next(|| listener.accept()).await {
            reception.admit_local(stream);
        }
        drop(listener);
        reception.close().await;
        Ok(())
    }

    async fn serve_tcp(
        self: Arc<Self>,
        listener: TcpListener,
        protocol: MailProtocol,
        shutdown: CancellationToken,
    ) -> io::Result<()> {
        let mut reception = Reception::open(&self.shared, shutdown);
        while let Some((stream, peer)) = reception.next(|| listener.accept()).await {
            reception.admit(stream, peer, protocol);
        }
        drop(listener);
        reception.close().await;
        Ok(())
    }
}

/// A listener's sessions and what they leave behind.
struct Reception {
    trap: Arc<Shared>,
    sessions: TaskTracker,
    recorder: Recorder,
    writer: tokio::task::JoinHandle<()>,
    turning_away: Arc<Semaphore>,
    shutdown: CancellationToken,
}

impl Reception {
    fn open(trap: &Arc<Shared>, shutdown: CancellationToken) -> Self {
        let patience = trap.config.limits.journal_patience;
        let (recorder, writer) = recorder(Arc::clone(&trap.journal), Arc::clone(&trap.counts), patience);
        Self {
            trap: Arc::clone(trap),
            sessions: TaskTracker::new(),
            recorder,
            writer: tokio::spawn(writer.run()),
            turning_away: Arc::new(Semaphore::new(TURNED_AWAY_AT_ONCE)),
            shutdown,
        }
    }

    /// The next connection; none once the server is being stopped.
    async fn next<T, F: Future<Output = io::Result<T>>>(&mut self, accept: impl Fn() -> F) -> Option<T> {
        loop {
            let accepted = tokio::select! {
                biased;
                () = self.shutdown.cancelled() => return None,
                accepted = accept() => accepted,
            };
            match accepted {
                Ok(connection) => return Some(connection),
                Err(error) => {
                    self.trap.counts.accept_failed.increment(1);
                    warn!(%error, "a connection could not be accepted; raise the limit on open files if this goes on");
                    sleep(ACCEPT_PAUSE).await;
                }
            }
        }
    }

    /// Everything under way comes to its end, and then into the journal.
    async fn close(self) {
        self.sessions.close();
        self.sessions.wait().await;
        drop(self.recorder);
        if let Err(error) = self.writer.await {
            warn!(%error, "what ended sessions left behind could not be written");
        }
    }

    fn admit(&self, stream: TcpStream, peer: SocketAddr, protocol: MailProtocol) {
        // Each reply is written whole, so waiting to fill a packet only costs time.
        let _ = stream.set_nodelay(true);
        let trap = Arc::clone(&self.trap);
        let may_forward = protocol == MailProtocol::Lmtp && trap.config.proxy.trusted.contains(peer.ip());
        // A trusted proxy has many clients' connections; theirs are counted once they are known.
        if trap.config.proxy.trusted.contains(peer.ip()) {
            let (recorder, shutdown) = (self.recorder.clone(), self.shutdown.clone());
            let turning_away = Arc::clone(&self.turning_away);
            self.sessions.spawn(async move {
                let Some(accepted) = identify(&trap, stream, peer, &shutdown).await else { return };
                let client = accepted.client;
                let introduction = Introduction { client, protocol, may_forward, buffered: accepted.buffered };
                match enter(&trap, client.address) {
                    Ok(permit) => {
                        converse(trap, accepted.stream, introduction, recorder, shutdown, permit).await;
                    }
                    Err(_) => turn_away(&trap, accepted.stream, &turning_away).await,
                }
            });
            return;
        }
        match enter(&trap, peer.ip()) {
            Ok(permit) => {
                let client = Client::direct(peer.ip(), peer.port());
                let introduction = Introduction { client, protocol, may_forward, buffered: BytesMut::new() };
                let (recorder, shutdown) = (self.recorder.clone(), self.shutdown.clone());
                self.sessions.spawn(converse(trap, stream, introduction, recorder, shutdown, permit));
            }
            Err(_) => {
                let turning_away = Arc::clone(&self.turning_away);
                if turning_away.available_permits() > 0 {
                    self.sessions.spawn(async move { turn_away(&trap, stream, &turning_away).await });
                }
            }
        }
    }

    fn admit_local<S: AsyncRead + AsyncWrite + Unpin + Send + 'static>(&self, stream: S) {
        let client = Client::direct(IpAddr::V4(Ipv4Addr::LOCALHOST), 0);
        let trap = Arc::clone(&self.trap);
        let Ok(permit) = enter(&trap, client.address) else { return };
        let introduction =
            Introduction { client, protocol: MailProtocol::Lmtp, may_forward: true, buffered: BytesMut::new() };
        let (recorder, shutdown) = (self.recorder.clone(), self.shutdown.clone());
        self.sessions.spawn(converse(trap, stream, introduction, recorder, shutdown, permit));
    }
}

async fn converse<S: AsyncRead + AsyncWrite + Unpin + Send>(
    trap: Arc<Shared>,
    stream: S,
    introduction: Introduction,
    recorder: Recorder,
    shutdown: CancellationToken,
    permit: Permit,
) {
    session::run(trap, stream, introduction, &recorder, shutdown).await;
    drop(permit);
}

/// Who is behind a trusted proxy.
async fn identify(
    trap: &Shared,
    stream: TcpStream,
    peer: SocketAddr,
    shutdown: &CancellationToken,
) -> Option<listener::Accepted> {
    let accepted = tokio::select! {
        biased;
        () = shutdown.cancelled() => return None,
        accepted = listener::accept(stream, peer, &trap.config.proxy) => accepted,
    };
    accepted
        .inspect_err(|error| {
            trap.counts.bad_proxy_header.increment(1);
            debug!(%error, "a proxy's connection was dropped");
        })
        .ok()
}

fn enter(trap: &Shared, client: IpAddr) -> Result<Permit, Refused> {
    trap.gate.enter(client).inspect_err(|refused| match refused {
        Refused::TotalLimit => trap.counts.over_total.increment(1),
        Refused::ClientLimit => trap.counts.over_client.increment(1),
    })
}

/// Tells a client that there are too many, unless too many are being told already.
async fn turn_away(trap: &Shared, mut stream: TcpStream, turning_away: &Semaphore) {
    let Ok(_telling) = turning_away.try_acquire() else { return };
    let reply = Farewell::TooManyConnections.reply(&trap.config.hostname);
    let _ = timeout(FAREWELL_TIME, stream.write_all(reply.as_bytes())).await;
}
