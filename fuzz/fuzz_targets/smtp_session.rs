//! Whatever a client sends: the session ends without a panic, leaves its event, and keeps nothing that was not whole.
//!
//! The first bytes of an input say where the network cuts the rest. What the client hears and what is kept must be the
//! same as without cuts, every byte must be counted once in the transcript, and a message must end where CRLF.CRLF or a
//! last chunk was sent.

#![no_main]

use std::net::IpAddr;
use std::sync::{Arc, LazyLock};

use journal::MemoryJournal;
use libfuzzer_sys::fuzz_target;
use listener::{Clock, EventIds};
use model::{Client, Event, MailProtocol, SessionEnding, SiteId, Timestamp};
use smtp_trap::{MailTrap, SmtpConfig, StartTls};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use trap_address::{MasterKey, Opener, Traps};

static TRAPS: LazyLock<(watch::Sender<Arc<Traps>>, watch::Receiver<Arc<Traps>>)> = LazyLock::new(|| {
    let opener = Opener::new(&MasterKey::from_bytes([7; 32]), SiteId::new(1).map(|site| (site, 0)));
    watch::channel(Arc::new(Traps::new(opener, ["trap.example".to_owned()], ["info@old.example".to_owned()])))
});

/// What the client heard and what was kept, but for the times at which the pieces came.
#[derive(Debug, PartialEq)]
struct Outcome {
    replies: Vec<u8>,
    events: Vec<Event>,
}

fn hold(sent: &[u8], cuts: &[u8], protocol: MailProtocol) -> Outcome {
    let journal = Arc::new(MemoryJournal::new());
    let mut config = SmtpConfig::new("mx.trap.example", [9; 32]);
    config.starttls = StartTls::Off;
    config.limits.line_bytes = 200;
    config.limits.message_bytes = 1_000;
    config.limits.recipients = 5;
    config.limits.transcript_bytes = 1_000;
    let (clock, _) = Clock::by_hand(Timestamp::UNIX_EPOCH);
    let trap = MailTrap::new(config, TRAPS.1.clone(), Arc::clone(&journal) as _, clock, EventIds::seeded(1)).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let replies = runtime.block_on(async {
        let (client, server) = tokio::io::duplex(1 << 20);
        let client_is = Client::direct(IpAddr::from([203, 0, 113, 9]), 40_000);
        let session = trap.converse(server, client_is, protocol, CancellationToken::new());
        let conversation = async {
            let (mut read, mut write) = tokio::io::split(client);
            let mut rest = sent;
            for cut in cuts.iter().map(|cut| usize::from(*cut)).chain([usize::MAX]) {
                let (piece, after) = rest.split_at(cut.min(rest.len()));
                if write.write_all(piece).await.is_err() {
                    break;
                }
                tokio::task::yield_now().await;
                rest = after;
            }
            let _ = write.shutdown().await;
            let mut replies = Vec::new();
            let mut room = [0; 4096];
            while let Ok(length @ 1..) = read.read(&mut room).await {
                replies.extend_from_slice(&room[..length]);
            }
            replies
        };
        tokio::join!(conversation, session).0
    });
    Outcome { replies, events: journal.events().into_iter().map(|event| check(event, sent)).collect() }
}

/// What must hold for each event; gives it back without the times.
fn check(event: Event, sent: &[u8]) -> Event {
    match event {
        Event::Session(mut session) => {
            let transcript = &mut session.transcript;
            let kept: u64 = transcript.chunks.iter().map(|chunk| u64::from(chunk.kept)).sum();
            let left_out: u64 = transcript.chunks.iter().map(|chunk| u64::from(chunk.left_out)).sum();
            assert_eq!(kept, transcript.bytes.len() as u64);
            assert_eq!(kept + left_out, session.client_bytes);
            assert!(session.client_bytes <= sent.len() as u64);
            if matches!(session.ending, SessionEnding::Quit | SessionEnding::Limit) {
                // What follows the end was read only if it came in the same packet.
                session.client_bytes = 0;
            }
            transcript.chunks.clear();
            transcript.replies.iter_mut().for_each(|reply| reply.offset_us = 0);
            Event::Session(session)
        }
        Event::Message(message) => {
            let ends = sent.windows(3).any(|window| window == b".\r\n") || sent.windows(4).any(|window| window.eq_ignore_ascii_case(b"last"));
            assert!(ends, "a message that nobody ended");
            assert!(!message.deliveries.is_empty() && message.deliveries.len() <= 5);
            assert!(message.content.len() <= 1_000);
            Event::Message(message)
        }
        event => event,
    }
}

fuzz_target!(|input: (&[u8], Vec<u8>, bool)| {
    let (sent, mut cuts, lmtp) = input;
    cuts.truncate(64);
    let protocol = if lmtp { MailProtocol::Lmtp } else { MailProtocol::Smtp };
    let whole = hold(sent, &[], protocol);
    assert!(matches!(whole.events.last(), Some(Event::Session(_))));
    assert_eq!(hold(sent, &cuts, protocol), whole);
});
