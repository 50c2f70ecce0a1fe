//! Whatever a client gives for a recipient: it is classified without a panic, and opens only if it was issued.
//!
//! An input is a recipient, and so is what a harvester would make of a real address with that input glued on: the first
//! must never open, the second, where it does, must say what was sealed.

#![no_main]

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use model::{SealedVisit, SiteId, Timestamp, Trap};
use trap_address::{MasterKey, Opener, Recipient, Traps};

const SITES: u32 = 100;

struct Deployment {
    traps: Traps,
    /// Addresses that were issued, and what they seal.
    issued: Vec<(String, SealedVisit)>,
    now: Timestamp,
}

static DEPLOYMENT: LazyLock<Deployment> = LazyLock::new(|| {
    let master = MasterKey::from_bytes([7; 32]);
    let now = Timestamp::from_second(1_226_439_000).unwrap();
    let sites = || (0..SITES).filter_map(SiteId::new).map(|site| (site, 2));
    let issued = sites()
        .flat_map(|(site, generation)| {
            let sealer = master.sealer(site, generation);
            let visitors = [IpAddr::V4(Ipv4Addr::new(192, 0, 2, 7)), IpAddr::V6(Ipv6Addr::from(0x2001_0db8 << 96))];
            visitors.map(|visitor| sealer.seal(now, visitor, 9).to_string())
        })
        .collect::<Vec<_>>();
    let opener = Opener::new(&master, sites());
    let issued = issued.into_iter().map(|local| (local.clone(), opener.open(&local, now).unwrap())).collect();
    let traps = Traps::new(opener, ["trap.example".to_owned()], ["info@trap.example".to_owned()]);
    Deployment { traps, issued, now }
});

fuzz_target!(|text: &str| {
    let deployment = &*DEPLOYMENT;
    let opener = deployment.traps.opener();
    assert!(opener.open(text, deployment.now).is_err(), "{text:?} opens");
    for recipient in [text.to_owned(), format!("{text}@trap.example")] {
        let found = deployment.traps.classify(&recipient, deployment.now);
        assert!(!matches!(found, Recipient::Trap(Trap::Issued(_))), "{recipient:?} opens");
    }
    let (local, sealed) = &deployment.issued[text.len() % deployment.issued.len()];
    let middle = (0..=text.len() / 2).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    let (before, after) = text.split_at(middle);
    if let Ok(visit) = opener.open(&format!("{before}{local}{after}"), deployment.now) {
        assert_eq!(visit, *sealed, "{before:?} and {after:?} glued on");
    }
});
