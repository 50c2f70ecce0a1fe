//! What a plan promises, checked without running it.

#![allow(clippy::unwrap_used)]

use std::collections::{BTreeMap, HashMap, HashSet};

use network::import::{Options, read_bytes};

use super::*;
use crate::calendar::{CUT, RETURN, SECOND_CUT};

fn plan(seed: u64, scale: f64) -> Plan {
    Plan::new(seed, scale).unwrap()
}

/// Spam a day between two times, as counted by `of`.
fn rate(plan: &Plan, from: Timestamp, to: Timestamp, of: fn(&Letter) -> usize) -> f64 {
    let spam = |(at, session): (Timestamp, &MailSession)| {
        let letters = session.letters.iter().filter(|letter| letter.operator.is_some());
        if from <= at && at < to { letters.map(of).sum() } else { 0 }
    };
    plan.sessions().map(spam).sum::<usize>() as f64 / (to.duration_since(from).as_secs_f64() / 86_400.0)
}

fn days(count: i64) -> jiff::SignedDuration {
    jiff::SignedDuration::from_hours(24 * count)
}

#[test]
fn a_seed_makes_one_world_and_another_seed_another() {
    assert_eq!(plan(1, 0.3), plan(1, 0.3));
    assert_ne!(plan(1, 0.05).actions(), plan(2, 0.05).actions());
}

#[test]
fn a_world_is_as_large_as_its_scale_says() {
    for scale in [0.25, 1.0, 2.0] {
        let plan = plan(8, scale);
        let pages = plan.pages() as f64 / scale;
        let messages = plan.messages() as f64 / scale;
        assert!((3_400.0..4_800.0).contains(&pages), "{pages} pages at scale {scale}");
        assert!((12_500.0..16_500.0).contains(&messages), "{messages} messages at scale {scale}");
    }
    assert!((150..700).contains(&plan(8, 0.02).messages()));
    assert!(plan(8, 0.001).pages() > 0);
}

#[test]
fn a_scale_that_makes_no_sense_and_a_world_without_sites_are_refused() {
    for scale in [0.0, -1.0, f64::NAN, f64::INFINITY, 21.0] {
        assert!(matches!(Plan::new(1, scale), Err(WorldError::Scale { .. })), "{scale}");
    }
    assert!(matches!(Plan::with_sites(1, 0.1, Vec::new()), Err(WorldError::NoSites)));
    let bare = Site { slug: "a".into(), host: "a.example".into(), domains: Vec::new(), owner: String::new() };
    assert!(matches!(Plan::with_sites(1, 0.1, vec![bare]), Err(WorldError::NoSites)));
}

#[test]
fn spam_falls_by_two_thirds_when_the_firm_is_cut_off_and_comes_back_a_little() {
    for seed in 1..=4 {
        let plan = plan(seed, 1.0);
        let messages: fn(&Letter) -> usize = |_| 1;
        let deliveries: fn(&Letter) -> usize = |letter| letter.recipients.len();
        for (name, of) in [("messages", messages), ("deliveries", deliveries)] {
            let before = rate(&plan, CUT - days(7), CUT, of);
            let after = rate(&plan, CUT, RETURN, of);
            let drop = 1.0 - after / before;
            assert!((0.60..=0.70).contains(&drop), "seed {seed}: {name} -{:.1} %", 100.0 * drop);
            let again = rate(&plan, RETURN, SECOND_CUT, of);
            assert!(
                after * 1.1 < again && again < before * 0.6,
                "seed {seed}: {before}, {after}, {again} {name} a day"
            );
        }
    }
}

#[test]
fn one_firm_has_the_most_harvests_and_hardly_a_sender() {
    for (seed, scale) in [(1, 1.0), (2, 0.3), (3, 0.02)] {
        let plan = plan(seed, scale);
        let mut harvests: BTreeMap<usize, usize> = BTreeMap::new();
        for action in plan.actions() {
            let actor = &plan.actors()[action.actor];
            if let (ActorKind::Harvester, Deed::Crawl(crawl)) = (actor.kind, &action.deed) {
                *harvests.entry(actor.provider).or_default() += crawl.pages;
            }
        }
        let total: usize = harvests.values().sum();
        let firm = harvests.remove(&0).unwrap_or(0);
        let next = harvests.values().max().copied().unwrap_or(0);
        assert!(firm * 100 > total * 42, "seed {seed}: the firm has {firm} of {total}");
        assert!(firm > 2 * next, "seed {seed}: {firm}, then {next}");
        let senders = plan.actors().iter().filter(|actor| actor.kind == ActorKind::SpamServer);
        let (there, elsewhere): (Vec<_>, Vec<_>) = senders.partition(|actor| actor.provider == 0);
        assert!(there.len() <= 2 && elsewhere.len() > 20 * there.len());
    }
    assert_eq!(plan(1, 0.02).firm().unwrap().name, "Farrow Street Hosting");
}

