//! The mail trap over real connections: who the client is, how many there may be, and how it stops.
#![allow(clippy::unwrap_used)]

mod support;

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use listener::{ProxyPolicy, TrustedProxies};
use model::{ClientIdentity, MailProtocol, SessionEnding};
use smtp_trap::SmtpConfig;
use support::Fixture;
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream, UnixListener, UnixStream};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// A trap that listens on loopback.
struct Server {
    fixture: Fixture,
    address: SocketAddr,
    shutdown: CancellationToken,
    serving: JoinHandle<io::Result<()>>,
}

impl Server {
    async fn start(config: SmtpConfig) -> Self {
        let fixture = Fixture::new(config);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let shutdown = CancellationToken::new();
        let serving = tokio::spawn(Arc::clone(&fixture.trap).serve_smtp(listener, shutdown.clone()));
        Self { fixture, address, shutdown, serving }
    }

    async fn connect(&self) -> Peer<TcpStream> {
        Peer(BufReader::new(TcpStream::connect(self.address).await.unwrap()))
    }

    /// Stops the server; whatever it kept is in the fixture then.
    async fn stop(self) -> Fixture {
        self.shutdown.cancel();
        self.serving.await.unwrap().unwrap();
        self.fixture
    }
}

struct Peer<S>(BufReader<S>);

impl<S: AsyncRead + AsyncWrite + Unpin> Peer<S> {
    async fn say(&mut self, text: &str) {
        self.0.write_all(text.as_bytes()).await.unwrap();
    }

    /// Reads up to a line that begins so.
    async fn hear(&mut self, start: &str) {
        loop {
            let mut line = Vec::new();
            let length = (&mut self.0).take(1000).read_until(b'\n', &mut line).await.unwrap();
            let line = String::from_utf8(line).unwrap();
            assert_ne!(length, 0, "the server closed instead of {start:?}");
            if line.starts_with(start) {
                return;
            }
        }
    }

    async fn has_been_closed(&mut self) -> bool {
        matches!(self.0.read(&mut [0; 100]).await, Ok(0) | Err(_))
    }
}

const MESSAGE: &str =
    "MAIL FROM:<a@example.com>\r\nRCPT TO:<info@old.example>\r\nDATA\r\nSubject: x\r\n\r\nspam\r\n.\r\nQUIT\r\n";

fn behind_proxy(networks: &[&str]) -> SmtpConfig {
    let trusted: TrustedProxies = networks.iter().map(|network| network.parse().unwrap()).collect();
    SmtpConfig { proxy: ProxyPolicy::required(trusted), ..support::config() }
}

#[tokio::test]
async fn a_message_is_kept_with_the_address_that_it_came_from() {
    let server = Server::start(support::config()).await;
    let mut peer = server.connect().await;
    peer.hear("220 mx.trap.example ESMTP").await;
    peer.say(MESSAGE).await;
    peer.hear("250 2.0.0 Ok: queued as").await;
    assert_eq!(server.fixture.messages().len(), 1, "acknowledged before it was in the journal");
    peer.hear("221").await;
    assert!(peer.has_been_closed().await);
    let fixture = server.stop().await;
    let [message] = &fixture.messages()[..] else { panic!() };
    assert_eq!(message.client.address, IpAddr::from([127, 0, 0, 1]));
    assert_eq!(message.client.identity, ClientIdentity::Direct);
    assert_eq!(&message.content[..], b"Subject: x\r\n\r\nspam\r\n");
    let [session] = &fixture.sessions()[..] else { panic!() };
    assert_eq!((session.id, session.ending), (message.session.unwrap(), SessionEnding::Quit));
}

