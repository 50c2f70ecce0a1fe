//! What strangers do to a mail trap, on purpose or not: memory stays bounded, others are served, nothing is lost.
#![allow(clippy::unwrap_used)]

mod support;

use std::fs;
use std::path::Path;
use std::time::Duration;

use journal::AppendError;
use model::{MailProtocol, ProbeKind};
use support::Fixture;
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};
use tokio_util::sync::CancellationToken;

/// Sends all of this and gives back all that the server says until it closes.
async fn converse(fixture: &Fixture, sent: &[u8]) -> String {
    let (client, server) = tokio::io::duplex(64 << 10);
    let session = fixture.trap.converse(server, support::client(), MailProtocol::Smtp, CancellationToken::new());
    let (replies, ()) = tokio::join!(say(client, sent), session);
    replies
}

async fn say(client: DuplexStream, sent: &[u8]) -> String {
    let (mut read, mut write) = tokio::io::split(client);
    let sending = async {
        let _ = write.write_all(sent).await;
        let _ = write.shutdown().await;
    };
    let hearing = async {
        let mut replies = Vec::new();
        let mut room = vec![0; 64 << 10];
        while let Ok(length @ 1..) = read.read(&mut room).await {
            replies.extend_from_slice(&room[..length]);
        }
        String::from_utf8(replies).unwrap()
    };
    tokio::join!(sending, hearing).1
}

#[tokio::test(start_paused = true)]
async fn of_ten_thousand_recipients_a_hundred_are_taken() {
    let fixture = Fixture::new(support::config());
    let recipients: String = (0..10_000).map(|n| format!("RCPT TO:<name{n}@trap.example>\r\n")).collect();
    let sent = format!("MAIL FROM:<>\r\n{recipients}DATA\r\nspam\r\n.\r\nQUIT\r\n");
    let replies = converse(&fixture, sent.as_bytes()).await;
    assert_eq!(replies.matches("250 2.1.5").count(), 100);
    assert_eq!(replies.matches("452 4.5.3").count(), 9_900);
    let [message] = &fixture.messages()[..] else { panic!() };
    assert_eq!(message.deliveries.len(), 100);
    assert_eq!(fixture.probes().len(), 100);
    assert!(fixture.probes().iter().all(|probe| probe.kind == ProbeKind::Dictionary));
    let session = &fixture.sessions()[0];
    assert_eq!((session.recipients, session.commands), (100, 10_003));
    assert!(session.transcript.bytes.len() <= 16 << 10);
    assert!(session.transcript.replies.len() < 3_000);
}

