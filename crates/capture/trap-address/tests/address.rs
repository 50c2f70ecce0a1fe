//! What holds for every trap address, whoever it was sealed for and whatever happened to it on the way.

#![allow(clippy::unwrap_used)]

use std::collections::HashSet;
use std::net::IpAddr;

use jiff::{SignedDuration, Timestamp};
use model::{SiteId, VisitorNet};
use proptest::prelude::*;
use trap_address::{MasterKey, NotOpened, Opener};

const SITES: u32 = 64;
const LATEST: u16 = 4;
const FIRST_SECOND: i64 = 946_684_800;
const LAST_SECOND: i64 = FIRST_SECOND + u32::MAX as i64;

fn master() -> MasterKey {
    MasterKey::from_bytes([7; 32])
}

fn site(number: u32) -> SiteId {
    SiteId::new(number).unwrap()
}

fn opener() -> Opener {
    Opener::new(&master(), (0..SITES).map(|number| (site(number), LATEST)))
}

fn at() -> Timestamp {
    "2008-10-01T06:30:00Z".parse().unwrap()
}

fn any_visitor() -> impl Strategy<Value = IpAddr> {
    prop_oneof![any::<[u8; 4]>().prop_map(IpAddr::from), any::<[u8; 16]>().prop_map(IpAddr::from)]
}

fn any_time() -> impl Strategy<Value = Timestamp> {
    (FIRST_SECOND..=LAST_SECOND).prop_map(|second| Timestamp::from_second(second).unwrap())
}

/// Ways in which harvesters and mailers have been seen to damage addresses.
fn mangled(local: &str) -> Vec<String> {
    let dotless: String = local.chars().filter(|c| *c != '.').collect();
    let percent: String = local.bytes().map(|byte| format!("%{byte:02X}")).collect();
    vec![
        local.to_uppercase(),
        format!("{local}+news"),
        format!("{local}+a.rather.long.tag"),
        format!("{local}%2Bnews"),
        format!("mailto:{local}"),
        format!("MAILTO:{local}"),
        format!("mailto%3A{local}"),
        format!("mailto:%20{local}"),
        format!("\"{local}\""),
        format!("'{local}"),
        format!("{local}'"),
        format!("`{local}`"),
        format!("%20{local}"),
        format!("{local}%20"),
        format!("%2520{local}"),
        format!("%22{local}%22"),
        format!("<{local}>"),
        format!("&lt;{local}"),
        format!("&quot;{local}&quot;"),
        format!("{local}."),
        format!("{local},"),
        format!(".{local}.,;"),
        format!("({local})"),
        format!("[{local}]"),
        format!(" {local}\t"),
        format!("+{local}"),
        format!("u003e{local}"),
        format!("\\u003e{local}"),
        format!("u003c{local}"),
        format!("3d{local}"),
        format!("=3D{local}"),
        format!("20{local}"),
        format!("2020{local}"),
        format!("22{local}"),
        format!("n{local}"),
        format!("\\n{local}"),
        format!("gt{local}"),
        format!("mailto{local}"),
        format!("href=mailto:{local}"),
        format!("prvs=1234567890={local}"),
        format!("SRS0=HHH=TT=x.example={local}"),
        local.replace('.', ".."),
        dotless,
        percent,
    ]
}

proptest! {
    #[test]
    fn an_address_says_which_visit_it_was_given_to(
        number in 0..SITES, generation in 0..=LATEST, time in any_time(), visitor in any_visitor(), nonce: u16,
    ) {
        let sealer = master().sealer(site(number), generation);
        let visit = opener().open(&sealer.seal(time, visitor, nonce), time).unwrap();
        prop_assert_eq!(visit.site, site(number));
        prop_assert_eq!(visit.key_generation, generation);
        prop_assert_eq!(visit.at, time);
        prop_assert_eq!(visit.visitor, VisitorNet::of(visitor));
        prop_assert_eq!(visit.nonce, nonce);
    }

    #[test]
    fn an_address_is_words_of_lower_case_within_its_length(
        number in 0..=SiteId::MAX, time in any_time(), visitor in any_visitor(), nonce: u16,
    ) {
        let local = master().sealer(site(number), 0).seal(time, visitor, nonce);
        let longest = if VisitorNet::of(visitor).first().is_ipv4() { 40 } else { 64 };
        prop_assert!(local.len() <= longest, "{} has {} characters", local, local.len());
        prop_assert!(local.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'.')));
        // RFC 5321, section 4.1.2: a dot-string has no dot at an end and no two together.
        prop_assert!(local.split('.').all(|word| !word.is_empty()), "{}", local);
        let consonants_in_a_row = local.split(|c: char| "aeiouy.0123456789".contains(c)).map(str::len).max();
        prop_assert!(consonants_in_a_row <= Some(2), "{} cannot be pronounced", local);
    }

    #[test]
    fn what_harvesters_do_to_an_address_does_not_lose_it(
        number in 0..SITES, visitor in any_visitor(), nonce: u16,
    ) {
        let opener = opener();
        let local = master().sealer(site(number), 1).seal(at(), visitor, nonce);
        let visit = opener.open(&local, at()).unwrap();
        for text in mangled(&local) {
            prop_assert_eq!(opener.open(&text, at()), Ok(visit), "{}", text);
        }
    }

    #[test]
    fn a_changed_letter_makes_it_somebodys_guess(
        number in 0..SITES, visitor in any_visitor(), place in 0..38usize, other in "[a-z0-9]",
    ) {
        let opener = opener();
        let local = master().sealer(site(number), 0).seal(at(), visitor, 0);
        let mut changed = local.to_string();
        changed.replace_range(place..=place, &other);
        let letters = |text: &str| text.replace('.', "");
        prop_assume!(letters(&changed) != letters(&local));
        prop_assert!(opener.open(&changed, at()).is_err());
    }

    #[test]
    fn no_text_does_harm_or_opens(text in "\\PC{0,300}") {
        prop_assert!(opener().open(&text, at()).is_err());
    }

    #[test]
    fn no_words_open(text in "([bcdfghjklmnprstvwz][aeiouy][bcdfghjklmnprstvwz]){12,17}\\.?[0-9]{0,4}") {
        prop_assert!(opener().open(&text, at()).is_err());
    }
}

