//! What a host's record says after a few events, and that their order doesn't matter.

#![allow(clippy::unwrap_used)]

use std::collections::HashMap;

use bytes::Bytes;
use hosts::{Host, MailedAddress, Tally, Totals, Turnarounds, contributions, mailings};
use jiff::SignedDuration;
use model::{
    ActivityKind, Attribution, Client, Confidence, Delivery, Event, EventId, Harvest, HostRecord, Judgement,
    MailProtocol, Message, MessageSummary, Network, Post, Probe, ProbeKind, Reason, Request, SealedVisit, SiteId,
    Timestamp, Trap, Visit, VisitKind, VisitorNet,
};
use proptest::prelude::*;

const HARVESTER: &str = "240.1.0.1";
const SENDER: &str = "241.1.0.1";

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_226_000_000 + second).unwrap()
}

fn id(second: i64, unique: u128) -> EventId {
    EventId::new(at(second), unique)
}

fn client(address: &str) -> Client {
    Client::direct(address.parse().unwrap(), 2525)
}

fn net(address: &str) -> VisitorNet {
    VisitorNet::of(address.parse().unwrap())
}

fn visit(second: i64, visitor: &str, kind: VisitKind, user_agent: &str, served: bool) -> Event {
    Event::Visit(Visit {
        id: id(second, 1),
        at: at(second),
        site: SiteId::new(7).unwrap(),
        client: client(visitor),
        kind,
        request: Request { user_agent: Some(user_agent.to_owned()), ..Request::default() },
        address: served.then(|| "a@trap.example".to_owned()),
        notice_digest: None,
        status: 200,
    })
}

fn harvest(second: i64, visitor: &str) -> SealedVisit {
    SealedVisit { site: SiteId::new(7).unwrap(), at: at(second), visitor: net(visitor), nonce: 0, key_generation: 0 }
}

fn message(second: i64, sender: &str, traps: Vec<Trap>) -> Message {
    let delivery = |(n, trap)| Delivery { id: id(second, n), recipient: "a@trap.example".to_owned(), trap };
    Message {
        id: id(second, 50),
        at: at(second),
        session: Some(id(second, 60)),
        client: client(sender),
        protocol: MailProtocol::Smtp,
        helo: format!("helo.{second}"),
        mail_from: String::new(),
        deliveries: (100u128..).zip(traps).map(delivery).collect(),
        content: Bytes::new(),
        received: String::new(),
        tls: false,
    }
}

fn judgement(message: &Message, reason: Option<Reason>) -> Judgement {
    let harvest = |delivery: &Delivery| match &delivery.trap {
        Trap::Issued(visit) => Some(Harvest {
            attribution: Attribution {
                harvest: *visit,
                lag: message.at.duration_since(visit.at),
                confidence: Confidence::percent(75),
                reasons: [Reason::AddressOpens].into_iter().chain(reason.clone()).collect(),
            },
            network: Network::default(),
        }),
        _ => None,
    };
    let harvests = message.deliveries.iter().map(harvest).collect();
    Judgement { summary: MessageSummary::default(), sender: Network::default(), harvests }
}

/// Everything that the events say.
#[derive(Clone, Debug, Default, PartialEq)]
struct World {
    hosts: HashMap<VisitorNet, Host>,
    totals: Totals,
    mailed: HashMap<SealedVisit, MailedAddress>,
}

impl World {
    fn take(&mut self, event: &Event, judgement: Option<&Judgement>) {
        self.totals.count(event, judgement);
        for (host, contribution) in contributions(event, judgement) {
            self.hosts.entry(host).or_default().contribute(host, &contribution);
        }
        for (harvest, at) in mailings(event, judgement) {
            let before = self.mailed.get(&harvest).copied();
            let after = self
                .mailed
                .entry(harvest)
                .and_modify(|tally| tally.merge(Tally::of(1, at)))
                .or_insert(Tally::of(1, at));
            self.totals.turnarounds.change(&harvest, before.as_ref(), after);
        }
    }

    fn record(&self, host: &str) -> Option<HostRecord> {
        self.hosts.get(&net(host)).map(|record| record.record(net(host)))
    }

    fn count(&self, host: &str, kind: ActivityKind) -> u64 {
        self.hosts.get(&net(host)).map_or(0, |record| record.activities.count(kind))
    }
}

fn world(events: &[(Event, Option<Judgement>)]) -> World {
    let mut world = World::default();
    events.iter().for_each(|(event, judgement)| world.take(event, judgement.as_ref()));
    world
}

fn spam(second: i64, traps: Vec<Trap>, reason: Option<Reason>) -> (Event, Option<Judgement>) {
    let message = message(second, SENDER, traps);
    let judgement = judgement(&message, reason);
    (Event::Message(message), Some(judgement))
}

