//! Events of all kinds, each different, with every field used by some of them.

use std::net::IpAddr;

use bytes::Bytes;
use jiff::{SignedDuration, Timestamp};
use model::{
    Attribution, AuthAttempt, Client, ClientIdentity, Confidence, Country, Delivery, Event, EventId, FormField,
    Harvest, Judgement, MailProtocol, Message, MessageSummary, Network, Post, Probe, ProbeKind, Reason, ReplyMark,
    Request, SealedVisit, Session, SessionEnding, SiteId, TlsSession, Transcript, TranscriptChunk, Trap, Visit,
    VisitKind, VisitorNet,
};

/// 11 November 2008, shortly before the world's spam fell, and `n` times 17 minutes on.
pub fn time(n: u64) -> Timestamp {
    let start: Timestamp = "2008-11-11T20:00:00.000001Z".parse().unwrap();
    start + SignedDuration::from_mins(17 * i64::try_from(n).unwrap())
}

/// `n` events, mixed, spread over days.
pub fn mixed(n: u64) -> Vec<Event> {
    (0..n).map(event).collect()
}

/// The `n`th event: every fifth is of the same kind.
pub fn event(n: u64) -> Event {
    match n % 5 {
        0 => Event::Visit(visit(n)),
        1 => Event::Post(post(n)),
        2 => Event::Message(message(n)),
        3 => Event::Session(session(n)),
        _ => Event::Probe(probe(n)),
    }
}

pub fn id(n: u64, part: u64) -> EventId {
    EventId::new(time(n), u128::from(n) << 8 | u128::from(part))
}

fn client(n: u64) -> Client {
    let address: IpAddr = match n % 3 {
        0 => format!("2001:db8:{n:x}::1").parse().unwrap(),
        _ => format!("240.0.{}.{}", n / 256 % 256, n % 256).parse().unwrap(),
    };
    let identity =
        [ClientIdentity::Direct, ClientIdentity::ProxyProtocol, ClientIdentity::Forwarded, ClientIdentity::Imported]
            [usize::try_from(n % 4).unwrap()];
    Client { address, port: u16::try_from(n % 65_536).unwrap(), identity }
}

fn request(n: u64) -> Request {
    Request {
        method: "GET".to_owned(),
        host: format!("site{n}.example"),
        path: format!("/p/{n}?q=\u{fc}"),
        http_version: "1.1".to_owned(),
        header_names: vec!["Host".to_owned(), "user-agent".to_owned()],
        user_agent: n.is_multiple_of(2).then(|| format!("Harvester/{n}")),
        referer: n.is_multiple_of(3).then(|| "http://site.example/".to_owned()),
    }
}

pub fn visit(n: u64) -> Visit {
    let kinds = [VisitKind::TrapPage, VisitKind::Robots, VisitKind::ForbiddenPath, VisitKind::Imported];
    Visit {
        id: id(n, 0),
        at: time(n),
        site: SiteId::new(u32::try_from(n % 1000).unwrap()).unwrap(),
        client: client(n),
        kind: kinds[usize::try_from(n / 5 % 4).unwrap()],
        request: request(n),
        address: n.is_multiple_of(2).then(|| format!("some.name{n}@traps.example")),
        notice_digest: n.is_multiple_of(2).then_some([u8::try_from(n % 251).unwrap(); 32]),
        status: 200,
    }
}

fn post(n: u64) -> Post {
    let field = |number: u64| FormField { name: format!("f{number}"), value: format!("buy {n} pills") };
    Post {
        id: id(n, 0),
        at: time(n),
        site: SiteId::new(7).unwrap(),
        client: client(n),
        request: request(n),
        fields: (0..n % 4).map(field).collect(),
        body_bytes: 100 + n,
        truncated: n.is_multiple_of(2),
        address: n.is_multiple_of(3).then(|| "some.name@traps.example".to_owned()),
    }
}

fn probe(n: u64) -> Probe {
    let kinds = [ProbeKind::Dictionary, ProbeKind::Relay, ProbeKind::Auth, ProbeKind::Verify];
    Probe {
        id: id(n, 0),
        at: time(n),
        session: n.is_multiple_of(2).then(|| id(n, 1)),
        client: client(n),
        kind: kinds[usize::try_from(n / 5 % 4).unwrap()],
        target: format!("john{n}@traps.example"),
        helo: "PC-OF-JOHN".to_owned(),
    }
}

