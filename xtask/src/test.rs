//! `cargo xtask test`: everything, in the order in which it fails soonest.

use std::time::Instant;

use anyhow::Result;
use clap::Args;

use crate::run::{must, must_run, program, root, say, works};
use crate::{tidy, tools};

/// What to leave out.
#[derive(Args)]
pub struct Options {
    /// Leave out what needs Debian's, PyPI's and npm's packages
    #[arg(long)]
    without_clients: bool,
    /// Leave out cargo-deny
    #[arg(long)]
    without_deny: bool,
}

/// Runs it.
pub fn run(options: &Options) -> Result<()> {
    // The tests that talk to a whole Trapline share its directory of builds.
    let began = Instant::now();
    step("formatting", || must("cargo", &["fmt", "--all", "--check"]))?;
    step("tidiness", tidy::run)?;
    if !options.without_deny {
        step("dependencies", deny)?;
    }
    step("lints", || must("cargo", &["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"]))?;
    step("edge build", || {
        must(
            "cargo",
            &["clippy", "-p", "trapline", "--no-default-features", "--features", "edge", "--", "-D", "warnings"],
        )
    })?;
    tools::cargo_tool("nextest")?;
    step("unit and scenario tests", || must("cargo", &["nextest", "run", "--workspace", "--no-fail-fast"]))?;
    step("doc examples", || must("cargo", &["test", "--quiet", "--workspace", "--doc"]))?;
    if !options.without_clients {
        step("clients", clients)?;
    }
    say(&format!("all is well, after {} s", began.elapsed().as_secs()));
    Ok(())
}

fn step(name: &str, run: impl FnOnce() -> Result<()>) -> Result<()> {
    let began = Instant::now();
    say(&format!("── {name}"));
    run()?;
    say(&format!("── {name}: done in {} s", began.elapsed().as_secs()));
    Ok(())
}

fn deny() -> Result<()> {
    tools::cargo_tool("deny")?;
    must("cargo", &["deny", "--all-features", "check", "bans", "licenses", "sources"])?;
    // The advisory database comes by git from the network; where there is none, that check can't be had.
    if works("cargo", &["deny", "fetch", "db"]) {
        return must("cargo", &["deny", "--all-features", "check", "advisories"]);
    }
    say("advisories skipped: their database can't be fetched here");
    Ok(())
}

/// Programs that nobody here wrote, against a whole Trapline.
fn clients() -> Result<()> {
    tools::debian()?;
    let python = tools::python()?;
    tools::node()?;
    must("cargo", &["build", "--quiet", "--package", "trapline"])?;
    let trapline = tools::target().join("debug/trapline");
    let mut tests = program(&python.to_string_lossy(), &["-m", "pytest", "-q", "-p", "no:cacheprovider"]);
    must_run(tests.arg(root().join("tests/clients")).env("TRAPLINE", &trapline).env("PYTHONDONTWRITEBYTECODE", "1"))
}