#[test]
fn most_addresses_stay_silent() {
    let plan = plan(3, 1.0);
    let mailed: HashSet<(usize, usize)> = plan
        .sessions()
        .flat_map(|(_, session)| &session.letters)
        .flat_map(|letter| &letter.recipients)
        .filter_map(|recipient| match recipient {
            Recipient::Taken { crawl, pick, .. } => Some((*crawl, *pick)),
            _ => None,
        })
        .collect();
    assert!(mailed.len() > 300 && mailed.len() * 4 < plan.pages(), "{} of {}", mailed.len(), plan.pages());
}

#[test]
fn no_two_messages_have_the_same_id() {
    let plan = plan(5, 1.0);
    let ids: HashSet<&str> = plan.sessions().flat_map(|(_, s)| &s.letters).map(|l| l.message_id.as_str()).collect();
    assert_eq!(ids.len(), plan.messages());
}

#[test]
fn mail_goes_out_only_in_a_later_moment_than_the_harvest() {
    let plan = plan(6, 0.5);
    let mut moment_of = HashMap::new();
    let mut next = 0;
    let all = moments(plan.actions());
    for moment in &all {
        assert_eq!(moment.actions.start, next, "no action is left out");
        next = moment.actions.end;
        for action in &plan.actions()[moment.actions.clone()] {
            assert!(action.at >= moment.at && action.at.duration_since(moment.at) < days(1));
            if let Deed::Crawl(crawl) = &action.deed {
                moment_of.insert(crawl.id, moment.at);
            }
            let Deed::Mail(session) = &action.deed else { continue };
            for recipient in session.letters.iter().flat_map(|letter| &letter.recipients) {
                if let Recipient::Taken { crawl, .. } = recipient {
                    assert!(moment_of.get(crawl).is_some_and(|harvest| *harvest < moment.at));
                }
            }
        }
    }
    assert_eq!(next, plan.actions().len());
}

#[test]
fn every_name_is_a_reserved_one() {
    let plan = plan(7, 0.3);
    let reserved = |name: &str| name.ends_with(".example") || name.ends_with(".test");
    for letter in plan.sessions().flat_map(|(_, session)| &session.letters) {
        assert!(reserved(&letter.message_id), "{}", letter.message_id);
        assert!(letter.from.is_empty() || reserved(&letter.from), "{}", letter.from);
        for recipient in &letter.recipients {
            if let Recipient::Guessed(address) | Recipient::Foreign(address) = recipient {
                assert!(reserved(address), "{address}");
            }
        }
    }
}

#[test]
fn the_network_files_place_every_actor_at_its_provider() {
    let plan = plan(9, 0.3);
    let files = plan.networks();
    let options = Options { date: Some(files.date), ..Options::default() };
    let datasets = [files.prefixes, files.providers].map(|text| read_bytes(text.into_bytes(), &options).unwrap());
    let map = network::NetworkMap::new(datasets.into());
    for actor in plan.actors() {
        let found = map.lookup(actor.address, CUT);
        let provider = &plan.providers()[actor.provider];
        assert_eq!(found.provider.as_deref(), Some(provider.name.as_str()), "{}", actor.address);
        assert_eq!(found.asn, Some(provider.asn));
        assert_eq!(found.country, Some(provider.country));
        assert_eq!(plan.provider_of(actor.address), Some(provider));
    }
    let engines = plan.search_engine_ranges();
    let crawler = plan.actors().iter().find(|actor| actor.kind == ActorKind::SearchEngine).unwrap();
    assert!(engines.iter().flat_map(|engine| &engine.ranges).any(|range| range.contains(&crawler.address)));
    assert_eq!(plan.forwarder_ranges().len(), 1);
}
