//! Whatever a message is: it is summed up and its relay is looked for without a panic, and what is kept is bounded.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|content: &[u8]| {
    let summary = message::summary(content);
    assert_eq!(summary.size, content.len() as u64);
    assert!(summary.subject.len() <= 998 && summary.from.len() <= 320 && summary.message_id.len() <= 998);
    assert!(!summary.subject.contains(char::is_control));
    if let Ok(relay) = message::relay(content, &[]) {
        assert!(relay.depth < message::HOPS);
    }
    for header in message::headers(content) {
        // Any header may be read as any kind.
        let _ = message::addresses(header.value, 10);
        let _ = message::date(header.value);
        let _ = message::Received::parse(header.value);
    }
});