#[tokio::test(start_paused = true)]
async fn a_session_that_ends_while_the_disk_is_full_is_kept_once_there_is_room() {
    let fixture = Fixture::new(support::config());
    fixture.journal.fail_appends(Some(AppendError::Full));
    let room = async {
        tokio::time::sleep(Duration::from_secs(30)).await;
        fixture.journal.fail_appends(None);
    };
    tokio::join!(converse(&fixture, b"VRFY root\r\nQUIT\r\n"), room);
    assert_eq!((fixture.probes().len(), fixture.sessions().len()), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn a_disk_that_stays_full_does_not_hold_sessions_for_ever() {
    let fixture = Fixture::new(support::config());
    fixture.journal.fail_appends(Some(AppendError::Full));
    let began = tokio::time::Instant::now();
    converse(&fixture, b"VRFY root\r\nQUIT\r\n").await;
    assert!(began.elapsed() < Duration::from_secs(70));
    assert!(fixture.journal.events().is_empty());
}

#[tokio::test(start_paused = true)]
async fn no_password_is_in_any_event_in_any_form() {
    let fixture = Fixture::new(support::config());
    let secrets = ["hunter2hunter2", "aHVudGVyMmh1bnRlcjI=", "AGFsaWNlAGh1bnRlcjJodW50ZXIy"];
    for sent in [
        "AUTH PLAIN AGFsaWNlAGh1bnRlcjJodW50ZXIy\r\nQUIT\r\n",
        "AUTH PLAIN\r\nAGFsaWNlAGh1bnRlcjJodW50ZXIy\r\nQUIT\r\n",
        "AUTH LOGIN\r\nYWxpY2U=\r\naHVudGVyMmh1bnRlcjI=\r\nQUIT\r\n",
        "AUTH LOGIN YWxpY2U=\r\naHVudGVyMmh1bnRlcjI=\r\nQUIT\r\n",
        "AUTH PLAIN  AGFsaWNlAGh1bnRlcjJodW50ZXIy",
        "AUTH NTLM\r\naHVudGVyMmh1bnRlcjI=\r\naHVudGVyMmh1bnRlcjI=\r\nQUIT\r\n",
        "AUTH\tPLAIN\tAGFsaWNlAGh1bnRlcjJodW50ZXIy\r\n",
        "auth login\naHVudGVyMmh1bnRlcjI=\naHVudGVyMmh1bnRlcjI=\naHVudGVyMmh1bnRlcjI=\n",
        "XAUTH hunter2hunter2\r\n",
        "STARTTLS\r\nAUTH PLAIN AGFsaWNlAGh1bnRlcjJodW50ZXIy\r\n",
        "QUIT\r\nAUTH PLAIN AGFsaWNlAGh1bnRlcjJodW50ZXIy\r\n",
        "AUTH PLAIN\r\n=\r\nAGFsaWNlAGh1bnRlcjJodW50ZXIy\r\n",
    ] {
        converse(&fixture, sent.as_bytes()).await;
    }
    assert_eq!(fixture.sessions().len(), 12);
    let mut events = fixture.journal.events();
    // LOGIN's user name is kept; a client that gives its password for one has it kept.
    for event in &mut events {
        if let model::Event::Session(session) = event {
            session.auth_attempts.retain(|attempt| attempt.user != "hunter2hunter2");
        }
    }
    events.retain(|event| !matches!(event, model::Event::Probe(probe) if probe.target == "hunter2hunter2"));
    let encoded: Vec<u8> = events.iter().flat_map(model::wire::encode).collect();
    for secret in secrets {
        assert!(!encoded.windows(secret.len()).any(|window| window == secret.as_bytes()), "{secret} was kept");
    }
}

#[tokio::test(start_paused = true)]
async fn equal_passwords_can_be_told() {
    let fixture = Fixture::new(support::config());
    converse(
        &fixture,
        b"AUTH PLAIN AGFsaWNlAHNlY3JldA==\r\nAUTH LOGIN YWxpY2U=\r\nc2VjcmV0\r\nAUTH LOGIN YWxpY2U=\r\nb3RoZXI=\r\n",
    )
    .await;
    let hashes: Vec<_> =
        fixture.sessions()[0].auth_attempts.iter().map(|attempt| attempt.password_hash.unwrap()).collect();
    assert_eq!(hashes[0], hashes[1]);
    assert_ne!(hashes[1], hashes[2]);
}

#[tokio::test(start_paused = true)]
async fn nothing_the_trap_says_or_keeps_of_its_own_names_it() {
    let fixture = Fixture::new(support::config());
    let replies = converse(&fixture, b"EHLO a\r\nHELP\r\nVRFY x\r\nMAIL FROM:<>\r\nRCPT TO:<info@old.example>\r\nRCPT TO:<a@b.example>\r\nDATA\r\nx\r\n.\r\nnonsense\r\nQUIT\r\n").await;
    let said = format!("{replies}{}", fixture.messages()[0].received).to_lowercase().replace("mx.trap.example", "");
    assert!(!said.contains("trap"), "{said}");
}

#[tokio::test(start_paused = true)]
async fn five_thousand_idle_sessions_take_little_memory() {
    const SESSIONS: usize = 5_000;
    let fixture = Fixture::new(support::config());
    let before = resident_bytes();
    let mut clients = Vec::with_capacity(SESSIONS);
    let mut sessions = Vec::with_capacity(SESSIONS);
    for _ in 0..SESSIONS {
        let (mut client, server) = tokio::io::duplex(512);
        let trap = fixture.trap.clone();
        sessions.push(tokio::spawn(async move {
            trap.converse(server, support::client(), MailProtocol::Smtp, CancellationToken::new()).await;
        }));
        client.write_all(b"EHLO idle.example\r\nMAIL FROM:<a@example.com>\r\n").await.unwrap();
        let mut room = [0; 512];
        let mut heard = Vec::new();
        while !heard.ends_with(b"250 2.1.0 Ok\r\n") {
            let length = client.read(&mut room).await.unwrap();
            heard.extend_from_slice(&room[..length]);
        }
        clients.push(client);
    }
    let each = (resident_bytes() - before) / SESSIONS;
    println!("{each} bytes for an idle session, the test's own side included");
    assert!(each < 16 << 10, "{each} bytes for an idle session");
    drop(clients);
    for session in sessions {
        session.await.unwrap();
    }
    assert_eq!(fixture.sessions().len(), SESSIONS);
}

fn resident_bytes() -> usize {
    let pages: usize = fs::read_to_string("/proc/self/statm").unwrap().split(' ').nth(1).unwrap().parse().unwrap();
    pages * 4096
}

#[tokio::test(start_paused = true)]
async fn real_spam_is_kept_byte_for_byte() {
    let archive = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../../shared/data/spamassassin-spam-1.tar.xz"));
    let Ok(file) = fs::File::open(archive) else {
        println!("skipped: there is no {}", archive.display());
        return;
    };
    let fixture = Fixture::new(support::config());
    let mut expected = Vec::new();
    for entry in tar::Archive::new(liblzma::read::XzDecoder::new(file)).entries().unwrap() {
        let mut file = Vec::new();
        std::io::Read::read_to_end(&mut entry.unwrap(), &mut file).unwrap();
        if file.is_empty() {
            continue;
        }
        let message = crlf(&file);
        let mut sent = b"MAIL FROM:<a@example.com>\r\nRCPT TO:<info@old.example>\r\nDATA\r\n".to_vec();
        for line in message.split_inclusive(|byte| *byte == b'\n') {
            if line.starts_with(b".") {
                sent.push(b'.');
            }
            sent.extend_from_slice(line);
        }
        sent.extend_from_slice(b".\r\nQUIT\r\n");
        converse(&fixture, &sent).await;
        expected.push(message);
    }
    assert!(expected.len() >= 500);
    let kept: Vec<_> = fixture.messages().into_iter().map(|message| message.content.to_vec()).collect();
    assert!(kept == expected, "a message was changed");
}

/// As a mail program sends a file: lines end with CRLF.
fn crlf(file: &[u8]) -> Vec<u8> {
    let mut message = Vec::with_capacity(file.len() + file.len() / 40);
    for line in file.split(|byte| *byte == b'\n') {
        message.extend_from_slice(line.strip_suffix(b"\r").unwrap_or(line));
        message.extend_from_slice(b"\r\n");
    }
    message
}