#[test]
fn spam_to_an_issued_address_makes_a_spam_server_and_a_harvester_each_at_its_own_time() {
    let world = world(&[
        (visit(10, HARVESTER, VisitKind::TrapPage, "Grabber/1.0", true), None),
        spam(1_000, vec![Trap::Issued(harvest(10, HARVESTER)), Trap::Issued(harvest(20, HARVESTER))], None),
    ]);
    let harvester = world.record(HARVESTER).unwrap();
    let activity = harvester.activity(ActivityKind::Harvester).unwrap();
    assert_eq!((activity.count, activity.first, activity.last), (2, at(10), at(20)));
    assert_eq!(harvester.user_agents[0].value, "Grabber/1.0");
    let cited: Vec<_> = harvester.samples.iter().map(|sample| (sample.kind, sample.event)).collect();
    assert_eq!(
        cited,
        [
            (ActivityKind::Visitor, id(10, 1)),
            (ActivityKind::Harvester, id(1_000, 100)),
            (ActivityKind::Harvester, id(1_000, 101)),
        ]
    );
    let sender = world.record(SENDER).unwrap();
    assert_eq!(sender.activity(ActivityKind::SpamServer).unwrap().count, 2, "a delivery each");
    assert_eq!(sender.helo_names[0].value, "helo.1000");
    assert_eq!(world.mailed.len(), 2);
    assert_eq!(world.totals.turnarounds.fast.addresses, 2);
}

#[test]
fn a_search_engine_whose_cache_was_harvested_is_no_harvester() {
    let engine = Reason::SearchEngine { name: "Search Example".to_owned() };
    let world = world(&[spam(1_000, vec![Trap::Issued(harvest(10, HARVESTER))], Some(engine))]);
    assert_eq!(world.record(HARVESTER), None);
    assert_eq!(world.count(SENDER, ActivityKind::SpamServer), 1);
    assert_eq!((world.totals.deliveries_through_a_cache, world.totals.harvested_deliveries), (1, 0));
    assert!(world.mailed.is_empty() && world.totals.lags.count() == 0);
}

#[test]
fn a_guessed_name_counts_once_though_it_is_a_probe_and_a_delivery() {
    let probe = Event::Probe(Probe {
        id: id(999, 1),
        at: at(999),
        session: Some(id(999, 60)),
        client: client(SENDER),
        kind: ProbeKind::Dictionary,
        target: "sales@trap.example".to_owned(),
        helo: "pc".to_owned(),
    });
    let in_session = world(&[(probe, None), spam(1_000, vec![Trap::Dictionary], None)]);
    assert_eq!(in_session.count(SENDER, ActivityKind::DictionaryAttacker), 1);
    assert_eq!(in_session.count(SENDER, ActivityKind::SpamServer), 0);

    let mut imported = message(1_000, SENDER, vec![Trap::Dictionary]);
    imported.session = None;
    let imported = world(&[(Event::Message(imported), None)]);
    assert_eq!(imported.count(SENDER, ActivityKind::DictionaryAttacker), 1, "nothing probed before it");
}

#[test]
fn each_kind_of_visit_says_what_it_should_and_no_more() {
    let world = world(&[
        (visit(1, "240.0.0.1", VisitKind::Robots, "Polite/1", false), None),
        (visit(2, "240.0.0.2", VisitKind::Imported, "Mozilla", false), None),
        (visit(3, "240.0.0.3", VisitKind::ForbiddenPath, "Rude/1", false), None),
        (visit(4, "240.0.0.4", VisitKind::ForbiddenPath, "Rude/2", true), None),
    ]);
    assert_eq!(world.record("240.0.0.1"), None, "who asks what is forbidden has done nothing");
    assert_eq!(world.hosts[&net("240.0.0.2")].activities.taken.addresses, 0, "a log's line takes no address");
    assert_eq!(world.count("240.0.0.2", ActivityKind::Visitor), 1);
    assert_eq!(world.count("240.0.0.3", ActivityKind::RuleBreaker), 1);
    assert_eq!(world.count("240.0.0.3", ActivityKind::Visitor), 0);
    assert_eq!(world.count("240.0.0.4", ActivityKind::Visitor), 1);
    assert_eq!(world.hosts[&net("240.0.0.4")].activities.taken.addresses, 1);
    assert_eq!(world.totals.visits.robots, 1);
}

#[test]
fn comments_relay_attempts_and_passwords_each_have_their_name() {
    let probe = |second, kind| {
        let probe = Probe {
            id: id(second, 1),
            at: at(second),
            session: None,
            client: client(SENDER),
            kind,
            target: "x".to_owned(),
            helo: String::new(),
        };
        (Event::Probe(probe), None)
    };
    let post = Event::Post(Post {
        id: id(9, 1),
        at: at(9),
        site: SiteId::new(7).unwrap(),
        client: client(SENDER),
        request: Request::default(),
        fields: Vec::new(),
        body_bytes: 10,
        truncated: false,
        address: None,
    });
    let world = world(&[
        (post, None),
        probe(1, ProbeKind::Relay),
        probe(2, ProbeKind::Auth),
        probe(3, ProbeKind::Auth),
        probe(4, ProbeKind::Verify),
    ]);
    let record = world.record(SENDER).unwrap();
    let counts: Vec<_> = record.activities.iter().map(|activity| (activity.kind.title(), activity.count)).collect();
    assert_eq!(
        counts,
        [("dictionary attacker", 1), ("comment spammer", 1), ("relay prober", 1), ("password guesser", 2)]
    );
}

