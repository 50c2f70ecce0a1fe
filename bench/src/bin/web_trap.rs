//! The web trap against nginx: requests a second and CPU a request, both driven by `wrk -t1 -c64` over loopback.
//!
//! nginx serves a static file of 4,000 bytes and writes its access log. The trap gives each answer an address of its
//! own and has each visit durable in a journal on disk. Bound: half of nginx's requests a second; every visit that wrk
//! counts is in the journal. Run it with `--release`, where `wrk` and `nginx` are installed:
//! `web_trap [FOLDER]`, on the disk that is to be measured; `web_trap --serve ADDRESS:PORT` just serves, to look at.

#![allow(clippy::print_stdout, reason = "a benchmark prints its figures")]

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use journal::{FileJournal, Journal, Options};
use listener::{Clock, ConnectionLimits, EventIds};
use model::SiteId;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use trap_address::MasterKey;
use web_trap::{Site, Sites, WebConfig, WebLimits, WebTrap};

type Failure = Box<dyn std::error::Error>;

const SECONDS: u64 = 8;
const FILE_BYTES: usize = 4_000;
/// Clock ticks a second in `/proc/PID/stat`: fixed by Linux for programs to see.
const TICKS: f64 = 100.0;

fn main() -> Result<(), Failure> {
    let mut arguments = std::env::args().skip(1);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    match (arguments.next().as_deref(), arguments.next()) {
        (Some("--serve"), Some(address)) => runtime.block_on(serve(address.parse()?)),
        (folder, _) => {
            let base = folder.map_or_else(std::env::temp_dir, PathBuf::from);
            let trap = runtime.block_on(measure_trap(&base))?;
            runtime.shutdown_timeout(Duration::from_secs(1));
            let nginx = measure_nginx(&base)?;
            println!("ratio: {:.2} of nginx's requests/s, {:.2} times its CPU", trap.0 / nginx.0, trap.1 / nginx.1);
            Ok(())
        }
    }
}

fn site(number: u32) -> Result<Site, Failure> {
    let (master, id) = (MasterKey::from_bytes([7; 32]), SiteId::new(number).ok_or("no such site")?);
    Ok(Site {
        id,
        slug: format!("s{number}"),
        hosts: vec![],
        domains: vec!["mail.example".into()],
        owner: None,
        seed: master.site_secret(id, "pages"),
        sealer: master.sealer(id, 0),
    })
}

fn trap(folder: &Path) -> Result<(Arc<WebTrap>, Arc<FileJournal>), Failure> {
    let journal = Arc::new(FileJournal::open(folder, Options::default())?);
    let sites = Sites::new((1..=20).map(site).collect::<Result<Vec<_>, _>>()?)?;
    let limits =
        WebLimits { connections: ConnectionLimits { total: 1_000, per_client: 1_000 }, ..WebLimits::default() };
    let config = WebConfig { limits, ..WebConfig::default() };
    let (_, sites) = watch::channel(Arc::new(sites));
    let store: Arc<dyn Journal> = journal.clone();
    Ok((Arc::new(WebTrap::new(config, sites, store, Clock::system(), EventIds::random())), journal))
}

async fn serve(address: SocketAddr) -> Result<(), Failure> {
    let folder = tempfile::tempdir()?;
    let (trap, _) = trap(folder.path())?;
    println!("pages at http://{address}/s1/ to http://{address}/s20/; end it with Ctrl-C");
    let shutdown = CancellationToken::new();
    let stop = shutdown.clone();
    tokio::spawn(async move {
        let _ = tokio::signal::ctrl_c().await;
        stop.cancel();
    });
    Ok(trap.serve(TcpListener::bind(address).await?, shutdown).await?)
}

/// Requests a second, and seconds of CPU a request.
type Figures = (f64, f64);

