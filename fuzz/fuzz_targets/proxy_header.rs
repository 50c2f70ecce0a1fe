//! Whatever a trusted proxy's connection begins with: no panic, no header longer than its bound, and the same answer
//! wherever the network cut the bytes.

#![no_main]

use libfuzzer_sys::fuzz_target;
use listener::proxy_header::{MAX_LENGTH, Parsed, parse};

fuzz_target!(|bytes: &[u8]| {
    let whole = parse(bytes);
    match whole {
        Parsed::Header(header) => {
            assert!(header.length <= bytes.len().min(MAX_LENGTH));
            assert_eq!(header.source.is_some(), header.destination.is_some());
            assert_eq!(parse(&bytes[..header.length]), whole, "what follows the header is not looked at");
            assert_eq!(parse(&bytes[..header.length - 1]), Parsed::Incomplete);
        }
        Parsed::Incomplete => assert!(bytes.len() < MAX_LENGTH, "waits for more than may come"),
        Parsed::NotProxy | Parsed::Invalid(_) => {}
    }
    let told = (0..bytes.len().min(200)).map(|cut| parse(&bytes[..cut])).find(|early| *early != Parsed::Incomplete);
    if let Some(early) = told {
        assert_eq!(early, whole);
    }
});
