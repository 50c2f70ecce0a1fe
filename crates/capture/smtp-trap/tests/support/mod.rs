//! What the tests of the mail trap share: a trap with a journal in memory and a clock that stands still.
#![allow(dead_code, clippy::unwrap_used)]

pub mod facts;
pub mod tls;

use std::net::IpAddr;
use std::sync::Arc;

use journal::MemoryJournal;
use listener::{Clock, EventIds};
use model::{Client, Event, Message, Probe, Session, SiteId, Timestamp};
use smtp_trap::{MailTrap, SmtpConfig};
use tokio::sync::watch;
use trap_address::{MasterKey, Opener, Traps};

/// When the tests take place.
pub fn now() -> Timestamp {
    "2008-11-11T21:30:00Z".parse().unwrap()
}

/// An address at trap.example that 198.51.100.7 took a month before.
pub fn issued_address() -> String {
    let at: Timestamp = "2008-10-11T09:00:00Z".parse().unwrap();
    let local = MasterKey::from_bytes([7; 32]).sealer(site(), 0).seal(at, "198.51.100.7".parse().unwrap(), 0);
    format!("{}@trap.example", &*local)
}

fn site() -> SiteId {
    SiteId::new(42).unwrap()
}

fn traps() -> Arc<Traps> {
    let opener = Opener::new(&MasterKey::from_bytes([7; 32]), [(site(), 0)]);
    Arc::new(Traps::new(opener, ["trap.example".to_owned()], ["info@old.example".to_owned()]))
}

pub fn config() -> SmtpConfig {
    SmtpConfig::new("mx.trap.example", [9; 32])
}

/// A trap and what it has written.
pub struct Fixture {
    pub trap: Arc<MailTrap>,
    pub journal: Arc<MemoryJournal>,
    _traps: watch::Sender<Arc<Traps>>,
}

impl Fixture {
    pub fn new(config: SmtpConfig) -> Self {
        let journal = Arc::new(MemoryJournal::new());
        let (sender, receiver) = watch::channel(traps());
        let (clock, _) = Clock::by_hand(now());
        let ids = EventIds::seeded(1);
        let trap = MailTrap::new(config, receiver, Arc::clone(&journal) as _, clock, ids).unwrap();
        Self { trap: Arc::new(trap), journal, _traps: sender }
    }

    pub fn messages(&self) -> Vec<Message> {
        self.of_kind(|event| match event {
            Event::Message(message) => Some(message),
            _ => None,
        })
    }

    pub fn sessions(&self) -> Vec<Session> {
        self.of_kind(|event| match event {
            Event::Session(session) => Some(session),
            _ => None,
        })
    }

    pub fn probes(&self) -> Vec<Probe> {
        self.of_kind(|event| match event {
            Event::Probe(probe) => Some(probe),
            _ => None,
        })
    }

    fn of_kind<T>(&self, kind: impl Fn(Event) -> Option<T>) -> Vec<T> {
        self.journal.events().into_iter().filter_map(kind).collect()
    }
}

pub fn client() -> Client {
    Client::direct(IpAddr::from([203, 0, 113, 9]), 40_000)
}
