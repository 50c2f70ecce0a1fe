//! What it costs to judge messages, to fold them into the state, and to draw the picture of a million hosts.
//!
//! 1,000,000 messages from 200,000 spam servers, a few of which send most, to addresses that 2,000 harvesters took;
//! then visitors until the state has 1,000,000 hosts. Judging and folding run on one core, in batches as the correlate
//! role makes them. Bounds: 30,000 messages folded a second, and the picture in under 300 ms. Run it with `--release`.

#![allow(clippy::print_stdout, reason = "a benchmark prints its figures")]
#![allow(clippy::unwrap_used, reason = "its input is its own")]

use std::error::Error;
use std::net::{IpAddr, Ipv4Addr};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use attribution::{Judge, Ranges};
use bytes::Bytes;
use journal::Position;
use model::{
    Client, Delivery, Event, EventId, Judgement, MailProtocol, Message, Request, SealedVisit, SiteId, Timestamp, Trap,
    Visit, VisitKind, VisitorNet,
};
use network::{DatasetBuilder, Kind, NetworkMap};
use state::State;

const MESSAGES: u64 = 1_000_000;
const SPAM_SERVERS: u64 = 200_000;
const HARVESTERS: u64 = 2_000;
const ADDRESSES_EACH: u64 = 100;
const HOSTS: u64 = 1_000_000;
const BATCH: usize = 4_096;
/// 2008-11-01T00:00:00Z.
const BEGIN: i64 = 1_225_497_600;

fn main() -> Result<(), Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("state");
    let networks = Arc::new(networks()?);
    let judge = Judge::new(Arc::clone(&networks), Ranges::default());
    let mut run =
        Run { state: State::open(&path)?, judge, position: 0, judging: Spent::default(), folding: Spent::default() };

    let visits = HARVESTERS * ADDRESSES_EACH;
    run.fold((0..visits).map(|n| visit(n, harvester(n / ADDRESSES_EACH))))?;
    run.report("visits of harvesters", visits);
    run.fold((0..MESSAGES).map(message))?;
    run.report("messages", MESSAGES);
    let visitors = HOSTS - HARVESTERS - SPAM_SERVERS;
    run.fold((0..visitors).map(|n| visit(n, visitor(n))))?;
    run.report("visits of a host each", visitors);

    let start = Instant::now();
    let position = run.state.persist()?;
    println!("persist, at {position}: {:.0} ms", millis(start));
    pictures(&run.state, &networks)?;
    let start = Instant::now();
    let digest = run.state.digest()?;
    println!("digest: {:.0} ms", millis(start));
    drop(run);

    println!("{:.0} MB on disk, {} resident", megabytes(&path)?, resident());
    let start = Instant::now();
    let state = State::open(&path)?;
    println!("open: {:.0} ms", millis(start));
    pictures(&state, &networks)?;
    assert_eq!(state.digest()?, digest, "what was closed is what is opened");
    let start = Instant::now();
    let found =
        (0..10_000).filter(|n| state.host(VisitorNet::of(spam_server(n * 17))).is_ok_and(|host| host.is_some()));
    println!("lookup: {} of 10000 found, {:.1} us each", found.count(), millis(start) / 10.0);
    Ok(())
}

struct Run {
    state: State,
    judge: Judge,
    position: u64,
    judging: Spent,
    folding: Spent,
}

/// Time spent, by the clock and by this thread on a core: on a busy machine only the second says what work costs.
#[derive(Clone, Copy, Default)]
struct Spent {
    wall: Duration,
    core: Duration,
}

impl Spent {
    fn on<T>(&mut self, work: impl FnOnce() -> T) -> T {
        let (wall, core) = (Instant::now(), core_time());
        let made = work();
        self.wall += wall.elapsed();
        self.core += core_time().saturating_sub(core);
        made
    }
}

/// How long this thread has been on a core, as Linux counts it; no time at all on other systems.
fn core_time() -> Duration {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    Duration::from_nanos(text.split(' ').next().and_then(|nanos| nanos.parse().ok()).unwrap_or(0))
}

/// How long all threads of this process have been on a core, in milliseconds.
fn process_millis() -> f64 {
    let text = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let ticks: Vec<f64> =
        text.rsplit(')').next().unwrap_or_default().split(' ').filter_map(|n| n.parse().ok()).collect();
    // After the name: the state (no number), ten numbers, then user and system time in hundredths of a second.
    ticks.iter().skip(10).take(2).sum::<f64>() * 10.0
}

impl Run {
    fn fold(&mut self, mut events: impl Iterator<Item = Event>) -> Result<(), Box<dyn Error>> {
        (self.judging, self.folding) = (Spent::default(), Spent::default());
        loop {
            let batch: Vec<Event> = events.by_ref().take(BATCH).collect();
            if batch.is_empty() {
                return Ok(());
            }
            let mut judging = self.judging;
            let judgements: Vec<Option<Judgement>> =
                judging.on(|| batch.iter().map(|event| self.judgement(event)).collect());
            self.judging = judging;
            let first = self.position + 1;
            self.position += batch.len() as u64;
            let entries = batch.iter().zip(&judgements).zip(first..);
            let entries = entries.map(|((event, judgement), at)| (Position(at), event, judgement.as_ref()));
            self.folding.on(|| self.state.apply(entries))?;
        }
    }

    fn judgement(&self, event: &Event) -> Option<Judgement> {
        match event {
            Event::Message(message) => Some(self.judge.judge(message)),
            _ => None,
        }
    }

