//! What it costs to have a message durable in the journal: appends a second, CPU an append, memory, bytes written.
//!
//! Messages of 4 KiB, one an append, by as many appenders at once as sessions would be; then the same while a consumer
//! reads and acknowledges them. Bound: 12,000 appends a second at under 20 microseconds of CPU. Run it with
//! `--release`, on the disk that is to be measured: `journal_append [FOLDER]`.

#![allow(clippy::print_stdout, reason = "a benchmark prints its figures")]

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use journal::{FileJournal, Journal, Options, contract};
use nix::sys::resource::{UsageWho, getrusage};

const MESSAGE_BYTES: usize = 4_096;
const SECONDS: u64 = 8;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let base = std::env::args().nth(1).map_or_else(std::env::temp_dir, PathBuf::from);
    println!("in {}, {MESSAGE_BYTES}-byte messages, {SECONDS} s each", base.display());
    for (appenders, consumed) in [(1, false), (50, false), (100, false), (200, false), (200, true)] {
        let folder = tempfile::tempdir_in(&base)?;
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
        runtime.block_on(measure(folder.path(), appenders, consumed))?;
    }
    Ok(())
}

async fn measure(folder: &Path, appenders: u64, consumed: bool) -> Result<(), Box<dyn std::error::Error>> {
    let journal = Arc::new(FileJournal::open(folder, Options::default())?);
    let appended = Arc::new(AtomicU64::new(0));
    let (written, cpu, start) = (bytes_written(), cpu(), Instant::now());
    let until = start + Duration::from_secs(SECONDS);
    let mut tasks = tokio::task::JoinSet::new();
    for appender in 0..appenders {
        let (journal, appended) = (Arc::clone(&journal), Arc::clone(&appended));
        let message = contract::message(appender, MESSAGE_BYTES);
        tasks.spawn(async move {
            while Instant::now() < until && journal.append(vec![message.clone()]).await.is_ok() {
                appended.fetch_add(1, Ordering::Relaxed);
            }
        });
    }
    let reader = consumed.then(|| tokio::spawn(consume(Arc::clone(&journal))));
    while tasks.join_next().await.is_some() {}
    let (elapsed, spent) = (start.elapsed(), self::cpu() - cpu);
    reader.inspect(|reader| reader.abort());
    let count = appended.load(Ordering::Relaxed).max(1);
    println!(
        "{appenders:>3} appenders{}: {:>6.0} appends/s, {:>5.1} us of CPU each, {:.2} bytes written a byte, {} MiB resident",
        if consumed { ", consumed" } else { "          " },
        count as f64 / elapsed.as_secs_f64(),
        spent.as_secs_f64() * 1e6 / count as f64,
        (bytes_written() - written) as f64 / (count * MESSAGE_BYTES as u64) as f64,
        resident_bytes() >> 20,
    );
    Ok(())
}

async fn consume(journal: Arc<FileJournal>) {
    let mut position = journal::Position(0);
    loop {
        journal.wait_past(position).await;
        let Ok(entries) = journal.read(position, 1_000).await else { return };
        position = entries.last().map_or(position, |entry| entry.position);
        let _ = journal.acknowledge("bench", position).await;
    }
}

/// User and system time of this process.
fn cpu() -> Duration {
    let time = |seconds: i64, microseconds: i64| {
        Duration::from_secs(seconds.unsigned_abs()) + Duration::from_micros(microseconds.unsigned_abs())
    };
    getrusage(UsageWho::RUSAGE_SELF).map_or(Duration::ZERO, |usage| {
        let (user, system) = (usage.user_time(), usage.system_time());
        time(user.tv_sec(), user.tv_usec()) + time(system.tv_sec(), system.tv_usec())
    })
}

/// Bytes that this process had written to disk (proc(5), `/proc/PID/io`).
fn bytes_written() -> u64 {
    field("/proc/self/io", "write_bytes:")
}

/// Bytes of memory it holds.
fn resident_bytes() -> u64 {
    field("/proc/self/status", "VmRSS:") << 10
}

fn field(file: &str, name: &str) -> u64 {
    let text = std::fs::read_to_string(file).unwrap_or_default();
    let value = text.lines().find_map(|line| line.strip_prefix(name)?.split_whitespace().next()?.parse().ok());
    value.unwrap_or(0)
}
