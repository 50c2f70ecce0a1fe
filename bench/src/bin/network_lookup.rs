//! What it costs to load a million prefixes and to look one up, beside the same in `prefix-trie`.
//!
//! Bounds: importing under 10 s and 150 MB, a lookup under 200 ns. Each phase runs in a process of its own, so that its
//! peak of memory is its own. Prefixes have the lengths that the world's routing table has; addresses are asked in an
//! order that caches cannot foresee. Run it with `--release`.

#![allow(clippy::print_stdout, reason = "a benchmark prints its figures")]

use std::error::Error;
use std::fs::{self, File};
use std::hint::black_box;
use std::io::{BufWriter, Write};
use std::net::{IpAddr, Ipv4Addr};
use std::path::Path;
use std::process::Command;
use std::time::Instant;

use ipnet::{IpNet, Ipv4Net};
use model::Timestamp;
use network::import::{Options, read};
use network::{NetworkMap, import};
use prefix_trie::PrefixMap;

const PREFIXES: usize = 1_000_000;
const LOOKUPS: u32 = 4_000_000;
/// The quickest batch is what the code costs: whatever else the machine does only ever adds.
const BATCH: u32 = 1_000;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [_, "import", directory] => importing(Path::new(directory)),
        [_, "lookup", directory] => looking_up(Path::new(directory)),
        [_, "peer", directory] => peer(Path::new(directory)),
        _ => all(),
    }
}

fn all() -> Result<(), Box<dyn Error>> {
    let directory = tempfile::tempdir()?;
    let mut csv = BufWriter::new(File::create(directory.path().join("prefixes.csv"))?);
    for (prefix, asn) in prefixes() {
        writeln!(csv, "{prefix},{asn}")?;
    }
    csv.into_inner()?.sync_all()?;
    for phase in ["import", "lookup", "peer"] {
        let status = Command::new(std::env::current_exe()?).arg(phase).arg(directory.path()).status()?;
        if !status.success() {
            return Err(format!("{phase} failed").into());
        }
    }
    Ok(())
}

fn importing(directory: &Path) -> Result<(), Box<dyn Error>> {
    let options = Options { date: Some("2026-01-01".parse()?), ..Options::default() };
    let start = Instant::now();
    let imported = import(&directory.join("prefixes.csv"), &directory.join("networks"), &options, &mut |_| {})?;
    let (seconds, on_core) = (start.elapsed().as_secs_f64(), seconds_on_core());
    println!(
        "import {} prefixes of CSV: {seconds:.2} s, {on_core:.2} s of them on a core, {} MB at the peak",
        imported.rows,
        peak_megabytes()
    );
    let bytes = fs::metadata(imported.path)?.len();
    println!("the dataset on disk: {:.1} MB", bytes as f64 / 1e6);
    Ok(())
}

fn looking_up(directory: &Path) -> Result<(), Box<dyn Error>> {
    let start = Instant::now();
    let map = NetworkMap::open(&directory.join("networks"))?;
    let milliseconds = start.elapsed().as_secs_f64() * 1e3;
    println!("open the dataset: {milliseconds:.0} ms, {} MB at the peak", peak_megabytes());
    let at: Timestamp = "2026-01-01T00:00:00Z".parse()?;
    measure("lookup, address to prefix and AS", |address| map.lookup(IpAddr::V4(address), at).asn.is_some());
    Ok(())
}

fn peer(directory: &Path) -> Result<(), Box<dyn Error>> {
    let start = Instant::now();
    let options = Options { date: Some("2026-01-01".parse()?), ..Options::default() };
    read(&directory.join("prefixes.csv"), &options, &mut |_| {})?;
    let ours = start.elapsed().as_secs_f64();
    let start = Instant::now();
    let mut trie: PrefixMap<Ipv4Net, u32> = PrefixMap::new();
    for (prefix, asn) in prefixes() {
        trie.insert(prefix, asn);
    }
    let built = start.elapsed().as_secs_f64();
    println!("prefix-trie: built in {built:.2} s without reading (ours reads and builds in {ours:.2} s)");
    measure("prefix-trie, longest match", |address| {
        IpNet::new(address.into(), 32).is_ok() && trie.get_lpm(&Ipv4Net::from(address)).is_some()
    });
    println!("prefix-trie: {} MB at the peak, ours included", peak_megabytes());
    Ok(())
}

fn measure(what: &str, mut once: impl FnMut(Ipv4Addr) -> bool) {
    let mut numbers = Numbers(7);
    let mut found = 0u32;
    let mut batches: Vec<f64> = (0..LOOKUPS / BATCH)
        .map(|_| {
            let start = Instant::now();
            for _ in 0..BATCH {
                found += u32::from(once(black_box(Ipv4Addr::from((numbers.next() >> 32) as u32))));
            }
            start.elapsed().as_secs_f64() * 1e9 / f64::from(BATCH)
        })
        .collect();
    batches.sort_by(f64::total_cmp);
    let share = f64::from(found) * 100.0 / f64::from(LOOKUPS);
    let median = batches[batches.len() / 2];
    println!("{what}: {:.0} ns at best, {median:.0} ns in the middle; {share:.0} % found", batches[0]);
}

/// Prefixes in the mix of the world's table of 2025: three in five are /24, a tenth each /22 and /23, few are short.
fn prefixes() -> impl Iterator<Item = (Ipv4Net, u32)> {
    let mut numbers = Numbers(1);
    let mut seen = std::collections::HashSet::new();
    std::iter::from_fn(move || {
        loop {
            let number = numbers.next();
            let length = match number % 100 {
                0..60 => 24,
                60..70 => 23,
                70..80 => 22,
                80..85 => 21,
                85..90 => 20,
                90..95 => 19,
                95..98 => 18,
                _ => 16,
            };
            let address = Ipv4Addr::from((number >> 32) as u32);
            let prefix = Ipv4Net::new(address, length).unwrap_or_default().trunc();
            if seen.insert(prefix) {
                return Some((prefix, 1 + (number >> 8) as u32 % 75_000));
            }
        }
    })
    .take(PREFIXES)
}

/// The most memory this process had, as Linux counts it.
fn peak_megabytes() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or_default();
    line.trim().trim_end_matches(" kB").parse().map_or(0, |kilobytes: u64| kilobytes / 1000)
}

/// How long this process has been running on a core, as Linux counts it: what a busy machine does not change.
fn seconds_on_core() -> f64 {
    let status = fs::read_to_string("/proc/self/schedstat").unwrap_or_default();
    status.split(' ').next().and_then(|nanoseconds| nanoseconds.parse().ok()).map_or(0.0, |ns: f64| ns / 1e9)
}

/// xorshift64*: numbers that are spread well, and the same each run.
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }
}
