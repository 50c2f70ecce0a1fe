//! Learns who the client of an accepted connection is.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use bytes::{BufMut, BytesMut};
use model::{Client, ClientIdentity};
use thiserror::Error;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout_at};

use crate::TrustedProxies;
use crate::proxy_header::{self, Fault, Header, Parsed};

/// Whether trusted peers of a listener send a PROXY header. What other peers send is never read as one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ProxyMode {
    /// None does; nothing is waited for.
    #[default]
    Never,
    /// Some do. A trusted peer whose first bytes aren't a header, or which sends nothing in time, is taken as the
    /// client itself: health checks do that, and HTTP proxies that use `X-Forwarded-For`.
    ///
    /// Where the server speaks first (SMTP), each trusted peer without a header waits for [`ProxyPolicy::wait`]
    /// before it is greeted.
    Optional,
    /// All do; a trusted peer without a header is dropped.
    Required,
}

/// Whose PROXY headers a listener believes, and how long it waits for them.
#[derive(Clone, Debug)]
pub struct ProxyPolicy {
    /// Whether trusted peers send a header.
    pub mode: ProxyMode,
    /// Who is trusted.
    pub trusted: TrustedProxies,
    /// How long, from accept, a header may take to arrive whole.
    pub wait: Duration,
}

impl ProxyPolicy {
    /// Nobody is believed.
    pub fn never() -> Self {
        Self { mode: ProxyMode::Never, trusted: TrustedProxies::none(), wait: Duration::ZERO }
    }

    /// These are believed if they send a header, which they have one second for.
    pub fn optional(trusted: TrustedProxies) -> Self {
        Self { mode: ProxyMode::Optional, trusted, wait: Duration::from_secs(1) }
    }

    /// These must send a header, which they have five seconds for: a lost packet takes one to three to come again.
    pub fn required(trusted: TrustedProxies) -> Self {
        Self { mode: ProxyMode::Required, trusted, wait: Duration::from_secs(5) }
    }

    fn applies_to(&self, peer: SocketAddr) -> bool {
        self.mode != ProxyMode::Never && self.trusted.contains(peer.ip())
    }
}

/// A connection whose client is known.
#[derive(Debug)]
pub struct Accepted<S = TcpStream> {
    /// The connection.
    pub stream: S,
    /// Who is at its other end, behind any trusted proxy.
    pub client: Client,
    /// The TCP connection's own peer: the client, or the proxy.
    pub peer: SocketAddr,
    /// What the client sent that has been read already. Comes before whatever `stream` yields.
    pub buffered: BytesMut,
}

impl Accepted<TcpStream> {
    /// The connection as one stream that yields the buffered bytes first.
    pub fn into_io(self) -> impl AsyncRead + AsyncWrite + Send + Sync + Unpin + 'static {
        let (read, write) = self.stream.into_split();
        tokio::io::join(io::Cursor::new(self.buffered).chain(read), write)
    }
}

/// Why a connection is to be dropped before it began.
#[derive(Debug, Error)]
pub enum AcceptError {
    /// The header is broken.
    #[error("{peer} sent a PROXY header that cannot be used: {fault}; mend the proxy, or take it off the trusted ones")]
    Invalid {
        /// The proxy.
        peer: SocketAddr,
        /// What is wrong.
        fault: Fault,
    },
    /// A header is required, and other bytes came.
    #[error("{peer} sent no PROXY header; have the proxy send one, or make the header optional for this listener")]
    Missing {
        /// The proxy.
        peer: SocketAddr,
    },
    /// A header began or is required, and did not arrive whole in time.
    #[error(
        "{peer} sent no whole PROXY header in time; have the proxy send one, or make it optional for this listener"
    )]
    TimedOut {
        /// The proxy.
        peer: SocketAddr,
    },
    /// The connection broke.
    #[error("the connection broke while a PROXY header was awaited: {0}")]
    Io(#[from] io::Error),
}

