//! Real headers and messages, from `../shared/data`; each test says so and passes where that folder is missing.
#![allow(clippy::unwrap_used, clippy::print_stderr)]

use std::fs::File;
use std::io::Read;
use std::net::IpAddr;
use std::path::PathBuf;

use jiff::Timestamp;
use message::{NoRelay, Received};
use serde_json::Value;

fn data(name: &str) -> Option<PathBuf> {
    let path = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../../shared/data")).join(name);
    let there = path.exists();
    if !there {
        eprintln!("skipped: {name} is not there");
    }
    there.then_some(path)
}

fn archive(name: &str) -> Option<Vec<(String, Vec<u8>)>> {
    let file = File::open(data(name)?).unwrap();
    let mut archive = tar::Archive::new(liblzma::read::XzDecoder::new(file));
    let mut messages = Vec::new();
    for entry in archive.entries().unwrap() {
        let mut entry = entry.unwrap();
        let path = entry.path().unwrap().to_string_lossy().into_owned();
        if path.ends_with(".eml") {
            let mut content = Vec::new();
            entry.read_to_end(&mut content).unwrap();
            messages.push((path, content));
        }
    }
    Some(messages)
}

fn name(host: &Value) -> Option<String> {
    host.get("Name").or_else(|| host.get("IpAddr")).and_then(Value::as_str).map(str::to_owned)
}

fn time(date: &Value) -> Option<Timestamp> {
    let number = |field: &str| date.get(field).and_then(Value::as_i64);
    let sign = if date["tz_before_gmt"] == true { '-' } else { '+' };
    let text = format!(
        "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}{sign}{:02}:{:02}",
        number("year")?,
        number("month")?,
        number("day")?,
        number("hour")?,
        number("minute")?,
        number("second")?,
        number("tz_hour")?,
        number("tz_minute")?
    );
    text.parse().ok()
}

#[test]
fn real_received_headers_are_read_as_expected() {
    let Some(path) = data("received-headers.json") else { return };
    let cases: Vec<Value> = serde_json::from_reader(File::open(path).unwrap()).unwrap();
    assert_eq!(cases.len(), 181);
    let (mut more, mut fewer) = (0, Vec::new());
    for case in &cases {
        let header = case["header"].as_str().unwrap();
        let expected = &case["expected"];
        let hop = Received::parse(header.as_bytes());
        let text = |field: &str| expected.get(field).and_then(Value::as_str).map(str::to_owned);
        let by = expected.get("by").and_then(name).unwrap_or_default();
        assert_eq!(hop.by.trim_matches(['[', ']']), by, "by of {header}");
        assert_eq!(hop.recipient, text("for_"), "for of {header}");
        assert_eq!(hop.at, expected.get("date").and_then(time), "date of {header}");
        let helo = expected.get("helo").or_else(|| expected.get("from")).and_then(name).unwrap_or_default();
        assert_eq!(hop.helo.trim_matches(['[', ']']), helo, "helo of {header}");
        if let Some(with) = text("with") {
            assert_eq!(hop.with, with.to_uppercase(), "with of {header}");
        }
        let recorded = text("from_ip").map(|ip| ip.parse::<IpAddr>().unwrap().to_canonical());
        match (hop.client, recorded) {
            (Some(ours), Some(theirs)) => assert_eq!(ours, theirs, "client of {header}"),
            (Some(_), None) => more += 1,
            (None, Some(_)) => fewer.push(header),
            (None, None) => {}
        }
    }
    // Addresses that stand outside brackets or without a comment are found too.
    assert!(more >= 25, "{more}");
    // A proxy's own note, and a header that is all comment: neither is in the form of a server's record.
    assert_eq!(fewer.len(), 2, "{fewer:?}");
    assert!(fewer[0].contains("by facebook.com with Thrift") && fewer[1].starts_with("(from localhost"));
}

#[test]
fn real_spam_has_a_relay_and_its_time() {
    let Some(messages) = archive("spamassassin-spam-1.tar.xz") else { return };
    assert_eq!(messages.len(), 500);
    // The owner of the archive fetched mail from, and was forwarded mail by, these.
    let trusted = ["193.120.211.219/32", "194.125.145.45/32"].map(|net| net.parse().unwrap());
    for (path, content) in &messages {
        let relay = message::relay(content, &trusted);
        let relay = relay.unwrap_or_else(|error| panic!("{path}: {error}"));
        let year = relay.at.map(|at| at.strftime("%Y").to_string());
        assert!(matches!(year.as_deref(), Some("2002" | "2001" | "2000")), "{path}: {year:?}");
        assert!(!relay.by.is_empty(), "{path}");
    }
}

#[test]
fn every_awkward_message_is_summed_up() {
    let Some(messages) = archive("mime-cases.tar.xz") else { return };
    assert!(messages.len() >= 107, "{}", messages.len());
    let mut with_subject = 0;
    for (_, content) in &messages {
        // Cut anywhere, too: a listener may be handed half a message.
        for end in [content.len(), content.len() / 2, content.len() / 3] {
            let content = &content[..end];
            let summary = message::summary(content);
            assert_eq!(summary.size, content.len() as u64);
            with_subject += usize::from(end > 0 && !summary.subject.is_empty());
            let _ = message::relay(content, &[]);
        }
    }
    assert!(with_subject > 100, "{with_subject}");
}

#[test]
fn a_message_of_a_thousand_nested_parts_costs_no_more_than_a_flat_one() {
    let mut content = b"Subject: nested\r\n".to_vec();
    for depth in 0..1000 {
        content.extend_from_slice(
            format!("Content-Type: multipart/mixed; boundary=b{depth}\r\n\r\n--b{depth}\r\n").as_bytes(),
        );
    }
    assert_eq!(message::summary(&content).subject, "nested");
    let nested_comments = format!("Received: from x {} by y\r\n\r\n", "(".repeat(1 << 20));
    assert_eq!(message::relay(nested_comments.as_bytes(), &[]), Err(NoRelay::NoAddress));
}
