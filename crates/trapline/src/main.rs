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

mod cli;
mod config;
mod deployment;
mod failure;
mod serve;

#[cfg(feature = "full")]
mod control;
#[cfg(feature = "full")]
mod demo;
#[cfg(feature = "full")]
mod engine;

fn main() -> ExitCode {
    cli::run(cli::Cli::parse())
}
