//! What it costs to seal, to open and to reject a trap address, in nanoseconds on one core.
//!
//! 20,000 sites of three key generations each, taken in an order that caches cannot foresee. Bound: under 1 microsecond
//! to seal and to open (DESIGN: *The trap address is the record*). Run it with `--release`.

#![allow(clippy::print_stdout, reason = "a benchmark prints its figures")]

use std::hint::black_box;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::Instant;

use model::{SiteId, Timestamp};
use trap_address::{LocalPart, MasterKey, Opener, Sealer, Traps};

const SITES: u32 = 20_000;
const GENERATIONS: u16 = 3;
const ROUNDS: u32 = 200_000;
/// The quickest batch is what the code costs: whatever else the machine does only ever adds.
const BATCH: u32 = 500;
/// 2008-11-11T21:30:00Z.
const NOW: i64 = 1_226_439_000;

fn main() {
    let now = Timestamp::from_second(NOW).unwrap_or(Timestamp::UNIX_EPOCH);
    let master = MasterKey::from_bytes([7; 32]);
    let sites = || (0..SITES).filter_map(SiteId::new);

    let start = Instant::now();
    let opener = Opener::new(&master, sites().map(|site| (site, GENERATIONS - 1)));
    println!("opener for {SITES} sites x {GENERATIONS} generations: {:.0} ms", start.elapsed().as_secs_f64() * 1e3);
    let start = Instant::now();
    let sealers: Vec<Sealer> = sites()
        .flat_map(|site| (0..GENERATIONS).map(move |generation| (site, generation)))
        .map(|(site, generation)| master.sealer(site, generation))
        .collect();
    println!("{} sealers: {:.0} ms", sealers.len(), start.elapsed().as_secs_f64() * 1e3);

    let mut numbers = Numbers(1);
    for (family, visitor) in [("IPv4", visitor_v4 as fn(u64) -> IpAddr), ("IPv6", visitor_v6)] {
        measure(&format!("seal {family}"), || {
            let number = numbers.next();
            let sealer = &sealers[(number >> 32) as usize % sealers.len()];
            black_box(sealer.seal(now, visitor(number), number as u16));
        });
        let issued: Vec<LocalPart> =
            sealers.iter().zip(0..).map(|(sealer, number)| sealer.seal(now, visitor(number), number as u16)).collect();
        let mut opened = 0;
        measure(&format!("open {family}"), || {
            let local = &issued[(numbers.next() >> 32) as usize % issued.len()];
            opened += u32::from(opener.open(black_box(local), now).is_ok());
        });
        assert_eq!(opened, ROUNDS, "every issued address opens");
        let damaged: Vec<String> = issued.iter().map(|local| damaged(local)).collect();
        measure(&format!("reject {family}, the right shape"), || {
            let local = &damaged[(numbers.next() >> 32) as usize % damaged.len()];
            opened += u32::from(opener.open(black_box(local), now).is_ok());
        });
        assert_eq!(opened, ROUNDS, "no damaged address opens");
    }

    let names = ["info", "sales", "john.smith", "webmaster", "a.very.long.local.part.of.some.mailing.list.or.other"];
    measure("reject a dictionary's name", || {
        let _ = black_box(opener.open(black_box(names[numbers.next() as usize % names.len()]), now));
    });
    let recipient = format!("{}@trap.example", sealers[0].seal(now, visitor_v4(1), 0));
    let traps = Traps::new(opener, ["trap.example".to_owned()], []);
    measure("classify a whole recipient, issued", || {
        black_box(traps.classify(black_box(&recipient), now));
    });
}

fn measure(what: &str, mut once: impl FnMut()) {
    let mut batches: Vec<f64> = (0..ROUNDS / BATCH)
        .map(|_| {
            let start = Instant::now();
            (0..BATCH).for_each(|_| once());
            start.elapsed().as_secs_f64() * 1e9 / f64::from(BATCH)
        })
        .collect();
    batches.sort_by(f64::total_cmp);
    println!("{what}: {:.0} ns (median {:.0})", batches[0], batches[batches.len() / 2]);
}

fn visitor_v4(number: u64) -> IpAddr {
    Ipv4Addr::from(0xf000_0000 | (number as u32 >> 4)).into()
}

fn visitor_v6(number: u64) -> IpAddr {
    Ipv6Addr::from((0x2001_0db8 << 96) | (u128::from(number as u32) << 64)).into()
}

/// With its first letter replaced by another of its kind.
fn damaged(local: &str) -> String {
    let (first, rest) = local.split_at(1);
    let other = match first {
        "a" => "e",
        "e" | "i" | "o" | "u" | "y" => "a",
        "b" => "d",
        _ => "b",
    };
    format!("{other}{rest}")
}

/// A plain linear congruential generator (Knuth's MMIX): cheap, and the same numbers in every run.
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        self.0
    }
}
