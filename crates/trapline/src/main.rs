//! The binary: command line, config, roles.
//!
//! ```text
//! main ──▶ cli (one file a command) ──▶ deployment (the directory: config, registry, keys)
//!                │                            │
//!                ├──▶ serve ──▶ roles: web trap, mail trap, correlate, admin
//!                └──▶ engine: journal, lake, query, state; here or, by way of control, in the running server
//! ```

use std::process::ExitCode;

use clap::Parser;

#[cfg_attr(not(feature = "full"), allow(dead_code, unused_imports, reason = "an edge shows no tables"))]
mod cli;
mod config;
#[cfg_attr(not(feature = "full"), allow(dead_code, reason = "an edge has neither state nor control socket"))]
mod deployment;
mod failure;
mod serve;

#[cfg(feature = "full")]
mod control;
#[cfg(feature = "full")]
mod demo;
#[cfg(feature = "full")]
mod engine;

/// Bursts of mail leave freed memory in every thread's arena of the system's allocator: after a million messages it held
/// more than twice what this one does.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    cli::run(cli::Cli::parse())
}
