//! Every session in `tests/scenarios/` comes out as written there, wherever the network cuts what the client sends.
#![allow(clippy::unwrap_used)]

mod support;

use std::fs;
use std::path::Path;
use std::time::Duration;

use journal::AppendError;
use model::MailProtocol;
use smtp_trap::SmtpConfig;
use support::{Fixture, facts};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, DuplexStream};
use tokio::time::{Instant, sleep_until, timeout_at};
use tokio_util::sync::CancellationToken;

#[tokio::test(start_paused = true)]
async fn every_scenario_comes_out_as_it_is_written() {
    for (name, text) in scenarios() {
        run(&name, &text, 64 << 10).await;
    }
}

#[tokio::test(start_paused = true)]
async fn every_scenario_comes_out_the_same_with_a_byte_in_each_packet() {
    for (name, text) in scenarios() {
        if !text.contains("\n@packets") {
            run(&name, &text, 1).await;
        }
    }
}

fn scenarios() -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scenarios");
    let mut found: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "smtp"))
        .map(|path| (path.file_name().unwrap().to_string_lossy().into_owned(), fs::read_to_string(path).unwrap()))
        .collect();
    found.sort();
    assert!(found.len() > 20);
    found
}

trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Stream for T {}

/// The client's side of one scenario.
struct Script<'a> {
    name: &'a str,
    fixture: &'a Fixture,
    shutdown: CancellationToken,
    stream: Option<Box<dyn Stream>>,
    to_send: Vec<u8>,
    heard: Vec<u8>,
    skipping: bool,
    expected: Vec<String>,
}

async fn run(name: &str, text: &str, packet: usize) {
    let text = text.replace("{issued}", &support::issued_address());
    let fixture = Fixture::new(configured(&text));
    let protocol = if text.contains("\n@lmtp") { MailProtocol::Lmtp } else { MailProtocol::Smtp };
    let (client, server): (DuplexStream, DuplexStream) = tokio::io::duplex(packet);
    let shutdown = CancellationToken::new();
    let trap = fixture.trap.clone();
    let session = tokio::spawn({
        let shutdown = shutdown.clone();
        async move { trap.converse(server, support::client(), protocol, shutdown).await }
    });
    let mut script = Script {
        name,
        fixture: &fixture,
        shutdown,
        stream: Some(Box::new(client)),
        to_send: Vec::new(),
        heard: Vec::new(),
        skipping: false,
        expected: Vec::new(),
    };
    for (number, line) in text.lines().enumerate() {
        script.step(number + 1, line).await;
    }
    script.flush().await;
    let expected = std::mem::take(&mut script.expected);
    assert!(script.heard.is_empty(), "{name}: the server said more: {}", facts::escaped(&script.heard));
    drop(script);
    session.await.unwrap();
    compare(name, &expected, &fixture);
}

fn configured(text: &str) -> SmtpConfig {
    let mut config = support::config();
    let limits = &mut config.limits;
    for setting in text.lines().filter_map(|line| line.strip_prefix("@limit ")) {
        let (limit, value) = setting.trim().split_once(' ').unwrap();
        let value: usize = value.trim().parse().unwrap();
        match limit {
            "message_bytes" => limits.message_bytes = value,
            "memory_bytes" => limits.memory_bytes = value,
            "recipients" => limits.recipients = value,
            "line_bytes" => limits.line_bytes = value,
            "long_lines" => limits.long_lines = value as u32,
            "errors" => limits.errors = value as u32,
            "probes" => limits.probes = value as u32,
            "messages" => limits.messages = value as u32,
            "transcript_bytes" => limits.transcript_bytes = value,
            other => panic!("no limit is called {other}"),
        }
    }
    config
}

