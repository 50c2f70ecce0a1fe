//! The web trap: what it answers to a request, and what it records of it.

use std::borrow::Cow;
use std::fmt;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering};

use journal::Journal;
use listener::{Clock, ConnectionGate, EventIds, MemoryBudget};
use model::{Client, Event, Post, Request, Timestamp, Visit, VisitKind};
use parking_lot::Mutex;
use percent_encoding::percent_decode_str;
use tokio::sync::watch;

use crate::cache::PageCache;
use crate::date::DateField;
use crate::form;
use crate::http::{Body, Context, Head, plain};
use crate::metrics::Metrics;
use crate::page::{Filling, HeaderValues, Pages, robots, thanks};
use crate::recorder::{Recorder, Unavailable, Writer};
use crate::site::Found;
use crate::{Sites, WebConfig, forwarded};

/// The longest address that a post can name (RFC 5321, section 4.5.3.1: local part, sign, domain).
const LONGEST_ADDRESS: usize = 64 + 1 + 255;

/// Serves trap pages, each with an address of its own, and records who asked.
pub struct WebTrap {
    pub(crate) config: WebConfig,
    sites: watch::Receiver<Arc<Sites>>,
    clock: Clock,
    ids: EventIds,
    pages: PageCache,
    date: DateField,
    /// Tells visits of one visitor in one second apart.
    nonce: AtomicU16,
    recorder: Recorder,
    writer: Mutex<Option<Writer>>,
    pub(crate) gate: ConnectionGate,
    pub(crate) held: MemoryBudget,
    pub(crate) metrics: Metrics,
}

impl fmt::Debug for WebTrap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WebTrap").field("config", &self.config).finish_non_exhaustive()
    }
}

/// A request for a site, and who asks.
struct Asked<'a> {
    head: &'a Head<'a>,
    host: &'a str,
    found: Found<'a>,
    pages: &'a Pages,
    client: Client,
    context: Context<'a>,
}

impl WebTrap {
    /// A trap for these sites: the snapshot that stands in `sites` at each request.
    ///
    /// Needs no runtime; nothing is written before the first connection is served.
    pub fn new(
        config: WebConfig,
        sites: watch::Receiver<Arc<Sites>>,
        journal: Arc<dyn Journal>,
        clock: Clock,
        ids: EventIds,
    ) -> Self {
        let limits = &config.limits;
        let (recorder, writer) = Recorder::new(limits, journal);
        // Begins anywhere, so that a restart within a second doesn't give the same addresses again.
        let [high, low] = [14, 15].map(|at: usize| ids.next(Timestamp::UNIX_EPOCH).as_bytes()[at]);
        Self {
            pages: PageCache::new(limits.page_cache_bytes),
            gate: ConnectionGate::new(limits.connections),
            held: MemoryBudget::new(limits.held_bytes),
            date: DateField::default(),
            nonce: AtomicU16::new(u16::from_be_bytes([high, low])),
            writer: Mutex::new(Some(writer)),
            metrics: Metrics::new(),
            config,
            sites,
            clock,
            ids,
            recorder,
        }
    }

    /// Has what is recorded written, from the first connection on.
    pub(crate) fn start_writing(&self) {
        if let Some(writer) = self.writer.lock().take() {
            tokio::spawn(writer.run());
        }
    }

    /// Waits until every visit is durable.
    ///
    /// # Errors
    /// If the journal didn't take them within [`crate::WebLimits::drain_time`].
    pub(crate) async fn flush(&self) -> io::Result<()> {
        self.recorder.flush(self.config.limits.drain_time).await.map_err(|lost| {
            io::Error::other(format!(
                "{lost} visits could not be written before the end: the journal did not take them; make room on its disk"
            ))
        })
    }

    /// Appends an answer that isn't a site's.
    pub(crate) fn refuse(&self, status: u16, out: &mut Vec<u8>) {
        self.metrics.refused.increment(1);
        let date = self.date.at(self.clock.now());
        plain(status, Context { date: &date, is_1_1: true, keep: false, head_only: false }, out);
    }

    /// Appends the answer to a request, once what it is evidence of is taken to be recorded.
    pub(crate) async fn answer(&self, head: &Head<'_>, body: &Body, connection: Client, keep: bool, out: &mut Vec<u8>) {
        let now = self.clock.now();
        let date = self.date.at(now);
        let context = Context { date: &date, is_1_1: head.is_1_1, keep, head_only: head.method == "HEAD" };
        let sites = Arc::clone(&self.sites.borrow());
        let (host, path) = (head.host(), decoded(head.path()));
        let Some(found) = sites.find(&host, &path) else {
            self.metrics.unknown.increment(1);
            return plain(404, context, out);
        };
        let pages = self.pages.pages(found.site);
        let believed = self.config.forwarded_header;
        let client = forwarded::client_of(connection, &head.fields, &self.config.proxy.trusted, believed);
        let asked = Asked { head, host: &host, found, pages: &pages, client, context };
        let taken = match head.method {
            "GET" | "HEAD" if found.path == "/robots.txt" => self.robots(&asked, now, out),
            "GET" | "HEAD" => self.page(&asked, now, out),
            "POST" => self.post(&asked, body, now, out).await,
            _ => {
                self.metrics.other_methods.increment(1);
                plain(405, context, out);
                Ok(())
            }
        };
        if taken == Err(Unavailable) {
            self.metrics.unavailable.increment(1);
            plain(503, context, out);
        }
    }

