//! Access logs of the operator's own sites, as visits.

use std::collections::HashMap;
use std::path::Path;

use jiff::{SignedDuration, Timestamp};
use model::{Client, ClientIdentity, Event, Request, SiteId, Visit, VisitKind};
use sha2::{Digest, Sha256};
use unpack::{Line, Lines, Unpacked};

use crate::batch::Batch;
use crate::combined::LogLine;
use crate::identity::id;
use crate::report::{Cause, ImportError, Progress, Report, Sink};

/// The longest line taken, in bytes. Servers bound a request line and each header to 8 KiB, escaping makes four bytes
/// of one.
const LINE: usize = 96 << 10;

/// How an access log is imported.
#[derive(Clone, Copy, Debug)]
pub struct AccessLogOptions {
    /// The site that the log is of.
    pub site: SiteId,
    /// The time now. A visit cannot be from the future.
    pub now: Timestamp,
    /// How many bytes the file may unpack to.
    pub unpacked_bytes: u64,
}

impl AccessLogOptions {
    /// For a log of this site that unpacks to 64 GiB at most.
    pub fn new(site: SiteId, now: Timestamp) -> Self {
        Self { site, now, unpacked_bytes: 64 << 30 }
    }
}

/// Imports an access log in the combined format, compressed or not. Empty lines are nothing.
///
/// Lines that are the same to the byte are visits of their own, told apart by their order. So a log that has grown
/// since, imported again, adds what has come.
///
/// # Errors
/// What stopped it, with the account so far.
pub fn import_access_log(
    source: &Path,
    options: &AccessLogOptions,
    sink: Sink<'_>,
    progress: &mut dyn FnMut(Progress),
) -> Result<Report, ImportError> {
    let mut batch = Batch::new(sink);
    let outcome = run(source, options, &mut batch, progress);
    // What came before an error is kept.
    let flushed = batch.flush().map_err(Cause::Sink);
    let report = std::mem::take(&mut batch.report);
    match outcome.and(flushed) {
        Ok(()) => Ok(report),
        Err(cause) => Err(ImportError { cause, report }),
    }
}

fn run(
    source: &Path,
    options: &AccessLogOptions,
    batch: &mut Batch<'_>,
    progress: &mut dyn FnMut(Progress),
) -> Result<(), Cause> {
    let unread = |error| Cause::Read { path: source.to_owned(), error };
    let unpacked = Unpacked::open(source, options.unpacked_bytes).map_err(unread)?;
    let (consumed, size) = (unpacked.consumed(), unpacked.size());
    let mut lines = Lines::new(unpacked, LINE);
    let mut occurrences = Occurrences::default();
    loop {
        let line = lines.next_line();
        batch.report.bytes = consumed.bytes();
        let Some(line) = line.map_err(unread)? else { return Ok(()) };
        if line.bytes.is_empty() {
            continue;
        }
        match event(line, options, &mut occurrences) {
            Ok(event) => batch.push(event).map_err(Cause::Sink)?,
            Err(reason) => batch.report.rejected.reject(reason, || format!("line {}", line.number)),
        }
        if line.number.is_multiple_of(1024) {
            progress(Progress { bytes: consumed.bytes(), size, read: batch.read() });
        }
    }
}

fn event(line: Line<'_>, options: &AccessLogOptions, occurrences: &mut Occurrences) -> Result<Event, String> {
    if line.too_long {
        return Err(format!("line longer than {LINE} bytes"));
    }
    let LogLine { client, host, at, method, path, http_version, status, referer, user_agent } =
        LogLine::parse(line.bytes).map_err(|error| error.to_string())?;
    let latest = options.now.saturating_add(SignedDuration::from_hours(24)).unwrap_or(Timestamp::MAX);
    if at.as_second() < 0 || at > latest {
        return Err("time that cannot be".to_owned());
    }
    let digest: [u8; 32] = Sha256::digest(line.bytes).into();
    let nth = occurrences.count(&digest);
    let site = options.site;
    let id = id(at, "imported visit", &[&site.get().to_be_bytes(), &digest, &nth.to_be_bytes()]);
    let request = Request { method, host, path, http_version, header_names: Vec::new(), user_agent, referer };
    let client = Client { address: client, port: 0, identity: ClientIdentity::Imported };
    let kind = VisitKind::Imported;
    Ok(Event::Visit(Visit { id, at, site, client, kind, request, address: None, notice_digest: None, status }))
}

/// How often each line has come, of at least the last [`Occurrences::REMEMBERED`] different ones.
///
/// Lines that are the same have the same second in them, so they stand near each other; a log without end must not
/// take memory without end.
#[derive(Default)]
struct Occurrences {
    recent: HashMap<u128, u32>,
    older: HashMap<u128, u32>,
}

impl Occurrences {
    const REMEMBERED: usize = 1 << 18;

    /// Counts a line. Returns how often it had come before.
    fn count(&mut self, digest: &[u8; 32]) -> u32 {
        let (key, _) = digest.split_first_chunk::<16>().unwrap_or((&[0; 16], &[]));
        let key = u128::from_be_bytes(*key);
        if self.recent.len() >= Self::REMEMBERED {
            self.older = std::mem::take(&mut self.recent);
        }
        let before = self.recent.get(&key).or_else(|| self.older.get(&key)).copied().unwrap_or(0);
        self.recent.insert(key, before.saturating_add(1));
        before
    }
}
