//! A whole Trapline as its user has it: the binary, a directory, listeners on loopback.

#![allow(dead_code, reason = "each test file uses a part of it")]
#![allow(clippy::unwrap_used, clippy::panic, clippy::expect_used)]

pub mod smtp;

use std::fs::File;
use std::io::{Read, Write};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

/// The trap domain of every deployment here.
pub const DOMAIN: &str = "traps.example";
/// How long anything may take that is waited for, on a machine that is busy with other tests.
const PATIENCE: Duration = Duration::from_secs(60);

/// A deployment and, while it runs, its server.
pub struct Trapline {
    temporary: Option<TempDir>,
    dir: PathBuf,
    pub slug: String,
    pub web: SocketAddr,
    pub smtp: SocketAddr,
    server: Option<Child>,
}

impl Trapline {
    /// A fresh deployment with a domain and a site, not running.
    pub fn new() -> Self {
        let temporary = tempfile::tempdir().unwrap();
        let dir = temporary.path().join("deployment");
        let mut deployment = Self::at(&dir);
        deployment.temporary = Some(temporary);
        deployment
    }

    /// As [`Trapline::new`], in this directory.
    pub fn at(dir: &Path) -> Self {
        let (web, smtp) = (free_port(), free_port());
        let mut deployment =
            Self { temporary: None, dir: dir.to_owned(), slug: String::new(), web, smtp, server: None };
        deployment.run(&["init", "--hostname", "mx.traps.example"]);
        deployment.run(&["domain", "add", DOMAIN]);
        deployment.slug = deployment.json(&["site", "add"])["slug"].as_str().unwrap().to_owned();
        deployment
    }

    pub fn dir(&self) -> &Path {
        &self.dir
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_trapline"));
        command.arg("--dir").arg(&self.dir).args(arguments);
        command
    }

    /// Runs a command, whatever comes of it.
    pub fn try_run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    /// Runs a command that must succeed, and gives what it prints.
    pub fn run(&self, arguments: &[&str]) -> String {
        let output = self.try_run(arguments);
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{arguments:?}: {said}\n{}", self.log());
        String::from_utf8(output.stdout).unwrap()
    }

    /// Runs a command that must succeed, and reads the JSON it prints.
    pub fn json(&self, arguments: &[&str]) -> Value {
        let text = self.run(&[&["--json"], arguments].concat());
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{arguments:?}: {error} in {text}"))
    }

    /// Asks in SQL.
    pub fn query(&self, sql: &str) -> Vec<Value> {
        self.json(&["query", sql]).as_array().unwrap().clone()
    }

    /// The one number that a question has as its answer.
    pub fn number(&self, sql: &str) -> u64 {
        let rows = self.query(sql);
        rows[0].as_object().unwrap().values().next().unwrap().as_u64().unwrap()
    }

    /// Starts the server and waits until it takes connections.
    pub fn start(&mut self, arguments: &[&str]) {
        self.spawn(arguments);
        self.wait("the server to come up", |deployment| {
            let ended = deployment.server.as_mut().unwrap().try_wait().unwrap();
            assert!(ended.is_none(), "the server ended: {}", deployment.log());
            TcpStream::connect(deployment.smtp).is_ok() && TcpStream::connect(deployment.web).is_ok()
        });
    }

    fn spawn(&mut self, arguments: &[&str]) {
        let log = File::options().append(true).create(true).open(self.log_path()).unwrap();
        let (web, smtp) = (self.web.to_string(), self.smtp.to_string());
        let listeners = ["serve", "--web", &web, "--smtp", &smtp, "--trusted-proxy", "127.0.0.1/32"];
        let mut command = self.command(&[&listeners, arguments].concat());
        self.server = Some(command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log).spawn().unwrap());
    }

    fn log_path(&self) -> PathBuf {
        self.dir.with_extension("log")
    }

    /// What the server has said.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.log_path()).unwrap_or_default()
    }

    /// `kill -9`.
    pub fn kill(&mut self) {
        let mut server = self.server.take().unwrap();
        server.kill().unwrap();
        server.wait().unwrap();
    }

    /// SIGTERM; the server must end well.
    pub fn stop(&mut self) {
        let mut server = self.server.take().unwrap();
        let id = nix::unistd::Pid::from_raw(i32::try_from(server.id()).unwrap());
        nix::sys::signal::kill(id, nix::sys::signal::Signal::SIGTERM).unwrap();
        let status = server.wait().unwrap();
        assert!(status.success(), "{status}: {}", self.log());
    }

    /// The server's resident memory, in bytes.
    pub fn memory(&self) -> u64 {
        let id = self.server.as_ref().unwrap().id();
        let status = std::fs::read_to_string(format!("/proc/{id}/status")).unwrap();
        let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
        line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() * 1024
    }

    /// Waits for a condition.
    pub fn wait(&mut self, what: &str, mut condition: impl FnMut(&mut Self) -> bool) {
        let began = Instant::now();
        while !condition(self) {
            assert!(began.elapsed() < PATIENCE, "waited in vain for {what}: {}", self.log());
            std::thread::park_timeout(Duration::from_millis(20));
        }
    }

    /// Asks the web trap as this visitor, whom a trusted proxy names. Gives the status and the page.
    pub fn get(&self, path: &str, visitor: IpAddr) -> (u16, String) {
        let mut stream = TcpStream::connect(self.web).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        write!(
            stream,
            "GET {path} HTTP/1.1\r\nHost: www.example\r\nUser-Agent: harvest/1\r\nCookie: secret=1\r\nX-Forwarded-For: {visitor}\r\nConnection: close\r\n\r\n"
        )
        .unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        let answer = String::from_utf8_lossy(&answer).into_owned();
        let status = answer.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or_default();
        (status, answer)
    }

    /// A trap address, as this visitor finds it on a page.
    pub fn harvest(&self, visitor: IpAddr) -> String {
        let (status, page) = self.get(&format!("/{}/", self.slug), visitor);
        assert_eq!(status, 200, "{page}");
        address_in(&page)
    }
}

impl Drop for Trapline {
    fn drop(&mut self) {
        if let Some(mut server) = self.server.take() {
            let _ = server.kill();
            let _ = server.wait();
        }
    }
}

/// The first trap address that can be read from a page as it stands.
pub fn address_in(page: &str) -> String {
    let at = page.find(&format!("@{DOMAIN}")).unwrap_or_else(|| panic!("no address in {page}"));
    let is_local = |c: char| c.is_ascii_alphanumeric() || c == '.';
    let begin = page[..at].rfind(|c| !is_local(c)).map_or(0, |before| before + 1);
    format!("{}@{DOMAIN}", page[begin..at].trim_matches('.'))
}

/// A visitor of its own for each number.
pub fn visitor(number: u32) -> IpAddr {
    Ipv4Addr::from(0xf000_0000 + number).into()
}

/// Real material for tests, or `None` with a word where it isn't there.
pub fn shared(name: &str) -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data").join(name);
    if path.exists() {
        return Some(path);
    }
    let _ = writeln!(std::io::stderr(), "skipped: {name} is not beside this checkout");
    None
}

fn free_port() -> SocketAddr {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap()
}