#[test]
fn an_ipv6_customer_is_one_host_with_the_addresses_it_used() {
    let world = world(&[
        (visit(1, "2001:db8:1:2::1", VisitKind::TrapPage, "a", true), None),
        (visit(2, "2001:db8:1:2:3::9", VisitKind::TrapPage, "a", true), None),
    ]);
    assert_eq!(world.hosts.len(), 1);
    let record = world.record("2001:db8:1:2::1").unwrap();
    assert_eq!(record.addresses.len(), 2);
    assert_eq!(record.user_agents.len(), 1);
}

#[test]
fn a_host_that_changes_its_names_for_ever_fills_no_memory() {
    let world =
        world(&(0..1_000i64).map(|n| spam(n, vec![Trap::Static("a@b.example".to_owned())], None)).collect::<Vec<_>>());
    let record = world.record(SENDER).unwrap();
    assert_eq!(record.helo_names.len(), hosts::HELO_NAMES);
    assert_eq!(record.helo_names[0].value, "helo.0", "the earliest stay");
    assert_eq!(record.samples.len(), hosts::SAMPLES);

    let long = "ä".repeat(10_000);
    let world = self::world(&[(visit(1, HARVESTER, VisitKind::TrapPage, &long, true), None)]);
    assert!(world.record(HARVESTER).unwrap().user_agents[0].value.len() <= hosts::TEXT_BYTES);
}

#[test]
fn an_addresss_turnaround_is_that_of_its_earliest_mail_whichever_was_folded_first() {
    let taken = harvest(0, HARVESTER);
    let day = SignedDuration::from_hours(24).as_secs();
    let late = Tally::of(1, at(60 * day));
    let mut both = late;
    both.merge(Tally::of(1, at(100)));
    let mut turnarounds = Turnarounds::default();
    turnarounds.change(&taken, None, &late);
    assert_eq!((turnarounds.slow.addresses, turnarounds.fast.addresses), (1, 0));
    turnarounds.change(&taken, Some(&late), &both);
    assert_eq!((turnarounds.slow.addresses, turnarounds.fast.addresses, turnarounds.fast.deliveries), (0, 1, 2));
    assert_eq!(turnarounds.lags.count(), 1);
}

/// Events of a few hosts, often at the same time and with the same names, so that ties and bounds are met.
fn any_event() -> impl Strategy<Value = (Event, Option<Judgement>)> {
    let address = (0u8..4).prop_map(|n| format!("240.0.0.{n}"));
    let v6 = (0u8..40).prop_map(|n| format!("2001:db8:0:1::{n:x}"));
    let visitor = prop_oneof![address.clone(), v6];
    let visits = (0i64..50, visitor, 0u8..20, any::<bool>()).prop_map(|(second, visitor, agent, served)| {
        (visit(second, &visitor, VisitKind::TrapPage, &format!("agent {agent}"), served), None)
    });
    let traps = prop::collection::vec((0i64..3, address), 0..3);
    let mail = (0i64..50, traps, any::<bool>()).prop_map(|(second, traps, cached)| {
        let traps = traps.into_iter().map(|(at, visitor)| Trap::Issued(harvest(at, &visitor))).collect();
        spam(second, traps, cached.then(|| Reason::CdnEdge { name: "Edge".to_owned() }))
    });
    prop_oneof![visits, mail]
}

proptest! {
    #[test]
    fn the_records_are_the_same_whatever_order_the_events_come_in(
        events in prop::collection::vec(any_event(), 0..60),
        order in prop::collection::vec(any::<u32>(), 60),
    ) {
        let straight = world(&events);
        let mut shuffled: Vec<_> = events.into_iter().zip(order).collect();
        shuffled.sort_by_key(|(_, place)| *place);
        let shuffled: Vec<_> = shuffled.into_iter().map(|(event, _)| event).collect();
        prop_assert_eq!(world(&shuffled), straight);
    }

    #[test]
    fn partial_records_merge_to_the_whole_in_either_order(
        events in prop::collection::vec(any_event(), 0..60),
        cut in 0usize..60,
    ) {
        let (one, other) = events.split_at(cut.min(events.len()));
        let whole = world(&events);
        let (one, other) = (world(one), world(other));
        for (host, record) in &whole.hosts {
            let part = |world: &World| world.hosts.get(host).cloned().unwrap_or_default();
            let (mut forth, mut back) = (part(&one), part(&other));
            forth.merge(&part(&other));
            back.merge(&part(&one));
            prop_assert_eq!(&forth, record);
            prop_assert_eq!(&back, record);
        }
    }
}
