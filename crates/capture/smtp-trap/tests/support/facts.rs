//! Events as names and values in plain text, as scenarios state them.

use std::collections::BTreeMap;

use model::{Event, Trap};

/// What an event is, and its fields as text.
pub fn of(event: &Event) -> (&'static str, BTreeMap<&'static str, String>) {
    match event {
        Event::Message(message) => {
            let to = message.deliveries.iter().map(|d| format!("{}:{}", trap(&d.trap), d.recipient));
            let fields = [
                ("from", message.mail_from.clone()),
                ("to", to.collect::<Vec<_>>().join(",")),
                ("helo", message.helo.clone()),
                ("client", message.client.address.to_string()),
                ("protocol", message.protocol.name().to_owned()),
                ("tls", message.tls.to_string()),
                ("received", escaped(message.received.as_bytes())),
                ("size", message.content.len().to_string()),
                ("content", escaped(&message.content)),
            ];
            ("message", fields.into())
        }
        Event::Probe(probe) => {
            let fields = [
                ("kind", probe.kind.name().to_owned()),
                ("target", probe.target.clone()),
                ("helo", probe.helo.clone()),
                ("client", probe.client.address.to_string()),
            ];
            ("probe", fields.into())
        }
        Event::Session(session) => {
            let attempt = |attempt: &model::AuthAttempt| {
                let password = if attempt.password_hash.is_some() { "hashed" } else { "none" };
                format!("{}:{}:{password}", attempt.mechanism, attempt.user)
            };
            let codes = session.transcript.replies.iter().map(|reply| reply.code.to_string());
            let fields = [
                ("ending", session.ending.name().to_owned()),
                ("helo", session.helo.clone()),
                ("protocol", session.protocol.name().to_owned()),
                ("client", session.client.address.to_string()),
                ("tls", session.tls.as_ref().map(|tls| tls.version.clone()).unwrap_or_default()),
                ("commands", session.commands.to_string()),
                ("messages", session.messages.to_string()),
                ("recipients", session.recipients.to_string()),
                ("bytes", session.client_bytes.to_string()),
                ("auth", session.auth_attempts.iter().map(attempt).collect::<Vec<_>>().join(",")),
                ("replies", codes.collect::<Vec<_>>().join(",")),
                ("transcript", escaped(&session.transcript.bytes)),
            ];
            ("session", fields.into())
        }
        Event::Visit(_) => ("visit", BTreeMap::new()),
        Event::Post(_) => ("post", BTreeMap::new()),
    }
}

fn trap(trap: &Trap) -> String {
    match trap {
        Trap::Issued(visit) => format!("issued[{}]", visit.visitor),
        Trap::Static(_) | Trap::Dictionary => trap.name().to_owned(),
    }
}

/// Bytes as text in which `\r`, `\n`, `\\` and `\xNN` stand for what isn't text.
pub fn escaped(bytes: &[u8]) -> String {
    let mut text = String::new();
    for chunk in bytes.utf8_chunks() {
        for c in chunk.valid().chars() {
            match c {
                '\r' => text.push_str("\\r"),
                '\n' => text.push_str("\\n"),
                '\\' => text.push_str("\\\\"),
                c if c.is_ascii_control() => text.push_str(&format!("\\x{:02x}", c as u32)),
                c => text.push(c),
            }
        }
        for byte in chunk.invalid() {
            text.push_str(&format!("\\x{byte:02x}"));
        }
    }
    text
}

/// The bytes of text with the escapes of [`escaped`], and `\{100*x}` for a hundred times `x`.
pub fn unescaped(text: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        bytes.extend_from_slice(&rest.as_bytes()[..at]);
        let escape = &rest[at + 1..];
        let length = match escape.as_bytes()[0] {
            b'r' => push(&mut bytes, b"\r", 1),
            b'n' => push(&mut bytes, b"\n", 1),
            b'\\' => push(&mut bytes, b"\\", 1),
            b'x' => push(&mut bytes, &[u8::from_str_radix(&escape[1..3], 16).unwrap()], 3),
            b'{' => {
                let end = escape.find('}').unwrap();
                let (times, what) = escape[1..end].split_once('*').unwrap();
                let what = unescaped(what);
                (0..times.parse::<usize>().unwrap()).for_each(|_| bytes.extend_from_slice(&what));
                end + 1
            }
            other => panic!("unknown escape \\{}", char::from(other)),
        };
        rest = &escape[length..];
    }
    bytes.extend_from_slice(rest.as_bytes());
    bytes
}

fn push(bytes: &mut Vec<u8>, what: &[u8], length: usize) -> usize {
    bytes.extend_from_slice(what);
    length
}

/// Whether `text` is `pattern`, in which `*` stands for anything.
pub fn matches(pattern: &str, text: &str) -> bool {
    let Some((before, after)) = pattern.split_once('*') else { return pattern == text };
    let Some(rest) = text.strip_prefix(before) else { return false };
    after.is_empty() || (0..=rest.len()).filter(|at| rest.is_char_boundary(*at)).any(|at| matches(after, &rest[at..]))
}
