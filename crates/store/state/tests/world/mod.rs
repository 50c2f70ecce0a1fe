//! Events with judgements for the tests: a small world, the same for the same numbers.

#![allow(clippy::unwrap_used, dead_code, reason = "each test file uses some of it")]

use std::net::Ipv4Addr;
use std::sync::Arc;

use attribution::{Judge, Ranges};
use bytes::Bytes;
use journal::Position;
use model::{
    Client, Delivery, Event, EventId, Judgement, MailProtocol, Message, MessageSummary, Probe, ProbeKind, Request,
    SealedVisit, SiteId, Timestamp, Trap, Visit, VisitKind, VisitorNet,
};
use network::NetworkMap;
use state::{State, StateError};

/// An event, what was made of it, and where it stands.
pub struct Judged {
    pub position: Position,
    pub event: Event,
    pub judgement: Option<Judgement>,
}

/// The first `count` events of the world, at positions 1 and on.
pub fn events(count: u64) -> Vec<Judged> {
    let judge = Judge::new(Arc::new(NetworkMap::default()), Ranges::default());
    (1..=count)
        .map(|number| {
            let event = event(number);
            let judgement = match &event {
                Event::Message(message) => Some(judge.judge_with_summary(message, MessageSummary::default())),
                _ => None,
            };
            Judged { position: Position(number), event, judgement }
        })
        .collect()
}

/// Applies events in batches of `size`.
pub fn apply(state: &State, events: &[Judged], size: usize) -> Result<(), StateError> {
    events.chunks(size).try_for_each(|batch| {
        state.apply(batch.iter().map(|judged| (judged.position, &judged.event, judged.judgement.as_ref())))
    })
}

/// The host of a number: a third of the numbers are harvesters, the rest senders.
pub fn host(number: u64) -> VisitorNet {
    VisitorNet::V4(Ipv4Addr::new(240, (number / 40) as u8, (number / 4) as u8, number as u8))
}

fn event(number: u64) -> Event {
    let at = Timestamp::from_second(1_226_000_000 + number as i64 * 600).unwrap();
    let id = EventId::new(at, number.into());
    let client = Client::direct(host(number * 7 % 61).first(), 2525);
    match number % 5 {
        0 => Event::Visit(Visit {
            id,
            at,
            site: SiteId::new(7).unwrap(),
            client,
            kind: VisitKind::TrapPage,
            request: Request { user_agent: Some(format!("agent {}", number % 11)), ..Request::default() },
            address: Some("a@trap.example".to_owned()),
            notice_digest: None,
            status: 200,
        }),
        1 => Event::Probe(Probe {
            id,
            at,
            session: None,
            client,
            kind: ProbeKind::Dictionary,
            target: "sales@trap.example".to_owned(),
            helo: format!("helo-{}", number % 13),
        }),
        _ => Event::Message(message(number, id, at, client)),
    }
}

fn message(number: u64, id: EventId, at: Timestamp, client: Client) -> Message {
    let taken = number % 17;
    let harvest = SealedVisit {
        site: SiteId::new(7).unwrap(),
        at: Timestamp::from_second(1_225_000_000 + taken as i64 * 90_000).unwrap(),
        visitor: host(taken * 3),
        nonce: taken as u16,
        key_generation: 0,
    };
    let delivery = Delivery {
        id: EventId::new(at, u128::from(number) + 1_000_000),
        recipient: "a@trap.example".to_owned(),
        trap: Trap::Issued(harvest),
    };
    Message {
        id,
        at,
        session: None,
        client,
        protocol: MailProtocol::Smtp,
        helo: format!("helo-{}", number % 13),
        mail_from: String::new(),
        deliveries: vec![delivery],
        content: Bytes::new(),
        received: String::new(),
        tls: false,
    }
}
