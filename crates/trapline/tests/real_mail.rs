//! Five hundred real spam messages of 2002, each from its own relay's address to an address of its own: stored byte for
//! byte, attributed to the right visit, and mapped to networks by the routing table of that month.

#![allow(clippy::unwrap_used)]

mod common;

use std::collections::HashMap;
use std::io::Read;
use std::net::IpAddr;

use common::smtp::Smtp;
use common::{Trapline, shared, visitor};

/// The time of the routing table, and so of the test.
const JULY_2002: &str = "2002-07-22T23:37:00Z";

/// The messages of an archive. What begins with an mbox `From ` line loses it: it is not part of the message.
fn messages(archive: &std::path::Path) -> Vec<Vec<u8>> {
    let packed = std::fs::File::open(archive).unwrap();
    let mut archive = tar::Archive::new(liblzma::read::XzDecoder::new(packed));
    let mut messages = Vec::new();
    for entry in archive.entries().unwrap() {
        let mut entry = entry.unwrap();
        // Beside the messages, whose names begin with a number, there are licences.
        let name =
            entry.path().unwrap().file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        if !entry.header().entry_type().is_file() || !name.starts_with(|c: char| c.is_ascii_digit()) {
            continue;
        }
        let mut content = Vec::new();
        entry.read_to_end(&mut content).unwrap();
        if content.starts_with(b"From ") {
            let end = content.iter().position(|byte| *byte == b'\n').unwrap() + 1;
            content.drain(..end);
        }
        messages.push(content);
    }
    messages
}

/// The message as it goes over the wire: lines ended by CRLF, and the last one too.
fn on_the_wire(content: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(content.len() + 200);
    for (index, byte) in content.iter().enumerate() {
        if *byte == b'\n' && (index == 0 || content[index - 1] != b'\r') {
            out.push(b'\r');
        }
        out.push(*byte);
    }
    if !out.ends_with(b"\r\n") {
        out.extend_from_slice(b"\r\n");
    }
    out
}

/// An address in one of the message's own Received headers, for the relay that it came from.
fn relay_of(content: &[u8], fallback: u32) -> IpAddr {
    let text = String::from_utf8_lossy(&content[..content.len().min(4_096)]).into_owned();
    let bracketed =
        text.split('[').skip(1).filter_map(|rest| rest.split(']').next()?.parse::<std::net::Ipv4Addr>().ok());
    let public = bracketed
        .into_iter()
        .find(|address| !address.is_private() && !address.is_loopback() && !address.is_unspecified());
    public.map_or_else(|| visitor(0x0200_0000 + fallback), IpAddr::from)
}

#[test]
fn real_spam_is_kept_byte_for_byte_and_due_to_the_right_visit_in_the_right_network() {
    let (Some(archive), Some(routes)) = (shared("spamassassin-spam-1.tar.xz"), shared("rib.20020722.2337.gz")) else {
        return;
    };
    let mut deployment = Trapline::new();
    deployment.run(&["import", "networks", routes.to_str().unwrap()]);
    deployment.start(&["--clock", JULY_2002]);
    let messages: Vec<Vec<u8>> = messages(&archive).iter().map(|content| on_the_wire(content)).collect();
    assert_eq!(messages.len(), 500);
    let mut sent = HashMap::new();
    for (number, content) in (0u32..).zip(&messages) {
        let address = deployment.harvest(visitor(number));
        let relay = relay_of(content, number);
        let mut sender = Smtp::connect(deployment.smtp, relay).unwrap();
        assert_eq!(sender.deliver("bounce@sender.example", &[&address], content).unwrap(), 250, "message {number}");
        sent.insert(address, (visitor(number), relay, content));
    }
    deployment.stop();

    let rows = deployment.query("select id, recipient, sender, harvester, sender_asn, digest, message from deliveries");
    assert_eq!(rows.len(), 500);
    let mut mapped = 0;
    for row in &rows {
        let (visitor, relay, _) = sent[row["recipient"].as_str().unwrap()];
        assert_eq!(row["harvester"].as_str().unwrap(), visitor.to_string());
        assert_eq!(row["sender"].as_str().unwrap(), relay.to_string());
        mapped += u32::from(!row["sender_asn"].is_null());
    }
    // The table holds nine tenths of that era's relays.
    assert!(mapped > 400, "{mapped} of 500 senders have an AS");
    let stored =
        deployment.query("select m.content, d.recipient from messages m join deliveries d on d.message = m.id");
    assert_eq!(stored.len(), 500);
    for row in &stored {
        let (_, _, content) = sent[row["recipient"].as_str().unwrap()];
        let text = row["content"].as_str().unwrap();
        // Bytes that are no text are shown in hexadecimal.
        let same = match text.strip_prefix("\\x") {
            Some(digits) => digits == content.iter().map(|byte| format!("{byte:02x}")).collect::<String>(),
            None => text.as_bytes() == content.as_slice(),
        };
        assert!(same, "a message is not what was sent");
    }
}
