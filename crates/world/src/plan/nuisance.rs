//! What comes to a mail trap besides spam to harvested addresses: guessed names, tries to relay, guessed passwords,
//! and newsletters that somebody was signed up for to frame their sender.

use super::cast::Cast;
use super::post_office::PostOffice;
use super::visits::Visits;
use super::{Action, ActorKind, Deed, Fleet, Recipient, Trade, scaled};
use crate::Site;
use crate::calendar::{BEGINS, ENDS};
use crate::dice::Dice;
use crate::provider::Provider;

const NAMES: &str = "{info|sales|admin|support|john|mary|office|contact|webmaster|postmaster|peter|anna|hr|jobs|billing|test|david|susan|mike|root}";
const NUMBERS: &str = "{||||1|2|7|12|99|2008}";

/// All of it, for a world of this scale.
pub(super) fn draw(
    seed: u64,
    scale: f64,
    cast: &Cast,
    providers: &[Provider],
    sites: &[Site],
    visits: &Visits,
) -> Vec<Action> {
    let mut dice = Dice::new(seed, "nuisance");
    let mut office = PostOffice::new(&cast.actors, providers, "b");
    let mut actions = guesses(scale, cast, sites, &mut office, &mut dice);
    actions.extend(relay_probes(scale, cast, &mut office, &mut dice));
    actions.extend(passwords(scale, cast, &mut office, &mut dice));
    actions.extend(newsletters(cast, visits, &mut office, &mut dice));
    actions
}

/// Dictionary attackers try common names at the trap domains, and mail what is taken.
fn guesses(scale: f64, cast: &Cast, sites: &[Site], office: &mut PostOffice<'_>, dice: &mut Dice) -> Vec<Action> {
    let domains: Vec<&String> = sites.iter().flat_map(|site| &site.domains).collect();
    let attackers = cast.senders(Fleet::Guessers);
    let session = |nth: usize| {
        let domain = domains[dice.between(0, domains.len() - 1)];
        let mut names: Vec<String> = (0..dice.between(4, 16)).map(|_| dice.spin(NAMES) + &dice.spin(NUMBERS)).collect();
        names.sort();
        names.dedup();
        let recipients = names.into_iter().map(|name| Recipient::Guessed(format!("{name}@{domain}"))).collect();
        let letter = office.letter(Fleet::Guessers, Trade::Pills, None, recipients, dice);
        let at = dice.time(BEGINS, ENDS);
        office.session(at, attackers[nth % attackers.len()], Fleet::Guessers, vec![letter], dice)
    };
    (0..scaled(300.0, scale, 4)).map(session).collect()
}

/// Relay probers try a recipient elsewhere.
fn relay_probes(scale: f64, cast: &Cast, office: &mut PostOffice<'_>, dice: &mut Dice) -> Vec<Action> {
    let probers = cast.others(ActorKind::RelayProber);
    let session = |nth: usize| {
        let target = format!("{}@relaytest{}.example", dice.letters(6), dice.between(1, 3));
        let letter = office.letter(Fleet::Guessers, Trade::Lottery, None, vec![Recipient::Foreign(target)], dice);
        let at = dice.time(BEGINS, ENDS);
        office.session(at, probers[nth % probers.len()], Fleet::Guessers, vec![letter], dice)
    };
    (0..scaled(60.0, scale, 2)).map(session).collect()
}

/// Password guessers try a few names and passwords, and leave.
fn passwords(scale: f64, cast: &Cast, office: &mut PostOffice<'_>, dice: &mut Dice) -> Vec<Action> {
    let guessers = cast.others(ActorKind::PasswordGuesser);
    let session = |nth: usize| {
        let at = dice.time(BEGINS, ENDS);
        let mut action = office.session(at, guessers[nth % guessers.len()], Fleet::Guessers, Vec::new(), dice);
        if let Deed::Mail(session) = &mut action.deed {
            let guess = |dice: &mut Dice| (dice.spin(NAMES), dice.spin("{123456|password|qwerty|letmein|1234|abc123}"));
            session.passwords = (0..dice.between(1, 3)).map(|_| guess(dice)).collect();
        }
        action
    };
    (0..scaled(80.0, scale, 2)).map(session).collect()
}

/// A newsletter asks each address that was signed up to confirm.
fn newsletters(cast: &Cast, visits: &Visits, office: &mut PostOffice<'_>, dice: &mut Dice) -> Vec<Action> {
    let servers = cast.senders(Fleet::Newsletters);
    let session = |(nth, listed): (usize, &super::visits::Listed)| {
        let recipient = Recipient::Taken { crawl: listed.crawl, pick: listed.pick, how: listed.how };
        let letter = office.letter(Fleet::Newsletters, Trade::Confirmation, None, vec![recipient], dice);
        office.session(listed.ready, servers[nth % servers.len()], Fleet::Newsletters, vec![letter], dice)
    };
    visits.signed_up.iter().enumerate().map(session).collect()
}
