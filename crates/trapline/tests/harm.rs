//! Harm done to a whole Trapline: `kill -9` under load, and a full disk. What was acknowledged is there, once.

#![allow(clippy::unwrap_used)]

mod common;

use std::collections::{HashMap, HashSet};
use std::fs::File;
use std::io::Write;
use std::net::SocketAddr;
use std::process::Command;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

use common::smtp::Smtp;
use common::{Trapline, visitor};

const KILLS: u32 = 20;

/// Delivers messages over and over; remembers those that were answered 250.
fn deliver_until(
    stop: &AtomicBool,
    server: SocketAddr,
    address: &str,
    next: &AtomicU32,
    acknowledged: &Mutex<HashSet<String>>,
) {
    while !stop.load(Ordering::Relaxed) {
        let number = next.fetch_add(1, Ordering::Relaxed);
        // While the server is down there is no connection, and one that breaks acknowledges nothing.
        let Ok(mut sender) = Smtp::connect(server, visitor(0x0100_0000 + number % 50)) else {
            std::thread::yield_now();
            continue;
        };
        for nth in 0..5 {
            let id = format!("{number}.{nth}@sender.example");
            let content = format!("Message-ID: <{id}>\r\nSubject: {nth}\r\n\r\n{}\r\n", "x".repeat(2_000));
            match sender.deliver("s@sender.example", &[address], content.as_bytes()) {
                Ok(250) => drop(acknowledged.lock().unwrap().insert(id)),
                _ => break,
            }
        }
    }
}

#[test]
fn twenty_kills_under_load_lose_nothing_acknowledged_and_double_nothing() {
    let mut deployment = Trapline::new();
    // Often flushed, so that kills hit flushes too.
    let settings = deployment.dir().join("trapline.toml");
    let text = std::fs::read_to_string(&settings).unwrap();
    std::fs::write(
        &settings,
        format!("{text}\n")
            .replace("#: flush_seconds = 60", "flush_seconds = 1")
            .replace("#: flush_rows = 200000", "flush_rows = 300")
            .replace("#: checkpoint_seconds = 60", "checkpoint_seconds = 1"),
    )
    .unwrap();
    deployment.start(&[]);
    let address = deployment.harvest(visitor(1));
    let (stop, next, acknowledged) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU32::new(0)), Arc::default());
    let senders: Vec<_> = (0..6)
        .map(|_| {
            let (stop, next, acknowledged, address) =
                (Arc::clone(&stop), Arc::clone(&next), Arc::clone(&acknowledged), address.clone());
            let server = deployment.smtp;
            std::thread::spawn(move || deliver_until(&stop, server, &address, &next, &acknowledged))
        })
        .collect();
    for kill in 0..KILLS {
        // At a moment that differs from kill to kill: after some more messages were acknowledged.
        let before = acknowledged.lock().unwrap().len();
        let more = 20 + (kill as usize * 37) % 160;
        deployment.wait("messages to be acknowledged", |_| acknowledged.lock().unwrap().len() >= before + more);
        deployment.kill();
        deployment.start(&[]);
    }
    stop.store(true, Ordering::Relaxed);
    senders.into_iter().for_each(|sender| sender.join().unwrap());
    deployment.stop();

    let rows = deployment.query("select header_message_id as id, count(*) as n from deliveries group by 1");
    let found: HashMap<String, u64> =
        rows.iter().map(|row| (row["id"].as_str().unwrap().to_owned(), row["n"].as_u64().unwrap())).collect();
    let acknowledged = acknowledged.lock().unwrap();
    let lost: Vec<_> = acknowledged.iter().filter(|id| !found.contains_key(*id)).collect();
    assert!(lost.is_empty(), "{} of {} acknowledged messages are lost: {lost:?}", lost.len(), acknowledged.len());
    let doubled: Vec<_> = found.iter().filter(|(_, count)| **count > 1).collect();
    assert!(doubled.is_empty(), "counted twice: {doubled:?}");
    assert_eq!(deployment.number("select count(*) as n from messages"), found.len() as u64);
    let rebuilt = deployment.json(&["rebuild"]);
    assert_eq!(rebuilt["digest_before"], rebuilt["digest"], "the state after the kills is not the one made again");
}

#[test]
fn a_full_disk_is_a_temporary_failure_that_ends_when_there_is_room() {
    let Some(mut small) = SmallDisk::mount(192) else { return };
    let mut deployment = Trapline::at(&small.path.path().join("deployment"));
    deployment.start(&[]);
    let address = deployment.harvest(visitor(1));
    let content = b"Subject: x\r\n\r\nx\r\n";
    let deliver = |deployment: &Trapline| {
        Smtp::connect(deployment.smtp, visitor(2))
            .and_then(|mut sender| sender.deliver("s@x.example", &[&address], content))
    };
    assert_eq!(deliver(&deployment).unwrap(), 250);
    small.fill();
    deployment.wait("mail to be refused for now", |deployment| matches!(deliver(deployment), Ok(451 | 452)));
    deployment.wait("visits to be refused for now", |deployment| {
        deployment.get(&format!("/{}/", deployment.slug), visitor(3)).0 == 503
    });
    small.empty();
    deployment.wait("mail to be taken again", |deployment| deliver(deployment).unwrap() == 250);
    deployment.wait("visits to be taken again", |deployment| {
        deployment.get(&format!("/{}/", deployment.slug), visitor(4)).0 == 200
    });
    deployment.stop();
    assert!(deployment.number("select count(*) as n from deliveries") >= 2);
}

/// A small filesystem of its own.
struct SmallDisk {
    path: tempfile::TempDir,
}

impl SmallDisk {
    /// Mounts one of so many megabytes; `None` with a word where this user may not.
    fn mount(megabytes: u32) -> Option<Self> {
        let path = tempfile::tempdir().unwrap();
        let options = format!("size={megabytes}m");
        let mount = Command::new("mount").args(["-t", "tmpfs", "-o", &options, "tmpfs"]).arg(path.path()).output();
        if mount.is_ok_and(|mount| mount.status.success()) {
            return Some(Self { path });
        }
        let _ = writeln!(std::io::stderr(), "skipped: this user may not mount a filesystem");
        None
    }

    /// Writes until nothing more fits.
    fn fill(&self) {
        let mut filler = File::create(self.path.path().join("filler")).unwrap();
        for size in [1 << 20, 4_096] {
            while filler.write_all(&vec![0; size]).is_ok() {}
        }
    }

    fn empty(&mut self) {
        std::fs::remove_file(self.path.path().join("filler")).unwrap();
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("--lazy").arg(self.path.path()).status();
    }
}
