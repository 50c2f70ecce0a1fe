//! A world against the web trap and the mail trap themselves: what they record is what really happened.

#![allow(clippy::unwrap_used)]

use std::collections::HashMap;
use std::sync::Arc;

use journal::{Journal, MemoryJournal};
use listener::{Clock, EventIds, ProxyPolicy, TrustedProxies};
use model::{Event, ProbeKind, SiteId, Trap, VisitKind};
use smtp_trap::{MailTrap, SmtpConfig};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use trap_address::{MasterKey, Opener, Traps};
use web_trap::{Sites, WebConfig, WebTrap};
use world::{ActorKind, JudgedDelivery, Plan, Targets, Truth};

/// Runs a world against both traps, and gives what they recorded.
async fn run(plan: &Plan) -> (Truth, Vec<Event>) {
    let key = MasterKey::from_bytes([7; 32]);
    let ids = plan.sites().iter().zip(1..).map(|(site, number)| (site, SiteId::new(number).unwrap()));
    let sites = Sites::new(ids.clone().map(|(site, id)| web_trap::Site {
        id,
        slug: site.slug.clone(),
        hosts: vec![site.host.clone()],
        domains: site.domains.clone(),
        owner: Some(site.owner.clone()),
        seed: key.site_secret(id, "page"),
        sealer: key.sealer(id, 0),
    }));
    let domains = plan.sites().iter().flat_map(|site| site.domains.clone());
    let traps = Traps::new(Opener::new(&key, ids.map(|(_, id)| (id, 0))), domains, []);
    let (_sites, sites) = watch::channel(Arc::new(sites.unwrap()));
    let (_traps, traps) = watch::channel(Arc::new(traps));

    let journal = Arc::new(MemoryJournal::new());
    let (clock, hand) = Clock::by_hand(plan.span().0);
    let trusted: TrustedProxies = ["127.0.0.1/32".parse().unwrap()].into_iter().collect();
    let mut config = SmtpConfig::new("mx.trap.example", [1; 32]);
    config.proxy = ProxyPolicy::required(trusted.clone());
    let as_journal = || Arc::clone(&journal) as Arc<dyn Journal>;
    let web = WebTrap::new(WebConfig::trusting(trusted), sites, as_journal(), clock.clone(), EventIds::seeded(1));
    let mail = MailTrap::new(config, traps, as_journal(), clock, EventIds::seeded(2)).unwrap();

    let shutdown = CancellationToken::new();
    let web_listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mail_listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let targets = Targets::new(web_listener.local_addr().unwrap(), mail_listener.local_addr().unwrap()).unwrap();
    let serving = [
        tokio::spawn(Arc::new(web).serve(web_listener, shutdown.clone())),
        tokio::spawn(Arc::new(mail).serve_smtp(mail_listener, shutdown.clone())),
    ];
    let truth = world::run(plan, targets, &mut |at| hand.set(at), &mut |_| {}).await.unwrap();
    shutdown.cancel();
    for server in serving {
        server.await.unwrap().unwrap();
    }
    (truth, journal.events())
}

/// What opening the addresses says of each delivery.
fn judged(events: &[Event]) -> Vec<JudgedDelivery> {
    let mut judged = Vec::new();
    for event in events {
        let Event::Message(message) = event else { continue };
        let text = std::str::from_utf8(&message.content).unwrap();
        let id = text.split("Message-ID: <").nth(1).unwrap().split('>').next().unwrap();
        for delivery in &message.deliveries {
            if let Trap::Issued(visit) = delivery.trap {
                judged.push(JudgedDelivery {
                    message_id: id.to_owned(),
                    recipient: delivery.recipient.clone(),
                    harvester: visit.visitor,
                    harvested_at: visit.at,
                });
            }
        }
    }
    judged
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_traps_record_what_happened_and_their_addresses_tell_who_harvested() {
    let plan = Plan::new(2008, 0.05).unwrap();
    let (truth, events) = run(&plan).await;
    assert_eq!((truth.broken, truth.unsent), (0, 0));

    // Every page that was read handed out the address that the visitor found on it, however it was written.
    let mut served: HashMap<String, _> = HashMap::new();
    for event in &events {
        if let Event::Visit(visit) = event
            && let Some(address) = &visit.address
        {
            served.insert(address.clone(), (visit.client.address, visit.at));
        }
    }
    assert_eq!(served.len(), truth.harvests().count());
    for visit in truth.harvests() {
        assert_eq!(served[visit.address.as_ref().unwrap()], (visit.visitor, visit.at));
    }

    // No address is lost by what harvesters do to it; only caches and newsletters mislead who takes each visitor for
    // the harvester.
    let score = truth.score(judged(&events));
    assert_eq!((score.missed, score.recall), (0, 1.0), "{score:?}");
    assert_eq!(score.wrong, score.wrong_though_visit_right, "{score:?}");
    assert!(score.correct > 400 && score.precision > 0.9, "{score:?}");

    // Rule breakers, comment spammers and guessers are seen as what they are.
    let broken = events.iter().filter(|event| matches!(event, Event::Visit(v) if v.kind == VisitKind::ForbiddenPath));
    assert_eq!(broken.count(), truth.visits.iter().filter(|visit| visit.forbidden).count());
    let posts = events.iter().filter(|event| matches!(event, Event::Post(_))).count();
    assert_eq!(posts, truth.posts.len());
    let probes = |kind| events.iter().filter(|event| matches!(event, Event::Probe(p) if p.kind == kind)).count();
    let of = |kind| truth.messages.iter().filter(move |message| message.kind == kind);
    let guesses: usize = of(ActorKind::DictionaryAttacker).map(|message| message.deliveries.len()).sum();
    assert_eq!(probes(ProbeKind::Dictionary), guesses);
    assert_eq!(probes(ProbeKind::Relay), of(ActorKind::RelayProber).count());
    assert!(probes(ProbeKind::Auth) > 0);
    assert!(of(ActorKind::RelayProber).all(|message| message.code.is_none()), "nothing is relayed");
}
