//! The lake as its users see it: nothing lost, nothing twice, visible at once, readable back.
//!
//! One program for all of them: each that links the query engine takes long to link.

#![allow(clippy::unwrap_used, missing_docs)]

mod compaction;
mod events;
mod exactly_once;
mod history;
mod older_tables;
mod support;
mod writer;
