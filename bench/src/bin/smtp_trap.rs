//! The mail trap against Postfix's smtp-sink: messages a second and CPU a message, both driven by `smtp-source` over
//! loopback with 200 sessions and messages of 4,096 bytes, with a connection a message and with many.
//!
//! smtp-sink throws everything away. The trap attributes each recipient by opening its address, and has each message
//! durable before it says 250. Bounds: 0.7 of smtp-sink's messages a second, twice its CPU a message; every message that
//! smtp-source delivered is in the journal once. Run it with `--release`, where Postfix's `smtp-source` and `smtp-sink`
//! are installed: `smtp_trap [FOLDER]`, on the disk that is to be measured; `smtp_trap --serve ADDRESS:PORT` just serves.

#![allow(clippy::print_stdout, reason = "a benchmark prints its figures")]

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use journal::{FileJournal, Journal, Options, Position};
use listener::{Clock, EventIds};
use model::{Event, SiteId, Timestamp};
use smtp_trap::{MailTrap, SmtpConfig, StartTls};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use trap_address::{MasterKey, Opener, Traps};

type Failure = Box<dyn std::error::Error>;

const SESSIONS: usize = 200;
const MESSAGE_BYTES: usize = 4_096;
const MESSAGES: usize = 40_000;
/// Clock ticks a second in `/proc/PID/stat`: fixed by Linux for programs to see.
const TICKS: f64 = 100.0;
/// A month before the clock, so that the address opens.
const HARVESTED: i64 = 1_700_000_000;

fn main() -> Result<(), Failure> {
    let mut arguments = std::env::args().skip(1);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    match (arguments.next().as_deref(), arguments.next()) {
        (Some("--serve"), Some(address)) => runtime.block_on(serve(address.parse()?)),
        (folder, _) => {
            let base = folder.map_or_else(std::env::temp_dir, PathBuf::from);
            for many in [false, true] {
                let trap = runtime.block_on(measure_trap(&base, many))?;
                let sink = measure_sink(many)?;
                println!(
                    "ratio: {:.2} of smtp-sink's messages/s, {:.2} times its CPU",
                    trap.0 / sink.0,
                    trap.1 / sink.1
                );
            }
            runtime.shutdown_timeout(Duration::from_secs(1));
            Ok(())
        }
    }
}

struct Trap {
    trap: Arc<MailTrap>,
    journal: Arc<FileJournal>,
    recipient: String,
    _traps: watch::Sender<Arc<Traps>>,
}

fn trap(folder: &Path) -> Result<Trap, Failure> {
    let journal = Arc::new(FileJournal::open(folder, Options::default())?);
    let (master, site) = (MasterKey::from_bytes([7; 32]), SiteId::new(1).ok_or("no such site")?);
    let sealed = master.sealer(site, 0).seal(Timestamp::from_second(HARVESTED)?, "192.0.2.1".parse()?, 0);
    let opener = Opener::new(&master, [(site, 0)]);
    let (sender, traps) = watch::channel(Arc::new(Traps::new(opener, ["trap.example".to_owned()], [])));
    let mut config = SmtpConfig { starttls: StartTls::Off, ..SmtpConfig::new("mx.trap.example", [9; 32]) };
    config.limits.messages = u32::MAX;
    config.limits.connections.per_client = 10_000;
    let store: Arc<dyn Journal> = journal.clone();
    let trap = MailTrap::new(config, traps, store, Clock::system(), EventIds::random())?;
    Ok(Trap { trap: Arc::new(trap), journal, recipient: format!("{}@trap.example", &*sealed), _traps: sender })
}

async fn serve(address: SocketAddr) -> Result<(), Failure> {
    let folder = tempfile::tempdir()?;
    let trap = trap(folder.path())?;
    println!("mail to {} at {address}; end it with Ctrl-C", trap.recipient);
    let shutdown = CancellationToken::new();
    let stop = shutdown.clone();
    tokio::spawn(async move {
        let _ = tokio::signal::ctrl_c().await;
        stop.cancel();
    });
    Ok(trap.trap.serve_smtp(TcpListener::bind(address).await?, shutdown).await?)
}