#[tokio::test]
async fn a_trusted_proxy_says_who_the_client_is_in_either_version() {
    let server = Server::start(behind_proxy(&["127.0.0.0/8"])).await;
    let version_1 = b"PROXY TCP4 203.0.113.9 192.0.2.25 40000 25\r\n".to_vec();
    let mut version_2 = b"\r\n\r\n\0\r\nQUIT\n\x21\x21\0\x24".to_vec();
    version_2.extend("2001:db8::9".parse::<std::net::Ipv6Addr>().unwrap().octets());
    version_2.extend("2001:db8::25".parse::<std::net::Ipv6Addr>().unwrap().octets());
    version_2.extend([0x9c, 0x40, 0, 25]);
    for header in [version_1, version_2] {
        let mut peer = server.connect().await;
        // The client's own first words in the proxy's packet.
        peer.0.write_all(&[header, MESSAGE.as_bytes().to_vec()].concat()).await.unwrap();
        peer.hear("221").await;
    }
    let fixture = server.stop().await;
    let clients: Vec<_> = fixture.messages().iter().map(|message| message.client.address.to_string()).collect();
    assert_eq!(clients, ["203.0.113.9", "2001:db8::9"]);
    assert!(fixture.messages().iter().all(|message| message.client.identity == ClientIdentity::ProxyProtocol));
}

#[tokio::test]
async fn nobody_else_can_claim_to_be_a_proxy() {
    let server = Server::start(behind_proxy(&["192.0.2.0/24"])).await;
    let mut peer = server.connect().await;
    peer.hear("220").await;
    peer.say("PROXY TCP4 203.0.113.9 192.0.2.25 40000 25\r\n").await;
    peer.hear("500").await;
    peer.say(MESSAGE).await;
    peer.hear("221").await;
    let fixture = server.stop().await;
    assert_eq!(fixture.messages()[0].client.address, IpAddr::from([127, 0, 0, 1]));
}

#[tokio::test]
async fn a_proxy_that_says_nothing_of_its_client_gets_no_session() {
    let server = Server::start(behind_proxy(&["127.0.0.0/8"])).await;
    let mut peer = server.connect().await;
    peer.say("EHLO there\r\n").await;
    assert!(peer.has_been_closed().await);
    assert!(server.stop().await.sessions().is_empty());
}

#[tokio::test]
async fn one_client_cannot_take_every_place_and_places_come_free_again() {
    let mut config = support::config();
    config.limits.connections.per_client = 2;
    let server = Server::start(config).await;
    let mut peers = Vec::new();
    for _ in 0..2 {
        let mut peer = server.connect().await;
        peer.hear("220").await;
        peers.push(peer);
    }
    let mut one_too_many = server.connect().await;
    one_too_many.hear("421 4.7.0 mx.trap.example Error: too many connections").await;
    assert!(one_too_many.has_been_closed().await);
    drop(peers);
    while server.fixture.trap.open_sessions() > 0 {
        tokio::task::yield_now().await;
    }
    let mut peer = server.connect().await;
    peer.hear("220").await;
    drop(peer);
    assert_eq!(server.stop().await.sessions().len(), 3);
}

#[tokio::test]
async fn clients_behind_one_proxy_are_counted_apart() {
    let mut config = behind_proxy(&["127.0.0.0/8"]);
    config.limits.connections.per_client = 1;
    let server = Server::start(config).await;
    let mut peers = Vec::new();
    for client in ["203.0.113.1", "203.0.113.2"] {
        let mut peer = server.connect().await;
        peer.say(&format!("PROXY TCP4 {client} 192.0.2.25 40000 25\r\n")).await;
        peer.hear("220").await;
        peers.push(peer);
    }
    let mut again = server.connect().await;
    again.say("PROXY TCP4 203.0.113.2 192.0.2.25 40001 25\r\n").await;
    again.hear("421").await;
    drop(peers);
    server.stop().await;
}

#[tokio::test]
async fn a_stop_waits_for_the_message_in_progress_and_for_nothing_else() {
    let server = Server::start(support::config()).await;
    let (mut idle, mut busy) = (server.connect().await, server.connect().await);
    idle.hear("220").await;
    busy.say("MAIL FROM:<>\r\nRCPT TO:<info@old.example>\r\nDATA\r\nhalf\r\n").await;
    busy.hear("354").await;
    let address = server.address;
    server.shutdown.cancel();
    idle.hear("421 4.3.2").await;
    assert!(idle.has_been_closed().await);
    busy.say(".\r\n").await;
    busy.hear("250 2.0.0").await;
    busy.hear("421 4.3.2").await;
    let fixture = server.stop().await;
    assert!(TcpStream::connect(address).await.is_err(), "still listening");
    assert_eq!((fixture.messages().len(), fixture.sessions().len()), (1, 2));
    assert!(fixture.sessions().iter().all(|session| session.ending == SessionEnding::Shutdown));
}