fn session(n: u64) -> Session {
    let attempt = AuthAttempt {
        mechanism: "LOGIN".to_owned(),
        user: "admin".to_owned(),
        password_hash: n.is_multiple_of(2).then_some([9; 32]),
    };
    Session {
        id: id(n, 0),
        at: time(n),
        ended: time(n) + SignedDuration::from_micros(1_234_567),
        client: client(n),
        protocol: [MailProtocol::Smtp, MailProtocol::Lmtp][usize::try_from(n / 5 % 2).unwrap()],
        helo: format!("host{n}"),
        tls: n
            .is_multiple_of(3)
            .then(|| TlsSession { version: "TLSv1.3".to_owned(), cipher: "TLS_AES_128_GCM_SHA256".to_owned() }),
        transcript: Transcript {
            bytes: Bytes::from(format!("EHLO host{n}\r\n\u{0}")),
            chunks: vec![TranscriptChunk { offset_us: 11, kept: 13, left_out: 0 }],
            replies: vec![ReplyMark { offset_us: 12, after_client_bytes: 13, code: 250 }],
        },
        auth_attempts: if n.is_multiple_of(4) { vec![attempt] } else { Vec::new() },
        commands: 5,
        messages: 1,
        recipients: 2,
        client_bytes: 4711,
        ending: SessionEnding::TimedOut,
    }
}

/// A message with one to three deliveries.
pub fn message(n: u64) -> Message {
    let delivery = |number: u64| Delivery {
        id: id(n, 10 + number),
        recipient: format!("r{number}.of{n}@traps.example"),
        trap: match (n + number) % 3 {
            0 => Trap::Dictionary,
            1 => Trap::Static("info@traps.example".to_owned()),
            _ => Trap::Issued(sealed(n)),
        },
    };
    Message {
        id: id(n, 0),
        at: time(n),
        session: n.is_multiple_of(2).then(|| id(n, 1)),
        client: client(n),
        protocol: MailProtocol::Smtp,
        helo: "mail.example".to_owned(),
        mail_from: if n.is_multiple_of(2) { String::new() } else { "a@b.example".to_owned() },
        deliveries: (0..=n % 3).rev().map(delivery).collect(),
        content: content(n),
        received: format!("from mail.example by traps.example; {n}"),
        tls: n.is_multiple_of(2),
    }
}

/// The content of the `n`th message: not text, so that nothing may treat it as such.
pub fn content(n: u64) -> Bytes {
    Bytes::from([format!("Subject: {n}\r\n\r\n").into_bytes(), vec![0, 0xff, b'\n', 0x80]].concat())
}

fn sealed(n: u64) -> SealedVisit {
    let at = time(n) - SignedDuration::from_hours(24 * 19);
    SealedVisit {
        site: SiteId::new(42).unwrap(),
        at: Timestamp::from_second(at.as_second()).unwrap(),
        visitor: VisitorNet::of(client(n + 1).address),
        nonce: 65_535,
        key_generation: 3,
    }
}

/// What is concluded from a message; pure, as the lake asks.
pub fn judge(message: &Message) -> Judgement {
    let network = Network {
        prefix: Some("240.0.0.0/16".parse().unwrap()),
        asn: Some(64_500),
        provider: Some("McColo".to_owned()),
        country: Country::new("US"),
        as_of: Some("2008-11-01".parse().unwrap()),
    };
    let harvest = |delivery: &Delivery| match &delivery.trap {
        Trap::Issued(sealed) => Some(Harvest {
            attribution: Attribution {
                harvest: *sealed,
                lag: message.at.duration_since(sealed.at),
                confidence: Confidence::percent(85),
                reasons: vec![Reason::AddressOpens, Reason::CdnEdge { name: "Edge: of many".to_owned() }],
            },
            network: network.clone(),
        }),
        _ => None,
    };
    Judgement {
        summary: MessageSummary {
            size: message.content.len() as u64,
            digest: [message.content.len() as u8; 32],
            subject: String::from_utf8_lossy(&message.content).lines().next().unwrap_or_default().to_owned(),
            from: "a@b.example".to_owned(),
            message_id: String::new(),
            sign_up_confirmation: false,
        },
        sender: if message.tls { network.clone() } else { Network::default() },
        harvests: message.deliveries.iter().map(harvest).collect(),
    }
}
