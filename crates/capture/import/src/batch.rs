//! Events on their way to the sink, and the account of them.

use model::Event;

use crate::report::{Report, Sink, SinkError};

/// How many events go to the sink at once: a journal makes a batch durable with one fsync.
const EVENTS: usize = 512;

/// How many bytes of messages go to the sink at once.
const BYTES: usize = 8 << 20;

/// Gathers events, hands them on, and counts.
pub(crate) struct Batch<'a> {
    sink: Sink<'a>,
    events: Vec<Event>,
    bytes: usize,
    pub report: Report,
}

impl<'a> Batch<'a> {
    pub fn new(sink: Sink<'a>) -> Self {
        Self { sink, events: Vec::new(), bytes: 0, report: Report::default() }
    }

    /// Takes an event; hands all on when there are enough.
    pub fn push(&mut self, event: Event) -> Result<(), SinkError> {
        self.bytes += match &event {
            Event::Message(message) => message.content.len(),
            _ => 0,
        };
        self.events.push(event);
        if self.events.len() >= EVENTS || self.bytes >= BYTES { self.flush() } else { Ok(()) }
    }

    /// Hands on what there is.
    pub fn flush(&mut self) -> Result<(), SinkError> {
        if self.events.is_empty() {
            return Ok(());
        }
        self.bytes = 0;
        let sent = self.events.len();
        let new = (self.sink)(std::mem::take(&mut self.events))?;
        let accepted = new.iter().filter(|new| **new).count();
        self.report.accepted += accepted as u64;
        self.report.duplicates += sent.saturating_sub(accepted) as u64;
        Ok(())
    }

    /// How many items were read so far.
    pub fn read(&self) -> u64 {
        self.report.read() + self.events.len() as u64
    }
}