/// Messages a second, and seconds of CPU a message.
type Figures = (f64, f64);

async fn measure_trap(base: &Path, many: bool) -> Result<Figures, Failure> {
    let folder = tempfile::tempdir_in(base)?;
    let Trap { trap, journal, recipient, _traps } = trap(folder.path())?;
    let socket = TcpListener::bind("127.0.0.1:0").await?;
    let address = socket.local_addr()?;
    let shutdown = CancellationToken::new();
    let served = tokio::spawn(trap.serve_smtp(socket, shutdown.clone()));
    let before = cpu_of(std::process::id());
    let seconds =
        tokio::task::spawn_blocking(move || deliver(address, &recipient, many).map_err(|error| error.to_string()))
            .await??;
    shutdown.cancel();
    served.await??;
    let figures = (MESSAGES as f64 / seconds, (cpu_of(std::process::id()) - before) / MESSAGES as f64);
    print_figures("mail trap", many, figures);
    let kept = messages(&journal).await?;
    if kept == MESSAGES { Ok(figures) } else { Err(format!("{kept} messages of {MESSAGES} are in the journal").into()) }
}

async fn messages(journal: &FileJournal) -> Result<usize, Failure> {
    let (mut at, mut count) = (Position(0), 0);
    while at < journal.end() {
        for entry in journal.read(at, 1_000).await? {
            at = entry.position;
            count += usize::from(matches!(entry.event, Event::Message(_)));
        }
    }
    Ok(count)
}

fn measure_sink(many: bool) -> Result<Figures, Failure> {
    let address = std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?;
    let sink = Command::new("smtp-sink").args(["-u", "nobody", &address.to_string(), "1000"]).spawn()?;
    let sink = Stopped(sink);
    while std::net::TcpStream::connect(address).is_err() {
        std::thread::yield_now();
    }
    let before = cpu_of(sink.0.id());
    let seconds = deliver(address, "a@trap.example", many)?;
    let figures = (MESSAGES as f64 / seconds, (cpu_of(sink.0.id()) - before) / MESSAGES as f64);
    print_figures("smtp-sink", many, figures);
    Ok(figures)
}

/// Has smtp-source deliver, and says how long it took.
fn deliver(address: SocketAddr, recipient: &str, many: bool) -> Result<f64, Failure> {
    let (sessions, bytes, messages) = (SESSIONS.to_string(), MESSAGE_BYTES.to_string(), MESSAGES.to_string());
    let mut source = Command::new("smtp-source");
    source.args(["-s", &sessions, "-l", &bytes, "-m", &messages, "-f", "a@example.com", "-t", recipient]);
    if many {
        source.arg("-d");
    }
    let began = Instant::now();
    let status = source.arg(address.to_string()).stdout(Stdio::null()).status()?;
    if status.success() { Ok(began.elapsed().as_secs_f64()) } else { Err(format!("smtp-source: {status}").into()) }
}

/// A process that is ended with the measurement.
struct Stopped(Child);

impl Drop for Stopped {
    fn drop(&mut self) {
        let id = nix::unistd::Pid::from_raw(i32::try_from(self.0.id()).unwrap_or_default());
        let _ = nix::sys::signal::kill(id, nix::sys::signal::Signal::SIGTERM);
        let _ = self.0.wait();
    }
}

fn print_figures(name: &str, many: bool, (rate, cpu): Figures) {
    let how = if many { "many a connection" } else { "one a connection" };
    println!("{name:>9}, {how}: {rate:>6.0} messages/s, {:.1} us of CPU each", cpu * 1e6);
}

/// User and system time of a process, in seconds.
fn cpu_of(process: u32) -> f64 {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    let fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace().skip(11).take(2);
    fields.filter_map(|ticks| ticks.parse::<f64>().ok()).sum::<f64>() / TICKS
}
