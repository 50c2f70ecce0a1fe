//! How a command reaches what it asks about: the stores themselves while no server runs, the running server while
//! one does, since one process at a time can have the journal and the state.
//!
//! The server listens on a Unix socket in the deployment's directory, which only its own user can open. A connection
//! carries requests and replies, each a line of JSON, one after the other; while a long request runs, replies tell
//! how far it is.

mod client;
mod server;

use serde::{Deserialize, Serialize};

pub use client::Backend;
pub use server::spawn;

use crate::engine::Progress;
use crate::failure::Failure;

/// The longest line of either side, in bytes: a batch of imported mail, or a large query's rows.
const LINE_LIMIT: u64 = 256 << 20;

/// A line from the server.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Reply {
    /// How far the request is; more replies follow.
    Progress(Progress),
    /// What was asked for.
    Answer(serde_json::Value),
    /// Why it can't be had.
    Failure(Failure),
}
