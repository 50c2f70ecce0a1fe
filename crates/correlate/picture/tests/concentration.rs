//! What the picture shows of a small world.

#![allow(clippy::unwrap_used)]

use hosts::{Activities, Lags, Taken, Tally, Totals, TurnaroundTally};
use jiff::SignedDuration;
use model::{ActivityKind, Country, Timestamp, VisitorNet};
use network::{DatasetBuilder, Kind, NetworkMap};
use picture::{Measure, Picture, Rollup, UNKNOWN};
use proptest::prelude::*;

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// 240.1/16 is Hosting Example until 2008-11-12 and Later Example from then on; 240.2/16 is AS64520, whose holder
/// nobody names; 240.3/16 and 240.4/16 are two ASes of Access Example.
fn networks() -> NetworkMap {
    let routes = |date: &str, first: u32| {
        let mut routes = DatasetBuilder::new();
        let us = Country::new("US");
        routes.prefix("240.1.0.0/16".parse().unwrap(), Some(first), us);
        routes.prefix("240.2.0.0/16".parse().unwrap(), Some(64520), Country::new("NL"));
        routes.prefix("240.3.0.0/16".parse().unwrap(), Some(64530), us);
        routes.prefix("240.4.0.0/16".parse().unwrap(), Some(64540), Country::new("DE"));
        routes.build(Kind::Routes, date.parse().unwrap()).0
    };
    let mut holders = DatasetBuilder::new();
    for (asn, name) in
        [(64500, "Hosting Example"), (64501, "Later Example"), (64530, "Access Example"), (64540, "Access Example")]
    {
        holders.holder(asn, name, None);
    }
    let (holders, _) = holders.build(Kind::Providers, "2008-01-01".parse().unwrap());
    NetworkMap::new(vec![routes("2008-01-01", 64500), routes("2008-11-12", 64501), holders])
}

fn did(deeds: &[(ActivityKind, u64, &str)]) -> Activities {
    let mut activities = Activities::default();
    for (kind, count, first) in deeds {
        activities.add(*kind, Tally::of(*count, at(first)));
    }
    activities
}

fn drawn(hosts: &[(&str, Activities)], totals: &Totals) -> Picture {
    let networks = networks();
    let mut rollup = Rollup::default();
    for (host, activities) in hosts {
        rollup.add(&networks, VisitorNet::of(host.parse().unwrap()), activities);
    }
    rollup.picture(totals)
}

const BEFORE: &str = "2008-11-11T10:00:00Z";
const AFTER: &str = "2008-11-20T10:00:00Z";

#[test]
fn the_provider_that_holds_most_stands_first_and_alone_holds_half() {
    use ActivityKind::SpamServer;
    let picture = drawn(
        &[
            ("240.1.0.1", did(&[(SpamServer, 700, BEFORE)])),
            ("240.3.0.1", did(&[(SpamServer, 100, BEFORE)])),
            ("240.4.0.1", did(&[(SpamServer, 50, BEFORE)])),
            ("240.2.0.1", did(&[(SpamServer, 100, BEFORE)])),
            ("243.0.0.1", did(&[(SpamServer, 50, BEFORE)])),
        ],
        &Totals::default(),
    );
    let names: Vec<_> = picture.by(Measure::Messages).iter().map(|provider| provider.name.as_str()).collect();
    assert_eq!(names, ["Hosting Example", "Access Example", "AS64520", UNKNOWN]);
    let first = &picture.providers[0];
    assert_eq!((first.counts.messages, first.shares.messages), (700, 0.7));
    let half = picture.half(Measure::Messages).unwrap();
    assert_eq!(
        (half.providers.as_slice(), half.share, half.reached),
        (["Hosting Example".to_owned()].as_slice(), 0.7, true)
    );
    let access = picture.by(Measure::SpamServers)[0];
    assert_eq!(
        (access.name.as_str(), access.counts.spam_servers, access.asns.as_slice()),
        ("Access Example", 2, [64530, 64540].as_slice())
    );
    assert_eq!(access.country, Country::new("DE"), "of two countries with one host each, the first by name");
}

