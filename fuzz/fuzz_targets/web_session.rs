//! Whatever a client says to a web trap, through a trusted proxy and so with forwarding headers that count: the
//! connection ends, what comes back is HTTP, and no page goes out without its record.
//!
//! An input is what is said; it comes in two pieces, cut where its first byte says.

#![no_main]

use std::sync::Arc;
use std::time::Duration;

use bytes::BytesMut;
use journal::{Journal, MemoryJournal};
use libfuzzer_sys::fuzz_target;
use listener::{Clock, EventIds};
use model::{Client, SiteId, Timestamp};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use trap_address::MasterKey;
use web_trap::{Site, Sites, WebConfig, WebTrap};

fuzz_target!(|bytes: &[u8]| {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    runtime.block_on(talk(bytes));
});

async fn talk(bytes: &[u8]) {
    let journal = Arc::new(MemoryJournal::new());
    let trap = trap(journal.clone());
    let (mut near, far) = tokio::io::duplex(1 << 20);
    let proxy = Client::direct([10, 0, 0, 1].into(), 1);
    let served = tokio::spawn(async move {
        trap.serve_connection(far, BytesMut::new(), proxy, &CancellationToken::new()).await;
        // What was recorded is written a moment later.
        tokio::time::sleep(Duration::from_secs(1)).await;
    });
    let cut = bytes.first().map_or(0, |first| usize::from(*first).min(bytes.len()));
    for piece in [&bytes[..cut], &bytes[cut..]] {
        let _ = near.write_all(piece).await;
        tokio::task::yield_now().await;
    }
    served.await.unwrap();
    let mut said = Vec::new();
    near.read_to_end(&mut said).await.unwrap();
    assert!(said.is_empty() || said.starts_with(b"HTTP/1.1 "), "{}", said.escape_ascii());
    let served = said.windows(17).filter(|part| part == b"HTTP/1.1 200 OK\r\n").count();
    assert_eq!(served, journal.events().len(), "{}", said.escape_ascii());
}

fn trap(journal: Arc<dyn Journal>) -> WebTrap {
    let (master, id) = (MasterKey::from_bytes([7; 32]), SiteId::new(1).unwrap());
    let site = Site {
        id,
        slug: "s".into(),
        hosts: vec!["h".into()],
        domains: vec!["mail.example".into()],
        owner: None,
        seed: [7; 32],
        sealer: master.sealer(id, 0),
    };
    let (_, sites) = watch::channel(Arc::new(Sites::new([site]).unwrap()));
    let (clock, _) = Clock::by_hand(Timestamp::from_second(1_226_439_000).unwrap());
    let config = WebConfig::trusting(std::iter::once("10.0.0.0/8".parse().unwrap()).collect());
    WebTrap::new(config, sites, journal, clock, EventIds::seeded(1))
}