/// Learns who the client is: the peer itself, or whom a trusted peer's PROXY header names.
///
/// Never reads from a peer that isn't trusted, and never more than [`proxy_header::MAX_LENGTH`] bytes from one that
/// is. Takes at most [`ProxyPolicy::wait`].
///
/// # Errors
/// [`AcceptError`]: the connection is to be dropped without an answer (section 2 of the PROXY protocol).
pub async fn accept<S>(mut stream: S, peer: SocketAddr, policy: &ProxyPolicy) -> Result<Accepted<S>, AcceptError>
where
    S: AsyncRead + Unpin,
{
    let mut buffered = BytesMut::new();
    let header = if policy.applies_to(peer) {
        let deadline = Instant::now() + policy.wait;
        read_header(&mut stream, &mut buffered, peer, policy.mode, deadline).await?
    } else {
        None
    };
    let client = match header.and_then(|header| header.source) {
        Some(source) => {
            Client { address: source.ip().to_canonical(), port: source.port(), identity: ClientIdentity::ProxyProtocol }
        }
        None => Client::direct(peer.ip(), peer.port()),
    };
    let header_length = header.map_or(0, |header| header.length);
    let buffered = buffered.split_off(header_length.min(buffered.len()));
    Ok(Accepted { stream, client, peer, buffered })
}