impl Script<'_> {
    async fn step(&mut self, number: usize, line: &str) {
        if let Some(sent) = line.strip_prefix("C: ").or_else(|| (line == "C:").then_some("")) {
            self.to_send.extend(facts::unescaped(sent));
            self.to_send.extend(b"\r\n");
        } else if let Some(sent) = line.strip_prefix("C| ") {
            self.to_send.extend(facts::unescaped(sent));
        } else if line == "S..." {
            self.skipping = true;
        } else if let Some(expected) = line.strip_prefix("S: ") {
            self.flush().await;
            self.hear(number, expected).await;
        } else if let Some(expected) = line.strip_prefix("E: ") {
            self.expected.push(expected.to_owned());
        } else if let Some(directive) = line.strip_prefix('@') {
            self.flush().await;
            self.obey(number, directive).await;
        } else {
            assert!(line.is_empty() || line.starts_with('#'), "{}:{number}: what is {line:?}?", self.name);
        }
    }

    async fn obey(&mut self, number: usize, directive: &str) {
        let (word, argument) = directive.split_once(' ').unwrap_or((directive, ""));
        match word {
            "lmtp" | "limit" | "packets" => {}
            "journal" => self.fixture.journal.fail_appends(match argument {
                "full" => Some(AppendError::Full),
                "closed" => Some(AppendError::Closed),
                "failed" => Some(AppendError::Failed("test".to_owned())),
                _ => None,
            }),
            "tls" => {
                let stream = self.stream.take().unwrap();
                self.stream = Some(Box::new(support::tls::connect(stream).await.unwrap()));
            }
            "wait" => self.wait(Duration::from_secs(argument.parse().unwrap())).await,
            "drop" => self.stream = None,
            "shutdown" => self.shutdown.cancel(),
            "closed" => {
                let line = self.line().await;
                assert_eq!(line, None, "{}:{number}: the server did not close", self.name);
            }
            other => panic!("{}:{number}: there is no @{other}", self.name),
        }
    }

    /// Lets time pass, and takes what the server says in it.
    async fn wait(&mut self, time: Duration) {
        let end = Instant::now() + time;
        let mut room = [0; 4096];
        while let Some(stream) = &mut self.stream {
            match timeout_at(end, stream.read(&mut room)).await {
                Ok(Ok(length @ 1..)) => self.heard.extend(&room[..length]),
                Ok(_) => break,
                Err(_) => return,
            }
        }
        sleep_until(end).await;
    }

    async fn flush(&mut self) {
        let Some(stream) = &mut self.stream else { return };
        // Both directions at once: a server that answers before it has read everything is not to be waited for.
        let to_send = std::mem::take(&mut self.to_send);
        let mut sent = &to_send[..];
        let mut room = [0; 4096];
        let (mut read, mut write) = tokio::io::split(stream);
        while !sent.is_empty() {
            tokio::select! {
                written = write.write(sent) => match written {
                    Ok(length) => sent = &sent[length..],
                    Err(_) => break,
                },
                Ok(length) = read.read(&mut room) => {
                    if length == 0 {
                        break;
                    }
                    self.heard.extend(&room[..length]);
                }
            }
        }
        let _ = write.flush().await;
    }

    async fn hear(&mut self, number: usize, expected: &str) {
        let expected = String::from_utf8(facts::unescaped(expected)).unwrap();
        loop {
            let Some(line) = self.line().await else {
                panic!("{}:{number}: the server closed instead of {expected:?}", self.name);
            };
            if facts::matches(&expected, &line) {
                self.skipping = false;
                return;
            }
            assert!(self.skipping, "{}:{number}: expected {expected:?}, the server said {line:?}", self.name);
        }
    }

    /// The next line that the server says; none if it has closed.
    async fn line(&mut self) -> Option<String> {
        let mut room = [0; 4096];
        loop {
            if let Some(end) = self.heard.windows(2).position(|pair| pair == b"\r\n") {
                let line: Vec<u8> = self.heard.drain(..end + 2).collect();
                return Some(String::from_utf8(line[..end].to_vec()).unwrap());
            }
            let length = self.stream.as_mut()?.read(&mut room).await.unwrap_or(0);
            if length == 0 {
                return None;
            }
            self.heard.extend(&room[..length]);
        }
    }
}

/// Whether the journal has the events that the scenario states, and no other.
fn compare(name: &str, expected: &[String], fixture: &Fixture) {
    let events: Vec<_> = fixture.journal.events().iter().map(facts::of).collect();
    assert_eq!(events.len(), expected.len(), "{name}: {events:#?}");
    for (expected, (kind, fields)) in expected.iter().zip(&events) {
        let mut words = words(expected).into_iter();
        assert_eq!(words.next().unwrap(), *kind, "{name}: {expected}");
        for word in words {
            let (field, pattern) = word.split_once('=').unwrap();
            let value = fields.get(field).unwrap_or_else(|| panic!("{name}: a {kind} has no {field}"));
            assert!(facts::matches(pattern, value), "{name}: {kind} {field}\n  {value}\nis not\n  {pattern}");
        }
    }
}

/// Words, of which `key="…"` may have blanks.
fn words(line: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut quoted = false;
    for c in line.chars() {
        match c {
            '"' => quoted = !quoted,
            ' ' if !quoted => words.push(String::new()),
            c => words.last_mut().unwrap().push(c),
        }
    }
    words.retain(|word| !word.is_empty());
    words
}
