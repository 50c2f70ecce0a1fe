//! Brings mail and access logs from elsewhere into the journal.
//!
//! ```text
//! mbox, Maildir, .eml, tar ──files──▶ stream ──▶ message bytes ──mail──▶ Message ─┐
//! combined access log ──────────────────────────▶ combined line ──access_log──▶ Visit ─┴─▶ batch ─▶ sink
//! ```
//!
//! What a file is, is told from its content, and what it is compressed with too. The sink is the journal's
//! `append_new`: ids are made from what is imported (see `identity`), so that the same file twice adds nothing, and a
//! run that was cut goes on where it was by being run again.
//!
//! Each item read is accepted, a duplicate or rejected with a reason; the three add up to what was read. No more than
//! one item and a batch are in memory.
//!
//! Nothing here knows the journal, opens a connection or reads a clock.

mod access_log;
mod batch;
mod combined;
mod files;
mod identity;
mod mail;
mod mbox;
mod recipients;
mod report;
mod stream;

pub use access_log::{AccessLogOptions, import_access_log};
pub use combined::{LogLine, NotCombined};
pub use mail::{MailOptions, import_mail};
pub use report::{Cause, ImportError, Progress, Report, Sink, SinkError};