#[test]
fn a_host_counts_for_the_provider_it_had_when_it_first_did_that() {
    let host = did(&[(ActivityKind::Visitor, 3, BEFORE), (ActivityKind::SpamServer, 5, AFTER)]);
    let picture = drawn(&[("240.1.0.1", host)], &Totals::default());
    let of = |name: &str| picture.providers.iter().find(|provider| provider.name == name).unwrap().counts;
    assert_eq!((of("Hosting Example").visits, of("Hosting Example").messages), (3, 0));
    assert_eq!((of("Later Example").visits, of("Later Example").messages), (0, 5));
    assert_eq!(picture.hosts, 1);
}

#[test]
fn networks_that_are_not_known_are_part_of_the_whole_but_not_among_the_few() {
    let sent = |count| did(&[(ActivityKind::SpamServer, count, BEFORE)]);
    let picture = drawn(&[("243.0.0.1", sent(90)), ("240.1.0.1", sent(10))], &Totals::default());
    let half = picture.half(Measure::Messages).unwrap();
    assert_eq!((half.providers.as_slice(), half.reached), (["Hosting Example".to_owned()].as_slice(), false));
    assert!((half.share - 0.1).abs() < 1e-9);
    let nothing = drawn(&[], &Totals::default());
    assert!(!nothing.half(Measure::Visits).unwrap().reached);
}

/// A harvester took 10 addresses on the first of November, and 4 of them got 100 messages by `last`.
fn harvested(last: &str) -> Picture {
    let taken = at("2008-11-01T00:00:00Z");
    let mut harvester = did(&[(ActivityKind::Harvester, 100, "2008-11-01T00:00:00Z")]);
    harvester.taken = Taken { addresses: 10, seconds: 10 * i128::from(taken.as_second()) };
    let mut person = did(&[(ActivityKind::Visitor, 1, "2008-11-01T00:00:00Z")]);
    person.taken = Taken { addresses: 1, seconds: taken.as_second().into() };
    let mut totals = Totals { last: Some(at(last)), harvested_deliveries: 100, ..Totals::default() };
    totals.turnarounds.between = TurnaroundTally { addresses: 4, deliveries: 100 };
    drawn(&[("240.1.0.1", harvester), ("240.3.0.1", person)], &totals)
}

#[test]
fn fifty_addresses_cost_what_the_harvested_ones_got_in_their_time() {
    let cost = harvested("2009-11-01T06:00:00Z").cost;
    assert_eq!((cost.harvesters, cost.addresses_taken, cost.addresses_mailed), (1, 10, 4));
    assert_eq!(cost.messages_per_address, Some(10.0), "the silent ones count too, the person's don't");
    let rate = cost.messages_per_address_per_year.unwrap();
    assert!((rate - 10.0).abs() < 0.01, "{rate}");
    assert!((cost.for_addresses(50).unwrap() - 500.0).abs() < 1.0);
    assert!(!cost.is_extrapolated());
}

#[test]
fn a_few_weeks_are_told_as_an_extrapolation_and_a_few_days_not_at_all() {
    let weeks = harvested("2008-11-22T00:00:00Z").cost;
    assert!(weeks.is_extrapolated());
    assert!(weeks.messages_per_address_per_year.unwrap() > 100.0);
    let days = harvested("2008-11-03T00:00:00Z").cost;
    assert_eq!((days.for_addresses(50), days.messages_per_address), (None, Some(10.0)));
    assert_eq!(drawn(&[], &Totals::default()).cost.for_addresses(50), None);
}

