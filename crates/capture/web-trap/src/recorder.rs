//! From answers to the journal: events wait in a bounded queue and are written in groups, so that each is durable
//! well within a second and an fsync is shared by all that came meanwhile.
//!
//! An event is taken before its page is sent. When the queue is full, or the journal couldn't take the last group,
//! no event is taken, and whoever asked for a page gets 503 instead: no page goes out whose visit would be lost.
//! What was taken is kept and tried again until the journal has it.

use std::sync::Arc;
use std::time::Duration;

use journal::{AppendError, Journal};
use model::Event;
use parking_lot::Mutex;
use tokio::sync::Notify;
use tokio::time::{sleep, timeout};
use tracing::{info, warn};

use crate::WebLimits;
use crate::metrics::RecorderMetrics;

/// The most events that are written together: enough to share an fsync, few enough that one write stays short.
const GROUP: usize = 8_192;

/// No event is taken at present.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Unavailable;

/// Takes events.
#[derive(Debug)]
pub(crate) struct Recorder(Arc<Shared>);

/// Writes what a [`Recorder`] took.
pub(crate) struct Writer {
    shared: Arc<Shared>,
    journal: Arc<dyn Journal>,
    gather_time: Duration,
    retry_time: Duration,
}

#[derive(Debug)]
struct Shared {
    queue: Mutex<Queue>,
    most_events: usize,
    most_bytes: usize,
    /// There is something to write, or the recorder is gone.
    work: Notify,
    /// Everything has been written.
    empty: Notify,
    metrics: RecorderMetrics,
}

#[derive(Debug, Default)]
struct Queue {
    events: Vec<Event>,
    /// Bytes of `events`.
    bytes: usize,
    /// Events and bytes of the group that is being written.
    writing: (usize, usize),
    /// The journal couldn't take the last group.
    failing: bool,
    /// The recorder is gone, or the journal is closed for good.
    closed: bool,
}

impl Queue {
    fn waiting(&self) -> usize {
        self.events.len() + self.writing.0
    }
}

impl Recorder {
    /// A recorder, and the writer that has to run for it.
    pub(crate) fn new(limits: &WebLimits, journal: Arc<dyn Journal>) -> (Self, Writer) {
        let shared = Arc::new(Shared {
            queue: Mutex::default(),
            most_events: limits.queued_visits,
            most_bytes: limits.queued_bytes,
            work: Notify::new(),
            empty: Notify::new(),
            metrics: RecorderMetrics::new(),
        });
        let (gather_time, retry_time) = (limits.gather_time, limits.retry_time);
        let writer = Writer { shared: Arc::clone(&shared), journal, gather_time, retry_time };
        (Self(shared), writer)
    }

    /// Takes an event. Once it is taken it will be written.
    ///
    /// # Errors
    /// [`Unavailable`]: it wasn't taken, and what it is about must not happen.
    pub(crate) fn take(&self, event: Event) -> Result<(), Unavailable> {
        let size = size_of_event(&event);
        let mut queue = self.0.queue.lock();
        let bytes = queue.bytes + queue.writing.1 + size;
        if queue.failing || queue.closed || queue.waiting() >= self.0.most_events || bytes > self.0.most_bytes {
            return Err(Unavailable);
        }
        queue.events.push(event);
        queue.bytes += size;
        if queue.events.len() == 1 {
            self.0.work.notify_one();
        }
        Ok(())
    }

    /// Waits until everything taken is durable, at most this long.
    ///
    /// # Errors
    /// How many events are not.
    pub(crate) async fn flush(&self, most: Duration) -> Result<(), usize> {
        let flushed = async {
            loop {
                let empty = self.0.empty.notified();
                if self.0.queue.lock().waiting() == 0 {
                    return;
                }
                empty.await;
            }
        };
        timeout(most, flushed).await.map_err(|_| self.0.queue.lock().waiting())
    }
}

impl Drop for Recorder {
    fn drop(&mut self) {
        self.0.queue.lock().closed = true;
        self.0.work.notify_one();
    }
}

impl Writer {
    /// Writes until the recorder is gone and everything is written, or the journal is closed.
    pub(crate) async fn run(self) {
        loop {
            let (group, closed) = self.next_group();
            if group.is_empty() {
                if closed {
                    return;
                }
                self.shared.work.notified().await;
                sleep(self.gather_time).await;
                continue;
            }
            if !self.write(&group).await {
                return;
            }
        }
    }

    fn next_group(&self) -> (Vec<Event>, bool) {
        let mut queue = self.shared.queue.lock();
        let group = if queue.events.len() > GROUP {
            let rest = queue.events.split_off(GROUP);
            std::mem::replace(&mut queue.events, rest)
        } else {
            std::mem::take(&mut queue.events)
        };
        let bytes = if queue.events.is_empty() { queue.bytes } else { group.iter().map(size_of_event).sum() };
        queue.bytes -= bytes;
        queue.writing = (group.len(), bytes);
        self.shared.metrics.waiting.set(queue.waiting() as f64);
        (group, queue.closed)
    }

    /// Tries until the journal has the group. Whether there is any use in going on.
    async fn write(&self, group: &[Event]) -> bool {
        loop {
            match self.journal.append(group.to_vec()).await {
                Ok(_) => {
                    self.written(group.len());
                    return true;
                }
                Err(error) => {
                    self.shared.metrics.failures.increment(1);
                    let first = !std::mem::replace(&mut self.shared.queue.lock().failing, true);
                    if first {
                        warn!(%error, events = group.len(), "trap pages are answered with 503 until the journal takes visits");
                    }
                    if matches!(error, AppendError::Closed) {
                        self.shared.queue.lock().closed = true;
                        return false;
                    }
                }
            }
            sleep(self.retry_time).await;
        }
    }

    fn written(&self, events: usize) {
        self.shared.metrics.written.increment(events as u64);
        let mut queue = self.shared.queue.lock();
        queue.writing = (0, 0);
        if std::mem::take(&mut queue.failing) {
            info!("the journal takes visits again");
        }
        if queue.events.is_empty() {
            self.shared.empty.notify_waiters();
        }
    }
}

/// Bytes of memory that an event takes, about.
fn size_of_event(event: &Event) -> usize {
    let request = match event {
        Event::Visit(visit) => &visit.request,
        Event::Post(post) => &post.request,
        _ => return size_of::<Event>(),
    };
    let names: usize = request.header_names.iter().map(|name| name.len() + size_of::<String>()).sum();
    let texts = [request.user_agent.as_ref(), request.referer.as_ref(), Some(&request.path), Some(&request.host)];
    let texts: usize = texts.into_iter().flatten().map(String::len).sum();
    let fields: usize = match event {
        Event::Post(post) => post.fields.iter().map(|field| field.name.len() + field.value.len() + 48).sum(),
        _ => 0,
    };
    size_of::<Event>() + names + texts + fields + 64
}
