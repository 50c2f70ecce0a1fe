//! The lake seam: all history as Delta tables, one for each kind of fact, by day.
//!
//! ```text
//! journal ──▶ writer ──▶ rows ──▶ tail ──flush──▶ encode ──▶ delta ──▶ durable ──▶ journal: acknowledged
//!                                  │                           │
//!                                  └──────────▶ view ◀─────────┘ ◀── history, and the query engine
//! ```
//!
//! - [`writer`] follows the journal; [`rows`] turns each event into rows of the six tables; [`tail`] holds them until
//!   a flush, bounded.
//! - A flush sorts and encodes them ([`encode`]), commits them ([`delta`]) and forces them to disk ([`durable`]);
//!   only then is the journal told that the lake has them.
//! - [`view`] is a table and its tail as one. [`history`] reads events back; [`compaction`] makes few big files of many
//!   small ones and lets go of days past their retention.
//!
//! **Each event is counted once.** A commit carries the journal position it reaches in a Delta `txn` action, in the
//! same atomic log entry as its files. Rows up to that position are never written again, and a view takes from the
//! tail only rows past it. Six tables commit one after the other, so a crash may leave some ahead of others: each has
//! its own position, and the journal is acknowledged only up to what all of them hold.
//!
//! What a judgement says (networks, attribution) is passed in as a function: this crate knows no correlation.
//! No decision here reads a clock; only pacing does (when to flush, when to try again), and the age of files on disk.

pub mod columns;
pub mod compaction;
mod delta;
mod durable;
mod encode;
mod error;
pub mod history;
mod open;
mod rows;
mod table;
mod tail;
pub mod view;
pub mod writer;

use std::sync::Arc;

pub use compaction::{Compacted, Retention, TableCompacted};
pub use error::LakeError;
pub use history::Recorded;
pub use open::Lake;
pub use table::Table;
pub use writer::{LakeWriter, WriterOptions};

/// Judges a message when it enters the lake: what it says of itself, where its sender is, who harvested its
/// recipients. Must be pure, so that a message judged twice gets the same row.
pub type Judge = Arc<dyn Fn(&model::Message) -> model::Judgement + Send + Sync>;

/// The name under which the lake reads the journal, and under which its tables keep their position.
pub const CONSUMER: &str = "lake";
