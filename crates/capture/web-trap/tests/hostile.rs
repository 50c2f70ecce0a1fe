//! What clients do that mean no good, and what becomes of it: a refusal, a close, and everybody else served.
#![allow(clippy::unwrap_used)]
#![allow(clippy::disallowed_methods, reason = "what the trap itself sent is read whole")]

mod common;

use std::time::Duration;

use bytes::BytesMut;
use common::{answers, start, trap};
use listener::ConnectionLimits;
use model::{Client, Event};
use proptest::prelude::*;
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use web_trap::{WebConfig, WebLimits};

#[tokio::test]
async fn what_is_not_http_1_or_ambiguous_gets_one_refusal_and_the_connection_is_closed() {
    let running = start(WebConfig::default()).await;
    let smuggled = "GET /slug1/smuggled HTTP/1.1\r\nHost: x\r\n\r\n";
    for (bytes, status) in [
        ("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_owned(), 400),
        ("\u{16}\u{3}\u{1}\0\u{5}\u{1}\0\0\u{1}\u{3}\u{3}".to_owned(), 400),
        ("EHLO mail.example\r\n".to_owned(), 400),
        ("GET /slug1\0 HTTP/1.1\r\nHost: x\r\n\r\n".to_owned(), 400),
        ("GET /slug1/ HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n".to_owned(), 400),
        ("GET /slug1/ HTTP/1.1\r\n\r\n".to_owned(), 400),
        (
            format!(
                "POST /slug1/ HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n{smuggled}"
            ),
            400,
        ),
        (format!("POST /slug1/ HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: xchunked\r\n\r\n{smuggled}"), 501),
        (format!("POST /slug1/ HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{smuggled}"), 400),
        (format!("POST /slug1/ HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nabc\r\n{smuggled}"), 400),
        (format!("GET /slug1/{} HTTP/1.1\r\nHost: x\r\n\r\n", "a".repeat(6_000)), 414),
        (format!("GET /{}", "a".repeat(300_000)), 414),
        (format!("GET / HTTP/1.1\r\nHost: {}\r\n\r\n", "a".repeat(300_000)), 431),
        (format!("GET / HTTP/1.1\r\nHost: x\r\n{}\r\n", "a: b\r\n".repeat(500)), 431),
    ] {
        let said = answers(&running.say(&bytes).await, false);
        assert_eq!(
            said.iter().map(|answer| answer.status).collect::<Vec<_>>(),
            [status],
            "{:.60}",
            bytes.escape_debug().to_string()
        );
        assert_eq!(said[0].field("connection"), Some("close"));
    }
    assert_eq!(running.get("www1.example", "/").await.status, 200);
    assert_eq!(running.stop().await.len(), 1, "none of it is a visit, and nothing hidden in a body is a request");
}

#[tokio::test]
async fn other_methods_are_not_allowed_and_nothing_is_proxied() {
    let running = start(WebConfig::default()).await;
    for method in ["OPTIONS", "PUT", "DELETE", "PROPFIND", "get"] {
        let answer =
            running.ask(format!("{method} / HTTP/1.1\r\nHost: www1.example\r\nConnection: close\r\n\r\n")).await;
        assert_eq!((answer.status, answer.field("allow")), (405, Some("GET, HEAD, POST")), "{method}");
    }
    for target in ["CONNECT mail.test:25", "GET http://elsewhere.test/", "OPTIONS *"] {
        let answer =
            running.ask(format!("{target} HTTP/1.1\r\nHost: elsewhere.test\r\nConnection: close\r\n\r\n")).await;
        assert_eq!(answer.status, 404, "{target}");
    }
    assert!(running.stop().await.is_empty());
}

#[tokio::test]
async fn one_client_cannot_take_every_connection() {
    let connections = ConnectionLimits { total: 100, per_client: 5 };
    let limits = WebLimits { connections, ..WebLimits::default() };
    let running = start(WebConfig { limits, ..WebConfig::default() }).await;
    let mut held = Vec::new();
    for _ in 0..5 {
        let mut stream = TcpStream::connect(running.address).await.unwrap();
        stream.write_all(b"GET /slug1/ HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
        assert!(stream.read(&mut [0; 64]).await.unwrap() > 0);
        held.push(stream);
    }
    assert_eq!(running.say("GET /slug1/ HTTP/1.0\r\n\r\n").await, "");
    drop(held);
    // The places are free as soon as the trap has seen the connections end.
    while running.say("GET /slug1/ HTTP/1.0\r\n\r\n").await.is_empty() {}
}

/// A connection to a trap whose time is the test's.
fn connect(config: WebConfig) -> (DuplexStream, JoinHandle<()>, CancellationToken) {
    let (near, far) = tokio::io::duplex(1 << 16);
    let (trap, ..) = trap(config);
    let shutdown = CancellationToken::new();
    let token = shutdown.clone();
    let client = Client::direct([192, 0, 2, 1].into(), 1);
    let served = tokio::spawn(async move { trap.serve_connection(far, BytesMut::new(), client, &token).await });
    (near, served, shutdown)
}

async fn rest(mut stream: DuplexStream) -> String {
    let mut said = Vec::new();
    stream.read_to_end(&mut said).await.unwrap();
    String::from_utf8_lossy(&said).into_owned()
}

#[tokio::test(start_paused = true)]
async fn a_head_of_a_byte_a_second_is_cut_off() {
    let begun = Instant::now();
    let (mut stream, served, _shutdown) = connect(WebConfig::default());
    for byte in b"GET /slug1/ HTTP/1.1\r\nHost: a.very.slow.example\r\n".iter() {
        if stream.write_all(&[*byte]).await.is_err() {
            break;
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
        if served.is_finished() {
            break;
        }
    }
    assert!(begun.elapsed() < Duration::from_secs(13), "{:?}", begun.elapsed());
    assert_eq!(answers(&rest(stream).await, false)[0].status, 408);
}

#[tokio::test(start_paused = true)]
async fn a_body_of_a_byte_a_second_is_recorded_as_far_as_it_came() {
    let (mut stream, served, _shutdown) = connect(WebConfig::default());
    let begun = Instant::now();
    stream.write_all(b"POST /slug1/ HTTP/1.1\r\nHost: x\r\nContent-Length: 500\r\n\r\n").await.unwrap();
    while !served.is_finished() && stream.write_all(b"a").await.is_ok() {
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    assert!((30..34).contains(&begun.elapsed().as_secs()), "{:?}", begun.elapsed());
    assert_eq!(answers(&rest(stream).await, false)[0].status, 200);
}

#[tokio::test(start_paused = true)]
async fn a_silent_connection_is_closed_without_a_word() {
    for said in ["", "GET /slug1/ HTTP/1.1\r\nHost: x\r\n\r\n"] {
        let (mut stream, served, _shutdown) = connect(WebConfig::default());
        stream.write_all(said.as_bytes()).await.unwrap();
        let begun = Instant::now();
        served.await.unwrap();
        assert_eq!(begun.elapsed().as_secs(), 15);
        assert_eq!(answers(&rest(stream).await, false).len(), usize::from(!said.is_empty()));
    }
}

#[tokio::test(start_paused = true)]
async fn a_client_that_does_not_read_its_answers_is_let_go() {
    let (near, far) = tokio::io::duplex(1_000);
    let (trap, ..) = trap(WebConfig::default());
    let mut near = near;
    near.write_all(b"GET /slug1/ HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
    let begun = Instant::now();
    let client = Client::direct([192, 0, 2, 1].into(), 1);
    trap.serve_connection(far, BytesMut::new(), client, &CancellationToken::new()).await;
    assert_eq!(begun.elapsed().as_secs(), 30);
}

#[tokio::test(start_paused = true)]
async fn a_shutdown_ends_idle_connections_at_once_and_others_after_their_answer() {
    let (_idle, served, shutdown) = connect(WebConfig::default());
    tokio::task::yield_now().await;
    shutdown.cancel();
    served.await.unwrap();

    let (mut busy, served, shutdown) = connect(WebConfig::default());
    busy.write_all(b"GET /slug1/ HTTP/1.1\r\n").await.unwrap();
    tokio::time::sleep(Duration::from_secs(1)).await;
    shutdown.cancel();
    busy.write_all(b"Host: x\r\n\r\n").await.unwrap();
    served.await.unwrap();
    let answer = &answers(&rest(busy).await, false)[0];
    assert_eq!((answer.status, answer.field("connection")), (200, Some("close")));
}

#[tokio::test(start_paused = true)]
async fn a_connection_is_not_kept_for_ever() {
    let limits = WebLimits { connection_time: Duration::from_secs(20), ..WebLimits::default() };
    let (mut stream, served, _shutdown) = connect(WebConfig { limits, ..WebConfig::default() });
    let mut asked = 0;
    while !served.is_finished() && stream.write_all(b"HEAD /slug1/ HTTP/1.1\r\nHost: x\r\n\r\n").await.is_ok() {
        asked += 1;
        tokio::time::sleep(Duration::from_secs(8)).await;
    }
    assert_eq!(asked, 4);
}

#[tokio::test]
async fn long_heads_and_bodies_share_a_bounded_memory() {
    let limits = WebLimits { held_bytes: 10_000, ..WebLimits::default() };
    let running = start(WebConfig { limits, ..WebConfig::default() }).await;
    let long = format!("GET /slug1/ HTTP/1.0\r\nX: {}\r\nY: {}\r\n\r\n", "x".repeat(7_000), "y".repeat(7_000));
    assert_eq!(running.ask(&long).await.status, 503);
    assert_eq!(running.ask("POST /slug1/ HTTP/1.0\r\nContent-Length: 9000\r\n\r\n").await.status, 503);
    assert_eq!(running.ask("GET /slug1/ HTTP/1.0\r\n\r\n").await.status, 200);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]
    #[test]
    fn no_bytes_make_a_connection_fail(
        pieces in prop::collection::vec(
            prop_oneof![
                prop::collection::vec(any::<u8>(), 0..40),
                prop::sample::select(vec![
                    "GET /slug1/ HTTP/1.1\r\n", "POST /slug1/x HTTP/1.1\r\n", "HEAD / HTTP/1.0\r\n", "Host: x\r\n", "\r\n",
                    "\n", "Content-Length: 5\r\n", "Transfer-Encoding: chunked\r\n", "3\r\nabc\r\n", "0\r\n\r\n", "\0",
                    "Connection: close\r\n", "X-Forwarded-For: 1.2.3.4\r\n", "%", "Content-Type: multipart/form-data; boundary=b\r\n",
                    "--b\r\n", "--b--",
                ]).prop_map(|text| text.as_bytes().to_vec()),
            ],
            0..12,
        ),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        let said = runtime.block_on(async {
            let (mut stream, served, _shutdown) = connect(WebConfig::default());
            for piece in &pieces {
                let _ = stream.write_all(piece).await;
                tokio::task::yield_now().await;
            }
            served.await.unwrap();
            rest(stream).await
        });
        prop_assert!(said.is_empty() || said.starts_with("HTTP/1.1 "), "{}", said);
    }
}

#[tokio::test]
async fn a_client_that_goes_away_mid_body_is_still_recorded() {
    let running = start(WebConfig::default()).await;
    let mut stream = TcpStream::connect(running.address).await.unwrap();
    stream.write_all(b"POST /slug1/ HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\ncomment=half").await.unwrap();
    drop(stream);
    let events = running.events(1).await;
    assert!(matches!(&events[0], Event::Post(post) if post.truncated && post.fields[0].value == "half"), "{events:?}");
}