#[tokio::test]
async fn an_mta_in_front_hands_mail_in_on_a_socket_and_names_its_client() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("lmtp");
    let fixture = Fixture::new(support::config());
    let shutdown = CancellationToken::new();
    let listener = UnixListener::bind(&path).unwrap();
    let serving = tokio::spawn(Arc::clone(&fixture.trap).serve_lmtp_socket(listener, shutdown.clone()));
    let mut mta = Peer(BufReader::new(UnixStream::connect(&path).await.unwrap()));
    mta.hear("220 mx.trap.example LMTP").await;
    mta.say("LHLO mta.example\r\nXFORWARD ADDR=203.0.113.77 HELO=bot.example\r\n").await;
    mta.hear("250 2.0.0").await;
    mta.say(MESSAGE).await;
    mta.hear("221").await;
    shutdown.cancel();
    serving.await.unwrap().unwrap();
    let [message] = &fixture.messages()[..] else { panic!() };
    assert_eq!((message.client.address, message.protocol), (IpAddr::from([203, 0, 113, 77]), MailProtocol::Lmtp));
    assert_eq!(message.helo, "bot.example");
}

#[tokio::test]
async fn two_hundred_clients_at_once_lose_nothing() {
    let server = Server::start(support::config()).await;
    let clients: Vec<_> = (0..200)
        .map(|_| {
            let address = server.address;
            tokio::spawn(async move {
                let mut peer = Peer(BufReader::new(TcpStream::connect(address).await.unwrap()));
                for _ in 0..5 {
                    peer.say("MAIL FROM:<>\r\nRCPT TO:<info@old.example>\r\nDATA\r\n").await;
                    peer.hear("354").await;
                    peer.say("spam\r\n.\r\n").await;
                    peer.hear("250 2.0.0 Ok: queued").await;
                }
                peer.say("QUIT\r\n").await;
                peer.hear("221").await;
            })
        })
        .collect();
    for client in clients {
        client.await.unwrap();
    }
    let fixture = server.stop().await;
    assert_eq!((fixture.messages().len(), fixture.sessions().len()), (1_000, 200));
    assert!(fixture.sessions().iter().all(|session| session.messages == 5));
}

#[tokio::test]
async fn starttls_works_over_a_real_connection() {
    let server = Server::start(support::config()).await;
    let mut peer = server.connect().await;
    peer.say("STARTTLS\r\n").await;
    peer.hear("220 2.0.0").await;
    let mut peer = Peer(BufReader::new(support::tls::connect(peer.0.into_inner()).await.unwrap()));
    peer.say(MESSAGE).await;
    peer.hear("221").await;
    assert!(peer.has_been_closed().await);
    let fixture = server.stop().await;
    assert!(fixture.messages()[0].tls);
    let tls = fixture.sessions()[0].tls.clone().unwrap();
    assert_eq!(tls.version, "TLSv1.3");
    assert!(tls.cipher.starts_with("TLS_"), "{tls:?}");
}

#[tokio::test]
async fn a_client_that_takes_no_replies_is_not_answered_without_bound() {
    let mut config = support::config();
    config.limits.idle_time = Duration::from_millis(300);
    let server = Server::start(config).await;
    let mut peer = server.connect().await;
    let noops = "NOOP\r\n".repeat(20_000);
    // Sends until neither side can go on, and reads nothing.
    while tokio::time::timeout(Duration::from_secs(2), peer.0.write_all(noops.as_bytes()))
        .await
        .is_ok_and(|sent| sent.is_ok())
    {}
    drop(peer);
    let fixture = server.stop().await;
    assert_eq!(fixture.sessions().len(), 1);
    assert_ne!(fixture.sessions()[0].ending, SessionEnding::Quit);
}
