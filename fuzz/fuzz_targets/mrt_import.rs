//! Whatever bytes are imported as a routing table or another source of networks: no panic, and what is read can be asked.
//!
//! Inputs may be compressed; what they unpack to is bounded as it is in an import, only tighter.

#![no_main]

use std::net::IpAddr;

use libfuzzer_sys::fuzz_target;
use network::NetworkMap;
use network::import::{Format, Limits, Options, read_bytes};

const LIMITS: Limits = Limits { stream: 1 << 20, whole: 1 << 20, rows: 10_000 };

fuzz_target!(|input: &[u8]| {
    let date = "2008-11-11".parse().ok();
    for format in [None, Some(Format::Mrt)] {
        let options = Options { format, date, limits: LIMITS };
        let Some(dataset) = read_bytes(input.to_vec(), &options) else { continue };
        let map = NetworkMap::new(vec![dataset]);
        let at = "2008-11-11T21:30:00Z".parse().unwrap();
        for address in ["0.0.0.0", "240.7.1.2", "255.255.255.255", "::", "2001:db8::1"] {
            let address: IpAddr = address.parse().unwrap();
            let network = map.lookup(address, at);
            assert!(network.prefix.is_none_or(|prefix| prefix.contains(&address)), "{network:?} holds not {address}");
        }
    }
});
