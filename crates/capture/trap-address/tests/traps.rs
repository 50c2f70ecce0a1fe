//! What a recipient is taken for.

#![allow(clippy::unwrap_used)]

use jiff::Timestamp;
use model::{SiteId, Trap};
use proptest::prelude::*;
use trap_address::{MasterKey, Opener, Recipient, Traps};

fn at() -> Timestamp {
    "2008-11-11T21:30:00Z".parse().unwrap()
}

fn site() -> SiteId {
    SiteId::new(42).unwrap()
}

fn master() -> MasterKey {
    MasterKey::from_bytes([7; 32])
}

fn traps() -> Traps {
    let domains = ["trap.example", "Donated.Test."].map(str::to_owned);
    let statics = ["Info@trap.example", "o'neil+x@trap.example", "old@elsewhere.example"].map(str::to_owned);
    Traps::new(Opener::new(&master(), [(site(), 0)]), domains, statics)
}

fn issued() -> String {
    master().sealer(site(), 0).seal(at(), [192, 0, 2, 1].into(), 3).to_string()
}

fn is_issued(recipient: &str) -> bool {
    matches!(traps().classify(recipient, at()), Recipient::Trap(Trap::Issued(visit)) if visit.nonce == 3)
}

fn of(recipient: &str) -> Recipient {
    traps().classify(recipient, at())
}

fn static_trap(address: &str) -> Recipient {
    Recipient::Trap(Trap::Static(address.to_owned()))
}

#[test]
fn an_issued_address_is_a_trap_at_every_trap_domain_however_it_is_written() {
    let local = issued();
    for domain in ["trap.example", "TRAP.Example", "trap.example.", "donated.test", "trap.example,", "trap.example%20"]
    {
        assert!(is_issued(&format!("{local}@{domain}")), "{domain}");
    }
    for whole in [
        format!("<{local}@trap.example>"),
        format!("mailto:{local}@trap.example?subject=hello"),
        format!("\"{local}\"@trap.example"),
        format!("\"{local}@trap.example\""),
        format!("%20{local}@trap.example%3E"),
        format!("{local}%40trap.example"),
        format!("u003e{local}@trap.example"),
        format!("{local}+news@trap.example"),
        format!("'{local}@trap.example'"),
        format!("[{local}@trap.example]"),
        format!("{local}@trap.example)."),
    ] {
        assert!(is_issued(&whole), "{whole}");
    }
}

#[test]
fn an_issued_address_elsewhere_is_foreign() {
    let local = issued();
    for domain in
        ["elsewhere.example", "sub.trap.example", "xtrap.example", "trap.example.org", "[192.0.2.1]", "example"]
    {
        assert_eq!(of(&format!("{local}@{domain}")), Recipient::Foreign, "{domain}");
    }
}

#[test]
fn any_other_local_part_at_a_trap_domain_is_a_guess() {
    for local in ["sales", "john.smith", "\"john smith\"", "a@b", "пользователь", "x%y", "infos", "20info"]
    {
        assert_eq!(of(&format!("{local}@trap.example")), Recipient::Trap(Trap::Dictionary), "{local}");
    }
}

#[test]
fn an_address_issued_after_the_message_is_a_guess() {
    let earlier = "2008-11-11T20:00:00Z".parse().unwrap();
    let address = format!("{}@trap.example", issued());
    assert_eq!(traps().classify(&address, earlier), Recipient::Trap(Trap::Dictionary));
}

#[test]
fn a_static_trap_is_known_in_any_case_and_with_glue_and_at_any_domain() {
    for text in [
        "info@trap.example",
        "INFO@TRAP.EXAMPLE.",
        "mailto:Info@trap.example",
        "%20info@trap.example",
        "info+a@trap.example",
    ] {
        assert_eq!(of(text), static_trap("info@trap.example"), "{text}");
    }
    assert_eq!(of("O'Neil+X@trap.example"), static_trap("o'neil+x@trap.example"));
    assert_eq!(of("old@elsewhere.example"), static_trap("old@elsewhere.example"));
    assert_eq!(of("new@elsewhere.example"), Recipient::Foreign);
    assert_eq!(of("info@donated.test"), Recipient::Trap(Trap::Dictionary));
}

#[test]
fn what_is_not_an_address_is_malformed() {
    for text in
        ["", "postmaster", "@trap.example", "a@", "a@.", "a@ ", "<>", "a\0b@trap.example", "a\r\nb@trap.example"]
    {
        assert_eq!(of(text), Recipient::Malformed, "{text:?}");
    }
}

#[test]
fn an_address_may_be_as_long_as_the_standard_allows_and_no_longer() {
    let local = "a".repeat(64);
    assert_eq!(of(&format!("{local}@trap.example")), Recipient::Trap(Trap::Dictionary));
    assert_eq!(of(&format!("a{local}@trap.example")), Recipient::Malformed);
    assert_eq!(of(&format!("a@{}", "b".repeat(252))), Recipient::Foreign);
    assert_eq!(of(&format!("a@{}", "b".repeat(253))), Recipient::Malformed);
}

#[test]
fn nothing_that_must_stay_secret_is_printed() {
    assert_eq!(format!("{:?}", traps()), "Traps { opener: Opener { keys: 1, .. }, domains: 2, statics: 3 }");
}

proptest! {
    #[test]
    fn no_recipient_does_harm_or_opens(text in "\\PC{0,300}", local in "[a-z0-9.%@<>\"+]{0,80}") {
        prop_assert!(!matches!(of(&text), Recipient::Trap(Trap::Issued(_))));
        let recipient = format!("{local}@trap.example");
        prop_assert!(!matches!(of(&recipient), Recipient::Trap(Trap::Issued(_))));
    }
}