#[test]
fn mailed_addresses_whose_visit_was_lost_are_counted_as_taken() {
    let harvester = did(&[(ActivityKind::Harvester, 6, "2008-11-01T00:00:00Z")]);
    let mut totals = Totals { last: Some(at("2008-12-01T00:00:00Z")), harvested_deliveries: 6, ..Totals::default() };
    totals.turnarounds.fast = TurnaroundTally { addresses: 2, deliveries: 6 };
    let cost = drawn(&[("240.1.0.1", harvester)], &totals).cost;
    assert_eq!((cost.addresses_taken, cost.messages_per_address), (2, Some(3.0)));
    assert!((cost.address_years - 60.0 / 365.25).abs() < 1e-6);
}

#[test]
fn the_lags_are_told_in_quantiles_and_read_as_json() {
    let mut lags = Lags::default();
    (1..=9).for_each(|days| lags.add(SignedDuration::from_hours(24 * days)));
    let picture = drawn(&[], &Totals { lags, ..Totals::default() });
    let median = picture.lags.deliveries.median.unwrap().as_hours();
    assert!((110..=130).contains(&median), "{median} hours");
    assert_eq!(picture.lags.first_deliveries.median, None);
    let json = serde_json::to_value(&picture).unwrap();
    assert_eq!(json["lags"]["deliveries"]["count"], 9);
    assert_eq!(json["halves"][0]["measure"], "harvesters");
}

#[test]
fn a_host_seen_earlier_elsewhere_moves_with_all_it_did() {
    use ActivityKind::SpamServer;
    let (late, both) = (did(&[(SpamServer, 5, AFTER)]), did(&[(SpamServer, 5, AFTER), (SpamServer, 2, BEFORE)]));
    let (host, networks) = (VisitorNet::of("240.1.0.1".parse().unwrap()), networks());
    let mut rollup = Rollup::default();
    rollup.add(&networks, host, &late);
    rollup.change(&networks, host, Some(&late), &both);
    assert_eq!(rollup.picture(&Totals::default()), drawn(&[("240.1.0.1", both)], &Totals::default()));
    assert_eq!(rollup.picture(&Totals::default()).providers.len(), 1, "nothing is left of where it seemed to be");
}

proptest! {
    #[test]
    fn parts_scanned_beside_each_other_make_the_same_picture(
        raw in prop::collection::btree_map((1u8..6, 0u8..20), (0usize..3, 1u64..100, any::<bool>()), 0..40),
        cut in 0usize..40,
    ) {
        let kinds = [ActivityKind::Visitor, ActivityKind::Harvester, ActivityKind::SpamServer];
        let hosts: Vec<_> = raw
            .into_iter()
            .map(|((net, host), (kind, count, before))| {
                let when = if before { BEFORE } else { AFTER };
                (format!("240.{net}.0.{host}"), did(&[(kinds[kind], count, when), (ActivityKind::SpamServer, 1, AFTER)]))
            })
            .collect();
        let hosts: Vec<_> = hosts.iter().map(|(host, activities)| (host.as_str(), *activities)).collect();
        let totals = Totals { last: Some(at("2008-12-01T00:00:00Z")), ..Totals::default() };
        let whole = drawn(&hosts, &totals);

        let networks = networks();
        let mut parts = [Rollup::default(), Rollup::default()];
        for (index, (host, activities)) in hosts.iter().enumerate() {
            parts[usize::from(index < cut)].add(&networks, VisitorNet::of(host.parse().unwrap()), activities);
        }
        let [one, mut other] = parts;
        other.merge(one);
        let merged = other.picture(&totals);
        prop_assert_eq!(&merged, &whole);
        for measure in Measure::ALL {
            let sum: f64 = whole.providers.iter().map(|provider| provider.shares.get(measure)).sum();
            prop_assert!(whole.totals.get(measure) == 0 || (sum - 1.0).abs() < 1e-9, "the shares make a whole");
            let half = whole.half(measure).unwrap();
            prop_assert!(half.reached == (half.share >= 0.5));
        }
    }
}