    fn report(&self, what: &str, count: u64) {
        let rate = |time: Duration| count as f64 / time.as_secs_f64().max(1e-9);
        println!(
            "{count} {what}, a core's second: {:.0} judged, {:.0} folded (by the clock: {:.0}, {:.0}); {} resident",
            rate(self.judging.core),
            rate(self.folding.core),
            rate(self.judging.wall),
            rate(self.folding.wall),
            resident()
        );
    }
}

fn pictures(state: &State, networks: &Arc<NetworkMap>) -> Result<(), Box<dyn Error>> {
    for _ in 0..3 {
        let (start, before) = (Instant::now(), process_millis());
        let picture = state.picture(networks)?;
        println!(
            "picture of {} hosts, {} providers: {:.0} ms by the clock, {:.0} ms of all cores together",
            picture.hosts,
            picture.providers.len(),
            millis(start),
            process_millis() - before
        );
    }
    Ok(())
}

/// 240.0.0.0/4 as 16,384 prefixes of 3,000 ASes, each with its holder.
fn networks() -> Result<NetworkMap, Box<dyn Error>> {
    let mut routes = DatasetBuilder::new();
    let mut holders = DatasetBuilder::new();
    for n in 0..16_384u32 {
        let asn = 4_200_000_000 + scattered(n.into(), 3_000) as u32;
        routes.prefix(format!("{}/18", Ipv4Addr::from(0xf000_0000 | n << 14)).parse()?, Some(asn), None);
        holders.holder(asn, &format!("Provider {asn}"), None);
    }
    let (routes, _) = routes.build(Kind::Routes, "2008-11-01".parse()?);
    let (holders, _) = holders.build(Kind::Providers, "2008-01-01".parse()?);
    Ok(NetworkMap::new(vec![routes, holders]))
}

/// A number below `bound` that looks like chance and is the same each time.
fn scattered(number: u64, bound: u64) -> u64 {
    (number.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32) % bound
}

/// As [`scattered`], with the small ones far more often, as with the senders of spam.
fn skewed(number: u64, bound: u64) -> u64 {
    let even = scattered(number, 1 << 20) as f64 / f64::from(1 << 20);
    (even.powi(3) * bound as f64) as u64
}

/// The host of this number; those of different numbers differ, and lie all over 240.0.0.0/4.
fn address(number: u64) -> IpAddr {
    let within = (number as u32).wrapping_mul(0x9e37_79b1) & 0x0fff_ffff;
    Ipv4Addr::from(0xf000_0000 | within).into()
}

fn harvester(number: u64) -> IpAddr {
    address(number)
}

fn spam_server(number: u64) -> IpAddr {
    address(HARVESTERS + number)
}

fn visitor(number: u64) -> IpAddr {
    address(HARVESTERS + SPAM_SERVERS + number)
}

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(BEGIN + seconds).unwrap()
}

/// The site that served the address of this number.
fn site(address: u64) -> SiteId {
    SiteId::new(address as u32 % 1_000).unwrap()
}

fn visit(number: u64, visitor: IpAddr) -> Event {
    let at = at(number as i64 / 10);
    Event::Visit(Visit {
        id: EventId::new(at, number.into()),
        at,
        site: site(number),
        client: Client::direct(visitor, 40_000),
        kind: VisitKind::TrapPage,
        request: Request {
            user_agent: Some(format!("Mozilla/4.0 (compatible; MSIE 6.0; Windows NT 5.{})", number % 3)),
            ..Request::default()
        },
        address: Some("trap@trap.example".to_owned()),
        notice_digest: None,
        status: 200,
    })
}

fn message(number: u64) -> Event {
    let at = at(40_000 + number as i64);
    let taken = skewed(number, HARVESTERS) * ADDRESSES_EACH + scattered(number, ADDRESSES_EACH);
    let harvest = SealedVisit {
        site: site(taken),
        at: self::at(taken as i64 / 10),
        visitor: VisitorNet::of(harvester(taken / ADDRESSES_EACH)),
        nonce: taken as u16,
        key_generation: 0,
    };
    // Every spam server sends once; then a few send most.
    let sender = if number < SPAM_SERVERS { number } else { skewed(number, SPAM_SERVERS) };
    Event::Message(Message {
        id: EventId::new(at, number.into()),
        at,
        session: Some(EventId::new(at, u128::from(number) + 1)),
        client: Client::direct(spam_server(sender), 40_000),
        protocol: MailProtocol::Smtp,
        helo: format!("pc-{}", sender % 50_000),
        mail_from: "sender@sender.example".to_owned(),
        deliveries: vec![Delivery {
            id: EventId::new(at, u128::from(number) + 2),
            recipient: "trap@trap.example".to_owned(),
            trap: Trap::Issued(harvest),
        }],
        content: Bytes::from_static(CONTENT.as_bytes()),
        received: String::new(),
        tls: false,
    })
}

const CONTENT: &str = concat!(
    "Received: from pc by relay.example; Sat, 1 Nov 2008 00:00:00 +0000\r\n",
    "From: Sender <sender@sender.example>\r\nTo: trap@trap.example\r\nSubject: Cheap watches\r\n",
    "Message-ID: <1@sender.example>\r\nMIME-Version: 1.0\r\nContent-Type: text/plain\r\n\r\nBuy them here.\r\n"
);

fn millis(since: Instant) -> f64 {
    since.elapsed().as_secs_f64() * 1e3
}

fn megabytes(folder: &Path) -> Result<f64, std::io::Error> {
    let mut bytes = 0.0;
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let kind = entry.file_type()?;
        bytes += if kind.is_dir() { megabytes(&entry.path())? * 1e6 } else { entry.metadata()?.len() as f64 };
    }
    Ok(bytes / 1e6)
}

fn resident() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or("? kB");
    line.trim().to_owned()
}
