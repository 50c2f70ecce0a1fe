//! The main job: a visit, an address, a spam message, the harvester found; with the server running and stopped.

#![allow(clippy::unwrap_used)]

mod common;

use common::smtp::Smtp;
use common::{DOMAIN, Trapline, visitor};

const SPAM: &[u8] =
    b"From: Seller <s@sender.example>\r\nMessage-ID: <one@sender.example>\r\nSubject: cheap\r\n\r\n.buy\r\nnow\r\n";

/// A deployment that knows where the visitor and the sender are.
fn with_networks() -> Trapline {
    let deployment = Trapline::new();
    let prefixes = deployment.dir().join("prefixes.csv");
    std::fs::write(&prefixes, "prefix,asn,country\n240.0.0.0/16,64500,US\n241.0.0.0/16,64501,BR\n").unwrap();
    let providers = deployment.dir().join("providers.csv");
    std::fs::write(&providers, "asn,provider,country\n64500,Hosting Example,US\n64501,Access Example,BR\n").unwrap();
    for file in [prefixes, providers] {
        deployment.run(&["import", "networks", file.to_str().unwrap(), "--date", "2026-01-01"]);
    }
    deployment
}

#[test]
fn spam_to_a_harvested_address_names_the_visit_the_visitor_and_both_networks() {
    let mut deployment = with_networks();
    deployment.start(&[]);
    let address = deployment.harvest(visitor(7));
    let mut sender = Smtp::connect(deployment.smtp, "241.0.0.9".parse().unwrap()).unwrap();
    assert_eq!(sender.deliver("s@sender.example", &[&address.to_uppercase()], SPAM).unwrap(), 250);
    assert_eq!(sender.say("QUIT").unwrap(), 221);
    deployment
        .wait("the delivery to be seen", |deployment| deployment.number("select count(*) as n from deliveries") == 1);

    // With the server running, then stopped: the same answers.
    for running in [true, false] {
        if !running {
            deployment.stop();
        }
        let listed = deployment.json(&["mail", "list"]);
        assert_eq!(listed[0]["harvester"], "240.0.0.7", "running: {running}");
        assert_eq!(listed[0]["harvester_provider"], "Hosting Example");
        assert_eq!(listed[0]["sender_provider"], "Access Example");
        let id = listed[0]["id"].as_str().unwrap();
        let shown = deployment.json(&["mail", "show", id]);
        assert_eq!(shown["visits"][0]["user_agent"], "harvest/1");
        assert_eq!(shown["visits"][0]["visitor"], "240.0.0.7");
        assert_eq!(shown["session"]["ending"], "quit");
        assert!(shown["deliveries"][0]["confidence"].as_u64().unwrap() >= 50);
        assert_eq!(deployment.try_run(&["mail", "show", "--raw", id]).stdout, SPAM);
        let harvester = deployment.json(&["lookup", "240.0.0.7"]);
        let kinds: Vec<&str> =
            harvester["record"]["activities"].as_array().unwrap().iter().map(|a| a["kind"].as_str().unwrap()).collect();
        assert_eq!(kinds, ["visitor", "harvester"]);
        let picture = deployment.json(&["picture"]);
        let hosting = picture["providers"].as_array().unwrap().iter().find(|p| p["name"] == "Hosting Example").unwrap();
        assert_eq!(hosting["counts"]["harvesters"], 1);
        assert!(!deployment.run(&["query", "select header_names, user_agent from visits"]).contains("secret"));
    }
}

#[test]
fn the_state_made_again_is_the_state_that_was() {
    let mut deployment = with_networks();
    deployment.start(&[]);
    let addresses: Vec<String> = (0..30).map(|number| deployment.harvest(visitor(number))).collect();
    for (number, address) in (0..).zip(&addresses) {
        let mut sender = Smtp::connect(deployment.smtp, visitor(0x0100_0000 + number % 7)).unwrap();
        let guess = format!("info{number}@{DOMAIN}");
        assert_eq!(sender.deliver("s@sender.example", &[address, &guess], SPAM).unwrap(), 250);
        assert_eq!(sender.say("RCPT TO:<x@elsewhere.example>").unwrap(), 503);
        assert_eq!(sender.say("QUIT").unwrap(), 221);
    }
    deployment.stop();
    let stopped = deployment.json(&["rebuild"]);
    assert_eq!(stopped["digest_before"], stopped["digest"]);
    assert!(stopped["from_lake"].as_u64().unwrap() >= 90);
    deployment.start(&[]);
    deployment.harvest(visitor(99));
    deployment.wait("the visit to be seen", |deployment| deployment.number("select count(*) as n from visits") == 31);
    let running = deployment.json(&["rebuild"]);
    assert_eq!(running["digest_before"], running["digest"]);
    assert_ne!(running["digest"], stopped["digest"]);
    deployment.stop();
}

#[test]
fn a_site_and_a_trap_added_while_the_server_runs_are_served_at_once() {
    let mut deployment = Trapline::new();
    deployment.start(&[]);
    let slug = deployment.json(&["site", "add"])["slug"].as_str().unwrap().to_owned();
    deployment.wait("the site to be served", |deployment| deployment.get(&format!("/{slug}/"), visitor(1)).0 == 200);
    let trap = format!("sales@{DOMAIN}");
    deployment.run(&["address", "add", &trap]);
    deployment.wait("the trap to be known", |deployment| {
        let mut sender = Smtp::connect(deployment.smtp, visitor(2)).unwrap();
        assert_eq!(sender.deliver("", &[&trap], SPAM).unwrap(), 250);
        deployment.number("select count(*) as n from deliveries where trap = 'static'") > 0
    });
    deployment.stop();
}

#[test]
fn an_address_says_what_it_sealed_and_still_does_after_its_site_has_a_new_key() {
    let mut deployment = Trapline::new();
    deployment.start(&[]);
    let address = deployment.harvest(visitor(5));
    deployment.run(&["site", "rotate-key", &deployment.slug]);
    let opened = deployment.json(&["address", "open", &format!("mailto:{}", address.to_uppercase())]);
    assert_eq!((opened["visitor"].as_str(), opened["key_generation"].as_u64()), (Some("240.0.0.5"), Some(0)));
    let guessed = deployment.try_run(&["address", "open", &format!("info@{DOMAIN}")]);
    assert_eq!(guessed.status.code(), Some(5));
    deployment.stop();
}

#[test]
fn mistakes_get_their_exit_code_and_name_the_mend() {
    let deployment = Trapline::new();
    let said = |arguments: &[&str]| {
        let output = deployment.try_run(arguments);
        (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    let (code, words) = said(&["serve"]);
    assert!(code == Some(3) && words.contains("--web"), "{words}");
    let (code, words) = said(&["query", "select nothing from deliveries"]);
    assert!(code == Some(4) && words.contains("nothing"), "{words}");
    let (code, _) = said(&["query", "drop table deliveries"]);
    assert_eq!(code, Some(4));
    let (code, words) = said(&["site", "snippet", "nowhere.example"]);
    assert!(code == Some(5) && words.contains("site list"), "{words}");
    let (code, words) = said(&["import", "mail", "/nowhere"]);
    assert!(code == Some(4) && words.contains("/nowhere"), "{words}");
    std::fs::write(deployment.dir().join("trapline.toml"), "[smtp]\nhostnam = \"x\"\n").unwrap();
    let (code, words) = said(&["check"]);
    assert!(code == Some(3) && words.contains("trapline.toml:2:") && words.contains("misspelt"), "{words}");
}
