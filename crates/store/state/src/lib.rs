//! The state: host records and totals, a projection of the events with its own position in the journal.
//!
//! ```text
//! journal ──entries, judgements──▶ State::apply ──one atomic batch──▶ DIR/state
//!                                                                      ├ activities   host ▶ what it did      (scanned)
//!                                                                      ├ details      host ▶ names, samples   (looked up)
//!                                                                      ├ mailed       harvest ▶ how often its address was mailed
//!                                                                      └ meta         format, position, totals
//! lake ────events, judgements────▶ StateBuilder ──rename──▶ DIR/state
//! ```
//!
//! What an event means is the `hosts` crate's to say; here it is only kept. [`State::apply`] folds a batch of events
//! into what is there and writes the outcome together with the position of the last of them, so that after a crash
//! either both are there or neither. An event at or before the position is skipped: it may come twice and counts once.
//!
//! # What survives what
//!
//! All parts are one keyspace, told apart by the first byte of the key. The store then has one order of writes, and
//! after a crash it holds a prefix of it: the batches up to some position, whole, with that position. (With a keyspace
//! for each part, one part could be flushed to disk with a batch whose position, in another, is lost with the power.)
//! A killed process loses nothing that was applied; a power failure loses what came after the last
//! [`State::persist`]. Nothing of it is lost for good, as long as the journal is acknowledged up to persisted positions
//! only.
//!
//! The state never has to be repaired. Whatever is wrong with it, `trapline rebuild` makes it again from the lake, and
//! [`State::digest`] of the two is the same.

mod digest;
mod encoding;
mod error;
mod fold;
mod keys;
mod read;
mod rebuild;
mod state;
mod writer;

pub use error::StateError;
pub use rebuild::{Rebuilt, StateBuilder};
pub use state::State;