/// The header, if one comes; whatever was read is in `buffered`.
async fn read_header<S: AsyncRead + Unpin>(
    stream: &mut S,
    buffered: &mut BytesMut,
    peer: SocketAddr,
    mode: ProxyMode,
    deadline: Instant,
) -> Result<Option<Header>, AcceptError> {
    let required = mode == ProxyMode::Required;
    loop {
        match proxy_header::parse(buffered) {
            Parsed::Header(header) => return Ok(Some(header)),
            Parsed::Invalid(fault) => return Err(AcceptError::Invalid { peer, fault }),
            Parsed::NotProxy if required => return Err(AcceptError::Missing { peer }),
            Parsed::NotProxy => return Ok(None),
            Parsed::Incomplete => {}
        }
        let room = proxy_header::MAX_LENGTH - buffered.len().min(proxy_header::MAX_LENGTH);
        let mut bounded = (&mut *buffered).limit(room);
        match timeout_at(deadline, stream.read_buf(&mut bounded)).await {
            Ok(Ok(0)) if required => return Err(AcceptError::Missing { peer }),
            Ok(Ok(0)) => return Ok(None),
            Ok(Ok(_)) => {}
            Ok(Err(broken)) => return Err(broken.into()),
            // A whole signature cannot be the client's own bytes, so to go on with them would be to guess.
            Err(_) if required || proxy_header::is_signed(buffered) => return Err(AcceptError::TimedOut { peer }),
            Err(_) => return Ok(None),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    #![expect(clippy::disallowed_methods, reason = "what the test itself sent is read whole")]
    use tokio::io::AsyncWriteExt;

    use super::*;

    const PROXY: &str = "10.0.0.1:5000";
    const STRANGER: &str = "192.0.2.66:5000";
    const V1: &[u8] = b"PROXY TCP4 198.51.100.9 10.0.0.2 40123 25\r\n";

    fn policy(mode: ProxyMode) -> ProxyPolicy {
        let trusted = std::iter::once("10.0.0.0/8".parse().unwrap()).collect();
        ProxyPolicy { mode, trusted, wait: Duration::from_secs(2) }
    }

    /// Accepts a connection whose peer sends these bytes and then stays silent.
    async fn accepted(
        sent: &[u8],
        peer: &str,
        mode: ProxyMode,
    ) -> Result<Accepted<tokio::io::DuplexStream>, AcceptError> {
        let (mut far, near) = tokio::io::duplex(8_192);
        far.write_all(sent).await.unwrap();
        let result = accept(near, peer.parse().unwrap(), &policy(mode)).await;
        drop(far);
        result
    }

    #[tokio::test(start_paused = true)]
    async fn a_trusted_proxy_names_the_client_and_what_follows_is_the_clients() {
        for mode in [ProxyMode::Optional, ProxyMode::Required] {
            let sent = [V1, b"EHLO there\r\n"].concat();
            let accepted = accepted(&sent, PROXY, mode).await.unwrap();
            assert_eq!(accepted.client.address.to_string(), "198.51.100.9");
            assert_eq!(accepted.client.port, 40_123);
            assert_eq!(accepted.client.identity, ClientIdentity::ProxyProtocol);
            assert_eq!(accepted.peer, PROXY.parse().unwrap());
            assert_eq!(&accepted.buffered[..], b"EHLO there\r\n");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_header_that_comes_byte_by_byte_is_the_same_header() {
        let (mut far, near) = tokio::io::duplex(1);
        let writer = tokio::spawn(async move {
            for byte in V1 {
                far.write_all(&[*byte]).await.unwrap();
            }
            far
        });
        let accepted = accept(near, PROXY.parse().unwrap(), &policy(ProxyMode::Required)).await.unwrap();
        assert_eq!(accepted.client.address.to_string(), "198.51.100.9");
        assert!(accepted.buffered.is_empty());
        drop(writer.await.unwrap());
    }

    #[tokio::test(start_paused = true)]
    async fn a_stranger_who_claims_to_be_a_proxy_is_itself_the_client() {
        for mode in [ProxyMode::Never, ProxyMode::Optional, ProxyMode::Required] {
            let mut accepted = accepted(V1, STRANGER, mode).await.unwrap();
            assert_eq!(accepted.client, Client::direct([192, 0, 2, 66].into(), 5000));
            assert!(accepted.buffered.is_empty());
            let mut unread = Vec::new();
            accepted.stream.read_to_end(&mut unread).await.unwrap();
            assert_eq!(unread, V1, "nothing was read of what it sent");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn where_headers_are_optional_a_proxy_without_one_loses_nothing() {
        let accepted = accepted(b"GET / HTTP/1.1\r\n", PROXY, ProxyMode::Optional).await.unwrap();
        assert_eq!(accepted.client, Client::direct([10, 0, 0, 1].into(), 5000));
        assert_eq!(&accepted.buffered[..], b"GET / HTTP/1.1\r\n");
    }

    #[tokio::test(start_paused = true)]
    async fn a_silent_proxy_is_served_after_the_wait_or_dropped_where_a_header_is_required() {
        let before = Instant::now();
        assert!(accepted(b"", PROXY, ProxyMode::Optional).await.is_ok());
        assert_eq!(before.elapsed().as_secs(), 2);
        assert!(matches!(accepted(b"", PROXY, ProxyMode::Required).await, Err(AcceptError::TimedOut { .. })));
    }

    #[tokio::test(start_paused = true)]
    async fn half_a_header_is_never_taken_for_the_clients_own_bytes() {
        for mode in [ProxyMode::Optional, ProxyMode::Required] {
            let half = accepted(&V1[..30], PROXY, mode).await;
            assert!(matches!(half, Err(AcceptError::TimedOut { .. })), "{half:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_broken_header_or_none_where_one_is_required_drops_the_connection() {
        let broken = accepted(b"PROXY TCP4 nonsense\r\n", PROXY, ProxyMode::Optional).await.unwrap_err();
        assert!(matches!(broken, AcceptError::Invalid { fault: Fault::MalformedV1, .. }));
        assert!(broken.to_string().contains("10.0.0.1:5000"), "{broken}");
        let missing = accepted(b"EHLO there\r\n", PROXY, ProxyMode::Required).await.unwrap_err();
        assert!(matches!(missing, AcceptError::Missing { .. }));
    }

    #[tokio::test(start_paused = true)]
    async fn a_proxy_that_speaks_for_itself_is_the_client() {
        let accepted = accepted(b"PROXY UNKNOWN\r\n", PROXY, ProxyMode::Required).await.unwrap();
        assert_eq!(accepted.client, Client::direct([10, 0, 0, 1].into(), 5000));
    }
}
