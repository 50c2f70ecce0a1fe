//! The query seam: SQL over the lake and what has not been flushed yet.
//!
//! ```text
//! text ──▶ engine ──▶ plan: questions only ──▶ views of the tables named (lake) ──▶ rows
//! ```
//!
//! The six tables of the lake are in SQL under their names; `DESCRIBE deliveries` tells their columns. A question sees
//! each table and its tail as of the moment it is asked, so a fact is visible as soon as the lake's writer has read it
//! from the journal.
//!
//! A question cannot change anything, read any file but the lake's, take more memory than the engine has, or run
//! for longer than its time limit; it runs on threads of its own, so that capture goes on beside it.
//!
//! [`Engine`] is the one in this process, on Apache DataFusion. Nothing of it shows in what this crate gives out but
//! the Arrow batches inside [`Rows`], for those who want them.

mod catalog;
mod engine;
mod error;
mod rows;
mod value;

pub use engine::{Engine, Limits};
pub use error::QueryError;
pub use rows::Rows;