#[test]
fn addresses_of_one_second_differ_by_their_nonce() {
    let sealer = master().sealer(site(1), 0);
    for visitor in ["192.0.2.1", "2001:db8::1"] {
        let visitor = visitor.parse().unwrap();
        let addresses: HashSet<_> = (0..2_000).map(|nonce| sealer.seal(at(), visitor, nonce)).collect();
        assert_eq!(addresses.len(), 2_000);
    }
}

#[test]
fn addresses_issued_before_a_rotation_open_after_it_and_newer_ones_not_before() {
    let sealed = |generation| master().sealer(site(1), generation).seal(at(), [192, 0, 2, 1].into(), 0);
    for latest in [0, 1, 7, 300] {
        let opener = Opener::new(&master(), [(site(1), latest)]);
        for generation in [0, 1, 7, 44, 300, 301] {
            let opened = opener.open(&sealed(generation), at()).map(|visit| visit.key_generation);
            let expected = if generation <= latest { Ok(generation) } else { Err(NotOpened::Key) };
            assert_eq!(opened, expected, "generation {generation}, latest {latest}");
        }
    }
}

#[test]
fn a_site_named_twice_opens_up_to_its_later_generation() {
    let opener = Opener::new(&master(), [(site(1), 2), (site(1), 0)]);
    assert!(opener.open(&master().sealer(site(1), 2).seal(at(), [192, 0, 2, 1].into(), 0), at()).is_ok());
}

#[test]
fn another_deployments_and_an_unknown_sites_addresses_do_not_open() {
    let visitor = [192, 0, 2, 1].into();
    let foreign = MasterKey::from_bytes([8; 32]).sealer(site(1), 0).seal(at(), visitor, 0);
    assert_eq!(opener().open(&foreign, at()), Err(NotOpened::Key));
    let unknown = master().sealer(site(SITES), 0).seal(at(), visitor, 0);
    assert_eq!(opener().open(&unknown, at()), Err(NotOpened::Key));
}

#[test]
fn an_address_from_the_future_does_not_open_but_clocks_may_differ_by_minutes() {
    let local = master().sealer(site(1), 0).seal(at(), [192, 0, 2, 1].into(), 0);
    let opened_before = |seconds| opener().open(&local, at() - SignedDuration::from_secs(seconds));
    assert!(opened_before(0).is_ok());
    assert!(opened_before(600).is_ok());
    assert_eq!(opened_before(601), Err(NotOpened::Time));
    assert!(opened_before(-1_000_000_000).is_ok());
}

#[test]
fn the_forms_of_sites_differ() {
    let form = |local: &str| -> String {
        local
            .chars()
            .map(|c| match c {
                '0'..='9' => '9',
                'a' | 'e' | 'i' | 'o' | 'u' | 'y' => 'v',
                '.' => '.',
                _ => 'c',
            })
            .collect()
    };
    for visitor in ["192.0.2.1", "2001:db8::1"] {
        let visitor = visitor.parse().unwrap();
        let forms: HashSet<_> =
            (0..1_000).map(|number| form(&master().sealer(site(number), 0).seal(at(), visitor, 0))).collect();
        assert!(forms.len() > 900, "{} forms of 1,000 sites", forms.len());
        let words: HashSet<_> = forms.iter().map(|form| form.split('.').count()).collect();
        assert_eq!(words.len(), 3, "one to three words, or two to four: {words:?}");
        assert!(forms.iter().any(|form| form.ends_with("99")) && forms.iter().any(|form| !form.contains('9')));
    }
}

#[test]
fn no_part_of_an_address_is_common_to_a_sites_or_all_addresses() {
    for visitor in ["192.0.2.1", "2001:db8::1"] {
        let visitor = visitor.parse().unwrap();
        let sealer = master().sealer(site(1), 0);
        let same_site: Vec<_> = (0..500).map(|nonce| sealer.seal(at(), visitor, nonce)).collect();
        for place in (0..same_site[0].len()).filter(|place| same_site[0].as_bytes()[*place] != b'.') {
            let seen: HashSet<_> = same_site.iter().map(|local| local.as_bytes()[place]).collect();
            assert!(seen.len() >= 5, "place {place} of site 1 shows only {seen:?}");
        }
        let of_all: Vec<_> = (0..500).map(|number| master().sealer(site(number), 0).seal(at(), visitor, 0)).collect();
        let mut fragments: HashSet<&[u8]> = of_all[0].as_bytes().windows(4).collect();
        for local in &of_all[1..] {
            fragments.retain(|fragment| local.as_bytes().windows(4).any(|other| other == *fragment));
        }
        assert!(fragments.is_empty(), "all addresses share {fragments:?}");
    }
}

#[test]
fn nothing_secret_is_printed() {
    let sealer = master().sealer(site(1), 0);
    let printed = format!("{:?} {sealer:?} {:?}", master(), opener());
    assert_eq!(printed, "MasterKey(..) Sealer { site: SiteId(1), key_generation: 0, .. } Opener { keys: 320, .. }");
}
