//! A web trap that runs for a test, and a client that says exactly what the test wants said.
#![allow(dead_code, reason = "each test file uses a part of it")]
#![allow(clippy::unwrap_used)]
#![allow(clippy::disallowed_methods, reason = "what the trap itself sent is read whole")]

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use journal::{Journal, MemoryJournal, Position};
use listener::{Clock, ClockHand, EventIds};
use model::{Event, Post, SiteId, Timestamp, Visit};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use trap_address::{MasterKey, Opener};
use web_trap::{Site, Sites, WebConfig, WebTrap};

/// When the tests take place.
pub const NOW: &str = "2008-11-11T21:30:00Z";

/// The deployment's key.
pub fn master() -> MasterKey {
    MasterKey::from_bytes([42; 32])
}

/// A site whose number decides everything about it.
pub fn site(number: u32) -> Site {
    let id = SiteId::new(number).unwrap();
    Site {
        id,
        slug: format!("slug{number}"),
        hosts: vec![format!("www{number}.example")],
        domains: vec![format!("mail{number}.example"), format!("post{number}.example")],
        owner: None,
        seed: master().site_secret(id, "pages"),
        sealer: master().sealer(id, 0),
    }
}

/// A running trap with sites 1 to 3.
pub struct Running {
    pub trap: Arc<WebTrap>,
    pub address: SocketAddr,
    pub journal: Arc<MemoryJournal>,
    pub clock: ClockHand,
    pub sites: watch::Sender<Arc<Sites>>,
    pub shutdown: CancellationToken,
    pub served: JoinHandle<std::io::Result<()>>,
}

/// A trap that isn't listening, and what goes with it.
pub fn trap(config: WebConfig) -> (Arc<WebTrap>, Arc<MemoryJournal>, ClockHand, watch::Sender<Arc<Sites>>) {
    let journal = Arc::new(MemoryJournal::new());
    let (clock, hand) = Clock::by_hand(NOW.parse().unwrap());
    let (sender, sites) = watch::channel(Arc::new(Sites::new((1..4).map(site)).unwrap()));
    let store: Arc<dyn Journal> = journal.clone();
    (Arc::new(WebTrap::new(config, sites, store, clock, EventIds::seeded(1))), journal, hand, sender)
}

/// Starts a trap.
pub async fn start(config: WebConfig) -> Running {
    let (trap, journal, clock, sites) = trap(config);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let shutdown = CancellationToken::new();
    let served = tokio::spawn(Arc::clone(&trap).serve(listener, shutdown.clone()));
    Running { trap, address, journal, clock, sites, shutdown, served }
}

/// An answer.
#[derive(Clone, Debug)]
pub struct Answer {
    pub status: u16,
    pub head: String,
    pub body: String,
}

impl Answer {
    /// The value of a field of its header.
    pub fn field(&self, name: &str) -> Option<&str> {
        self.head.lines().skip(1).find_map(|line| {
            let (field, value) = line.split_once(": ")?;
            field.eq_ignore_ascii_case(name).then_some(value)
        })
    }
}

impl Running {
    /// Says these bytes on a connection of their own, and returns all that comes back until the trap closes it.
    pub async fn say(&self, bytes: impl AsRef<[u8]>) -> String {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        // A trap that has heard enough may close before everything is said.
        let _ = stream.write_all(bytes.as_ref()).await;
        let mut said = Vec::new();
        let _ = stream.read_to_end(&mut said).await;
        String::from_utf8_lossy(&said).into_owned()
    }

    /// Asks once.
    pub async fn ask(&self, request: impl AsRef<[u8]>) -> Answer {
        answers(&self.say(request).await, false).pop().unwrap()
    }

    /// Fetches a page of a site by its host name.
    pub async fn get(&self, host: &str, path: &str) -> Answer {
        self.ask(format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n")).await
    }

    /// Waits until this many events are durable, and returns all there are.
    pub async fn events(&self, count: u64) -> Vec<Event> {
        if count > 0 {
            self.journal.wait_past(Position(count - 1)).await;
        }
        self.journal.events()
    }

    /// The only visit.
    pub async fn visit(&self) -> Visit {
        match self.events(1).await.as_slice() {
            [Event::Visit(visit)] => visit.clone(),
            other => panic!("{other:?}"),
        }
    }

    /// The only post.
    pub async fn post(&self) -> Post {
        match self.events(1).await.as_slice() {
            [Event::Post(post)] => post.clone(),
            other => panic!("{other:?}"),
        }
    }

    /// Ends it; nothing more is recorded afterwards.
    pub async fn stop(self) -> Vec<Event> {
        self.shutdown.cancel();
        self.served.await.unwrap().unwrap();
        self.journal.events()
    }
}

/// Takes answers apart that came one after the other.
pub fn answers(mut said: &str, head_only: bool) -> Vec<Answer> {
    let mut all = Vec::new();
    while let Some((head, rest)) = said.split_once("\r\n\r\n") {
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        let mut answer = Answer { status, head: head.to_owned(), body: String::new() };
        let length =
            if head_only || status == 100 { 0 } else { answer.field("content-length").unwrap().parse().unwrap() };
        answer.body = rest[..length].to_owned();
        said = &rest[length..];
        all.push(answer);
    }
    assert_eq!(said, "", "bytes after the last answer");
    all
}

/// Every address in a page that a harvester would find, without the repeats.
pub fn addresses(page: &str) -> Vec<String> {
    let part = |letter: char| letter.is_ascii_alphanumeric() || letter == '.' || letter == '-';
    let mut found: Vec<String> = page
        .match_indices('@')
        .filter_map(|(at, _)| {
            let before = page[..at].rfind(|letter| !part(letter)).map_or(0, |end| end + 1);
            let after = page[at + 1..].find(|letter| !part(letter)).map_or(page.len(), |end| at + 1 + end);
            (before < at && after > at + 1).then(|| page[before..after].to_owned())
        })
        .collect();
    found.sort();
    found.dedup();
    found
}

/// Opens an address of one of the sites.
pub fn open(address: &str, now: Timestamp) -> model::SealedVisit {
    let local = address.split('@').next().unwrap();
    Opener::new(&master(), (1..4).map(|number| (SiteId::new(number).unwrap(), 0))).open(local, now).unwrap()
}

/// Whether this visitor is at this address.
pub fn is(visit: &Visit, address: &str) -> bool {
    visit.client.address == address.parse::<IpAddr>().unwrap()
}
