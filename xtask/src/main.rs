//! The project's own chores.
//!
//! - `cargo xtask test`: everything, from formatting to a real browser; installs what it needs and says so.
//! - `cargo xtask tidy`: the invariants of ARCHITECTURE.md that can be checked.
//! - `cargo xtask fuzz`: each fuzz target for a while.

use clap::{Parser, Subcommand};

mod fuzz;
mod run;
mod test;
mod tidy;
mod tools;

#[derive(Parser)]
#[command(about = "Trapline's chores")]
struct Cli {
    #[command(subcommand)]
    chore: Chore,
}

#[derive(Subcommand)]
enum Chore {
    /// Run every check and test there is
    Test(test::Options),
    /// Check the invariants that can be checked
    Tidy,
    /// Run each fuzz target for a while
    Fuzz(fuzz::Options),
}

fn main() -> anyhow::Result<()> {
    match Cli::parse().chore {
        Chore::Test(options) => test::run(&options),
        Chore::Tidy => tidy::run(),
        Chore::Fuzz(options) => fuzz::run(&options),
    }
}
