//! The listener: lets connections in, learns whose they are, and ends in order.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use listener::{Accepted, Permit, ProxyMode, Refused, accept};
use model::ClientIdentity;
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::{debug, warn};

use crate::WebTrap;

/// How long no connection is accepted after one couldn't be: mostly for want of file descriptors, which come back as
/// others close.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

impl WebTrap {
    /// Serves what this listener accepts until `shutdown` is cancelled; then lets requests under way end, and returns
    /// once every visit is durable. One trap can serve several listeners.
    ///
    /// # Errors
    /// If the journal would not take the last visits before [`crate::WebLimits::drain_time`] was over.
    pub async fn serve(self: Arc<Self>, listener: TcpListener, shutdown: CancellationToken) -> io::Result<()> {
        self.start_writing();
        let (connections, abort) = (TaskTracker::new(), CancellationToken::new());
        loop {
            let accepted = tokio::select! {
                biased;
                () = shutdown.cancelled() => break,
                accepted = listener.accept() => accepted,
            };
            match accepted {
                Ok((stream, peer)) => {
                    let connection = Arc::clone(&self).connection(stream, peer, shutdown.clone());
                    connections.spawn(abort.clone().run_until_cancelled_owned(connection));
                }
                Err(error) => {
                    warn!(%error, "no connection could be accepted; raise the limit on open files if this goes on");
                    sleep(ACCEPT_PAUSE).await;
                }
            }
        }
        drop(listener);
        connections.close();
        if timeout(self.config.limits.shutdown_time, connections.wait()).await.is_err() {
            abort.cancel();
            connections.wait().await;
        }
        self.flush().await
    }

    async fn connection(self: Arc<Self>, stream: TcpStream, peer: SocketAddr, shutdown: CancellationToken) {
        // An answer is one write, so there is nothing to gather.
        let nodelay = stream.set_nodelay(true);
        let (Ok(permit), Ok(())) = (self.permit_peer(peer), nodelay) else { return };
        let accepted = match accept(stream, peer, &self.config.proxy).await {
            Ok(accepted) => accepted,
            Err(error) => {
                debug!(%error, "connection dropped");
                return self.metrics.no_identity.increment(1);
            }
        };
        let Ok(permit) = self.permit_client(permit, &accepted) else { return };
        self.metrics.connections.increment(1);
        self.serve_connection(accepted.stream, accepted.buffered, accepted.client, &shutdown).await;
        self.metrics.connections.decrement(1);
        drop(permit);
    }

    /// At accept the client behind a proxy isn't known; the proxy itself may have as many as there is room for.
    fn permit_peer(&self, peer: SocketAddr) -> Result<Permit, Refused> {
        let is_proxy = self.config.proxy.trusted.contains(peer.ip());
        self.counted(if is_proxy { self.gate.enter_proxy() } else { self.gate.enter(peer.ip()) })
    }

    /// A connection that a PROXY header gave to one client counts as that client's.
    fn permit_client(&self, permit: Permit, accepted: &Accepted) -> Result<Permit, Refused> {
        let one_client = accepted.client.identity == ClientIdentity::ProxyProtocol;
        if self.config.proxy.mode == ProxyMode::Never || !one_client {
            return Ok(permit);
        }
        drop(permit);
        self.counted(self.gate.enter(accepted.client.address))
    }

    fn counted(&self, permit: Result<Permit, Refused>) -> Result<Permit, Refused> {
        match permit {
            Err(Refused::TotalLimit) => self.metrics.too_many.increment(1),
            Err(Refused::ClientLimit) => self.metrics.too_many_of_client.increment(1),
            Ok(_) => {}
        }
        permit
    }
}