async fn measure_trap(base: &Path) -> Result<Figures, Failure> {
    let folder = tempfile::tempdir_in(base)?;
    let (trap, journal) = trap(folder.path())?;
    let socket = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}/s1/", socket.local_addr()?);
    let shutdown = CancellationToken::new();
    let served = tokio::spawn(trap.serve(socket, shutdown.clone()));
    let before = cpu_of(std::process::id());
    let (count, rate) = tokio::task::spawn_blocking(move || wrk(&url).map_err(|error| error.to_string())).await??;
    let figures = (rate, (cpu_of(std::process::id()) - before) / count as f64);
    let asked = Instant::now();
    shutdown.cancel();
    served.await??;
    let durable = journal.end().0;
    print_figures("web trap", count, figures);
    println!(
        "   {durable} visits durable, the last {:.0} ms after the load ended",
        asked.elapsed().as_secs_f64() * 1e3
    );
    if durable < count { Err("visits are missing from the journal".into()) } else { Ok(figures) }
}

fn measure_nginx(base: &Path) -> Result<Figures, Failure> {
    let folder = tempfile::tempdir_in(base)?;
    let root = folder.path().join("root");
    fs::create_dir(&root)?;
    fs::write(root.join("page.html"), vec![b'x'; FILE_BYTES])?;
    let port = std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
    let at = folder.path().display();
    // Started by root, its workers would be somebody else and could not read the folder.
    let user = if nix::unistd::geteuid().is_root() { "user root;" } else { "" };
    let config = format!(
        "{user} worker_processes auto; daemon off; pid {at}/pid; error_log {at}/error;\n\
         events {{ worker_connections 1024; }}\n\
         http {{ access_log {at}/access; sendfile on; tcp_nopush on; keepalive_requests 1000000000;\n\
         server {{ listen 127.0.0.1:{port}; root {at}/root; default_type text/html; }} }}\n"
    );
    fs::write(folder.path().join("conf"), config)?;
    let master = Command::new("nginx").arg("-c").arg(folder.path().join("conf")).stderr(Stdio::null()).spawn()?;
    let master = Stopped(master);
    while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
        std::thread::yield_now();
    }
    let processes = workers_of(master.0.id());
    let spent = || processes.iter().map(|process| cpu_of(*process)).sum::<f64>();
    let before = spent();
    let (count, rate) = wrk(&format!("http://127.0.0.1:{port}/page.html"))?;
    let figures = (rate, (spent() - before) / count as f64);
    print_figures("nginx", count, figures);
    Ok(figures)
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

/// Requests that wrk counted, and how many a second.
fn wrk(url: &str) -> Result<(u64, f64), Failure> {
    let output = Command::new("wrk").args(["-t1", "-c64", &format!("-d{SECONDS}s"), url]).output()?;
    let told = String::from_utf8_lossy(&output.stdout);
    if told.contains("Non-2xx") {
        return Err(format!("some answers were no pages: {told}").into());
    }
    let number = |after: &str, at: usize| {
        let line = told.lines().find(|line| line.contains(after))?;
        line.split_whitespace().nth(at)?.parse::<f64>().ok()
    };
    let count = number("requests in", 0).ok_or_else(|| format!("wrk said: {told}"))?;
    Ok((count as u64, number("Requests/sec", 1).ok_or("wrk gave no rate")?))
}

fn print_figures(name: &str, count: u64, (rate, cpu): Figures) {
    println!("{name:>8}: {rate:>7.0} requests/s, {:.1} us of CPU each, {count} in all", cpu * 1e6);
}

/// Fields of `/proc/PID/stat` after the name, which may have spaces in it.
fn stat(process: u32) -> Vec<String> {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    stat.rsplit(')').next().unwrap_or_default().split_whitespace().map(str::to_owned).collect()
}

/// User and system time of a process, in seconds.
fn cpu_of(process: u32) -> f64 {
    let fields = stat(process);
    fields.iter().skip(11).take(2).filter_map(|ticks| ticks.parse::<f64>().ok()).sum::<f64>() / TICKS
}

fn workers_of(master: u32) -> Vec<u32> {
    let processes = fs::read_dir("/proc").into_iter().flatten().flatten();
    let numbers = processes.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    numbers.filter(|process| stat(*process).get(1).is_some_and(|parent| *parent == master.to_string())).collect()
}
