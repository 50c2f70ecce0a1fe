//! The same bytes give the same replies and the same facts, wherever the network cuts them.
#![allow(clippy::unwrap_used)]

mod support;

use model::{Event, MailProtocol, SessionEnding};
use proptest::prelude::*;
use smtp_trap::StartTls;
use support::Fixture;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::task::yield_now;
use tokio_util::sync::CancellationToken;

/// What the server said and what it kept, but for the times at which the pieces came.
#[derive(Debug, PartialEq)]
struct Outcome {
    replies: Vec<u8>,
    events: Vec<Event>,
}

fn hold(sent: &[u8], cuts: &[usize]) -> Outcome {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    runtime.block_on(async {
        let mut config = support::config();
        config.starttls = StartTls::Off;
        config.limits.line_bytes = 100;
        config.limits.message_bytes = 300;
        config.limits.errors = 12;
        config.limits.transcript_bytes = 700;
        let fixture = Fixture::new(config);
        let (client, server) = tokio::io::duplex(1 << 20);
        let session = fixture.trap.converse(server, support::client(), MailProtocol::Smtp, CancellationToken::new());
        let conversation = async {
            let (mut read, mut write) = tokio::io::split(client);
            let mut rest = sent;
            for cut in cuts.iter().copied().chain([usize::MAX]) {
                let (piece, after) = rest.split_at(cut.min(rest.len()));
                if write.write_all(piece).await.is_err() {
                    break;
                }
                yield_now().await;
                rest = after;
            }
            let _ = write.shutdown().await;
            let mut replies = vec![0; 1 << 20];
            let mut length = 0;
            while let Ok(more @ 1..) = read.read(&mut replies[length..]).await {
                length += more;
            }
            replies.truncate(length);
            replies
        };
        let (replies, ()) = tokio::join!(conversation, session);
        Outcome { replies, events: fixture.journal.events().into_iter().map(without_times).collect() }
    })
}

fn without_times(event: Event) -> Event {
    let Event::Session(mut session) = event else { return event };
    let kept: u64 = session.transcript.chunks.iter().map(|chunk| u64::from(chunk.kept)).sum();
    let left_out: u64 = session.transcript.chunks.iter().map(|chunk| u64::from(chunk.left_out)).sum();
    assert_eq!(kept, session.transcript.bytes.len() as u64);
    assert_eq!(kept + left_out, session.client_bytes);
    if matches!(session.ending, SessionEnding::Quit | SessionEnding::Limit) {
        // What follows the end was read only if it came in the same packet.
        session.client_bytes = 0;
    }
    session.transcript.chunks.clear();
    session.transcript.replies.iter_mut().for_each(|reply| reply.offset_us = 0);
    Event::Session(session)
}

fn line() -> impl Strategy<Value = Vec<u8>> {
    let lines = [
        "EHLO there\r\n",
        "HELO there\n",
        "MAIL FROM:<a@example.com>\r\n",
        "MAIL FROM:<a@example.com> SIZE=1000\r\n",
        "RCPT TO:<info@old.example>\r\n",
        "RCPT TO:<guess@trap.example>\r\n",
        "RCPT TO:<a@elsewhere.example>\r\n",
        "DATA\r\n",
        "some text\r\n",
        "..\r\n",
        ".\r\n",
        ".\n",
        "\r.\r\n",
        "\r\n.\r\n",
        "BDAT 4\r\nQUIT",
        "BDAT 3 LAST\r\n\r\n.",
        "BDAT 0 LAST\r\n",
        "BDAT 400 LAST\r\n",
        "AUTH PLAIN\r\n",
        "AUTH PLAIN AGFsaWNlAHNlY3JldA==\r\n",
        "AUTH LOGIN\r\n",
        "YWxpY2U=\r\n",
        "*\r\n",
        "VRFY root\r\n",
        "RSET\r\n",
        "STARTTLS\r\n",
        "\0\0\r\r\n",
        "QUIT\r\n",
    ];
    prop_oneof![
        8 => prop::sample::select(lines.to_vec()).prop_map(|line| line.as_bytes().to_vec()),
        1 => prop::collection::vec(any::<u8>(), 0..20),
        1 => (0usize..400).prop_map(|length| vec![b'x'; length]),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn where_the_network_cuts_makes_no_difference(
        lines in prop::collection::vec(line(), 0..25),
        cuts in prop::collection::vec(1usize..12, 0..60),
    ) {
        let sent = lines.concat();
        prop_assert_eq!(hold(&sent, &cuts), hold(&sent, &[]));
    }
}
