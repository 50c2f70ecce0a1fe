//! Whom an imported message came to.
//!
//! An importer has no envelope. What comes nearest is asked first: the `for` of the header that the believed host
//! wrote, and what a delivering server adds. `To` and `Cc` are the sender's claim, but an address in them that is a
//! trap of this deployment was taken from a trap page all the same.

use jiff::Timestamp;
use message::{Relay, addresses, headers};
use model::Trap;
use trap_address::{Recipient, Traps};

/// Headers in which a delivering server names the recipient: Postfix, qmail and Dovecot; Postfix; Exim; others.
const ENVELOPE: [&str; 4] = ["Delivered-To", "X-Original-To", "Envelope-To", "X-Envelope-To"];

/// How many addresses of a message are looked at.
const ADDRESSES: usize = 100;

/// The recipients that are traps, each trap once, in the order found.
pub(crate) fn traps_of(content: &[u8], relay: &Relay, traps: &Traps, at: Timestamp) -> Vec<(String, Trap)> {
    let mut found: Vec<(String, Trap)> = Vec::new();
    for candidate in candidates(content, relay) {
        let Recipient::Trap(trap) = traps.classify(&candidate, at) else { continue };
        let same = |(address, known): &(String, Trap)| match trap {
            Trap::Dictionary => *known == trap && address.eq_ignore_ascii_case(&candidate),
            _ => *known == trap,
        };
        if !found.iter().any(same) {
            found.push((candidate, trap));
        }
    }
    found
}

fn candidates(content: &[u8], relay: &Relay) -> impl Iterator<Item = String> {
    let of = |is_wanted: fn(&str) -> bool| {
        headers(content)
            .filter(move |header| is_wanted(header.name))
            .take(ADDRESSES)
            .flat_map(|header| addresses(header.value, ADDRESSES))
    };
    let envelope = of(|name| ENVELOPE.iter().any(|known| name.eq_ignore_ascii_case(known)));
    let claimed = of(|name| ["To", "Cc"].iter().any(|known| name.eq_ignore_ascii_case(known)));
    relay.recipient.clone().into_iter().chain(envelope).chain(claimed).take(ADDRESSES)
}