    /// The trap page, with an address of its own.
    fn page(&self, asked: &Asked<'_>, now: Timestamp, out: &mut Vec<u8>) -> Result<(), Unavailable> {
        let site = asked.found.site;
        let nonce = self.nonce.fetch_add(1, Ordering::Relaxed);
        let local = site.sealer.seal(now, asked.client.address, nonce);
        // A site has a domain: `Sites` takes no other.
        let domain = site.domains.get(usize::from(nonce) % site.domains.len().max(1)).map_or("", String::as_str);
        let forbidden = asked.pages.paths.forbids(asked.found.path);
        let kind = if forbidden { VisitKind::ForbiddenPath } else { VisitKind::TrapPage };
        let served = !asked.context.head_only;
        self.take_visit(asked, now, kind, served.then(|| format!("{}@{domain}", &*local)))?;
        if forbidden { &self.metrics.forbidden } else { &self.metrics.trap_pages }.increment(1);

        let filling = Filling { local: &local, domain, base: asked.found.base };
        let length = asked.pages.trap.length(filling);
        out.reserve(length + 512);
        asked.write_header("text/html", length, out);
        if served {
            asked.pages.trap.write(filling, out);
        }
        Ok(())
    }

    fn robots(&self, asked: &Asked<'_>, now: Timestamp, out: &mut Vec<u8>) -> Result<(), Unavailable> {
        self.take_visit(asked, now, VisitKind::Robots, None)?;
        self.metrics.robots.increment(1);
        let text = robots(asked.found.site, &asked.pages.paths, asked.found.base);
        asked.write("text/plain", text.as_bytes(), out);
        Ok(())
    }

    /// A comment form: taken, thanked for, and never shown to anybody.
    async fn post(&self, asked: &Asked<'_>, body: &Body, now: Timestamp, out: &mut Vec<u8>) -> Result<(), Unavailable> {
        let form = form::fields(body, asked.head.text("content-type").as_deref(), &self.config.limits).await;
        let address = form.value(&asked.pages.form.address).filter(|address| address.len() <= LONGEST_ADDRESS);
        let post = Post {
            id: self.ids.next(now),
            at: now,
            site: asked.found.site.id,
            client: asked.client,
            request: asked.request(),
            address: address.map(str::to_owned),
            body_bytes: body.bytes.len() as u64,
            truncated: body.truncated || form.truncated,
            fields: form.fields,
        };
        self.recorder.take(Event::Post(post))?;
        self.metrics.posts.increment(1);
        asked.write("text/html", &thanks(asked.found.site, asked.found.base), out);
        Ok(())
    }

    fn take_visit(
        &self,
        asked: &Asked<'_>,
        now: Timestamp,
        kind: VisitKind,
        address: Option<String>,
    ) -> Result<(), Unavailable> {
        let visit = Visit {
            id: self.ids.next(now),
            at: now,
            site: asked.found.site.id,
            client: asked.client,
            kind,
            request: asked.request(),
            notice_digest: address.is_some().then_some(asked.pages.notice_digest),
            address,
            status: 200,
        };
        self.recorder.take(Event::Visit(visit))
    }
}

impl Asked<'_> {
    /// The request as it is recorded. Of the fields, the names; of the values, those that hold no secret of a person.
    fn request(&self) -> Request {
        let head = self.head;
        Request {
            method: head.method.to_owned(),
            host: self.host.to_owned(),
            path: head.target.to_owned(),
            http_version: if head.is_1_1 { "1.1" } else { "1.0" }.to_owned(),
            header_names: head.fields.iter().map(|field| field.name.to_owned()).collect(),
            user_agent: head.text("user-agent").map(Cow::into_owned),
            referer: head.text("referer").map(Cow::into_owned),
        }
    }

    fn write_header(&self, media_type: &str, length: usize, out: &mut Vec<u8>) {
        let Context { date, .. } = self.context;
        let connection = self.context.connection();
        let values = HeaderValues { status_line: "HTTP/1.1 200 OK", date, media_type, length, connection };
        self.pages.header.write(values, out);
    }

    fn write(&self, media_type: &str, content: &[u8], out: &mut Vec<u8>) {
        self.write_header(media_type, content.len(), out);
        if !self.context.head_only {
            out.extend_from_slice(content);
        }
    }
}

/// A path with its `%` escapes undone, so that no way of writing it hides which path it is (RFC 3986, section 6.2.2.2).
fn decoded(path: &str) -> Cow<'_, str> {
    if path.contains('%') { percent_decode_str(path).decode_utf8_lossy() } else { Cow::Borrowed(path) }
}
