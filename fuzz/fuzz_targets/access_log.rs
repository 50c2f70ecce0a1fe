//! Whatever line an access log has: it is read or refused without a panic, and no control character gets through.

#![no_main]

use import::LogLine;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|line: &[u8]| {
    let Ok(read) = LogLine::parse(line) else { return };
    for text in [Some(read.path), Some(read.http_version), read.referer, read.user_agent].into_iter().flatten() {
        assert!(!text.contains(char::is_control), "{text:?}");
        assert!(text.len() <= line.len() * 3, "replacement characters are three bytes, and nothing else grows");
    }
    assert!((100..1000).contains(&read.status));
});
