//! What an event says of which hosts.

use std::net::IpAddr;

use attribution::through_a_cache;
use jiff::Timestamp;
use model::{
    ActivityKind, Delivery, Event, EventId, Judgement, Message, Post, Probe, ProbeKind, Request, Trap, Visit,
    VisitKind, VisitorNet,
};

/// One thing that one event says of one host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Contribution<'a> {
    /// The activity.
    pub kind: ActivityKind,
    /// How often: visits, deliveries, probes, posts.
    pub count: u64,
    /// When the host did it. Of a harvest: when it took the address, not when the address was mailed.
    pub at: Timestamp,
    /// The event to cite. Of a harvest: the delivery.
    pub event: EventId,
    /// The host's whole address; none where only its network is known.
    pub address: Option<IpAddr>,
    /// The user agent that it gave.
    pub user_agent: Option<&'a str>,
    /// What it called itself in HELO or EHLO; empty if it didn't.
    pub helo: &'a str,
    /// Whether it took a trap address by it.
    pub took_address: bool,
}

/// What an event says of the hosts that it concerns; none of them twice with the same kind and time, but for
/// deliveries to several addresses taken in one second.
///
/// - **A trap page fetched**: a visitor. People and search engines visit too; it is no offence by itself.
/// - **A forbidden path fetched**: a rule breaker; and a visitor if an address was served.
/// - **`robots.txt` fetched**: nothing. To ask what is forbidden is what everybody should do, and a host that does
///   nothing else needs no record. [`Totals`](crate::Totals) count it.
/// - **A line of an imported access log**: a visitor, who took no address.
/// - **A comment form filled in**: a comment spammer.
/// - **A message**: its sender is a spam server, once for each delivery to an issued or a static trap. For each
///   delivery to an issued address, whoever took it is a harvester; unless the visitor was a cache or a shared proxy,
///   on which no harvest is pinned. Without a judgement no harvest is known.
///   What the message looks like changes nothing: a sign-up confirmation lowers the confidence of the attribution,
///   but its looks are the sender's to choose, so that it isn't let off the count.
/// - **A delivery to a guessed name**: nothing, since its RCPT was a probe and has been counted as that. Imported mail
///   had no session, hence no probe, and is counted here.
/// - **A probe**: a dictionary attacker (RCPT, VRFY and EXPN), a relay prober, a password guesser.
/// - **A session**: nothing that its messages and probes don't say.
pub fn contributions<'a>(event: &'a Event, judgement: Option<&'a Judgement>) -> Vec<(VisitorNet, Contribution<'a>)> {
    match event {
        Event::Visit(visit) => of_visit(visit),
        Event::Post(post) => vec![of_post(post)],
        Event::Message(message) => of_message(message, judgement),
        Event::Probe(probe) => vec![of_probe(probe)],
        Event::Session(_) => Vec::new(),
    }
}

fn of_visit(visit: &Visit) -> Vec<(VisitorNet, Contribution<'_>)> {
    let did = |kind, took_address| {
        let contribution = by_request(&visit.request, kind, visit.at, visit.id, visit.client.address);
        (VisitorNet::of(visit.client.address), Contribution { took_address, ..contribution })
    };
    let served = visit.address.is_some();
    match visit.kind {
        VisitKind::TrapPage => vec![did(ActivityKind::Visitor, served)],
        VisitKind::ForbiddenPath if served => {
            vec![did(ActivityKind::RuleBreaker, false), did(ActivityKind::Visitor, true)]
        }
        VisitKind::ForbiddenPath => vec![did(ActivityKind::RuleBreaker, false)],
        VisitKind::Imported => vec![did(ActivityKind::Visitor, false)],
        VisitKind::Robots => Vec::new(),
    }
}

fn of_post(post: &Post) -> (VisitorNet, Contribution<'_>) {
    let contribution = by_request(&post.request, ActivityKind::CommentSpammer, post.at, post.id, post.client.address);
    (VisitorNet::of(post.client.address), contribution)
}

fn by_request(
    request: &Request,
    kind: ActivityKind,
    at: Timestamp,
    event: EventId,
    address: IpAddr,
) -> Contribution<'_> {
    Contribution {
        kind,
        count: 1,
        at,
        event,
        address: Some(address),
        user_agent: request.user_agent.as_deref(),
        helo: "",
        took_address: false,
    }
}

fn of_probe(probe: &Probe) -> (VisitorNet, Contribution<'_>) {
    let kind = match probe.kind {
        ProbeKind::Dictionary | ProbeKind::Verify => ActivityKind::DictionaryAttacker,
        ProbeKind::Relay => ActivityKind::RelayProber,
        ProbeKind::Auth => ActivityKind::PasswordGuesser,
    };
    let contribution = Contribution {
        kind,
        count: 1,
        at: probe.at,
        event: probe.id,
        address: Some(probe.client.address),
        user_agent: None,
        helo: &probe.helo,
        took_address: false,
    };
    (VisitorNet::of(probe.client.address), contribution)
}

fn of_message<'a>(message: &'a Message, judgement: Option<&'a Judgement>) -> Vec<(VisitorNet, Contribution<'a>)> {
    let sender = VisitorNet::of(message.client.address);
    let sent = |kind, count: usize| {
        let contribution = Contribution {
            kind,
            count: count as u64,
            at: message.at,
            event: message.id,
            address: Some(message.client.address),
            user_agent: None,
            helo: message.helo.as_str(),
            took_address: false,
        };
        (count > 0).then_some((sender, contribution))
    };
    let guessed = message.deliveries.iter().filter(|delivery| delivery.trap == Trap::Dictionary).count();
    let spam = sent(ActivityKind::SpamServer, message.deliveries.len() - guessed);
    let unprobed = sent(ActivityKind::DictionaryAttacker, guessed).filter(|_| message.session.is_none());
    let harvests = pinned_harvests(message, judgement).map(|(delivery, harvest)| {
        let contribution = Contribution {
            kind: ActivityKind::Harvester,
            count: 1,
            at: harvest.at,
            event: delivery.id,
            address: None,
            user_agent: None,
            helo: "",
            took_address: false,
        };
        (harvest.visitor, contribution)
    });
    spam.into_iter().chain(unprobed).chain(harvests).collect()
}

/// The deliveries whose address was taken by a host that can be blamed for it, and that visit.
pub(crate) fn pinned_harvests<'a>(
    message: &'a Message,
    judgement: Option<&'a Judgement>,
) -> impl Iterator<Item = (&'a Delivery, model::SealedVisit)> {
    let harvests = judgement.into_iter().flat_map(|judgement| &judgement.harvests);
    message.deliveries.iter().zip(harvests).filter_map(|(delivery, harvest)| {
        let attribution = &harvest.as_ref()?.attribution;
        (!through_a_cache(attribution)).then_some((delivery, attribution.harvest))
    })
}
