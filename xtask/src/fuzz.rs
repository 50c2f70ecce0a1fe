//! `cargo xtask fuzz`: each fuzz target for a while.

use anyhow::{Result, ensure};
use clap::Args;

use crate::run::{must_run, program, root};
use crate::tools;

/// Which targets, and for how long.
#[derive(Args)]
pub struct Options {
    /// The targets; all of them if none is named
    targets: Vec<String>,
    /// Seconds for each
    #[arg(long, default_value_t = 120)]
    seconds: u32,
}

/// Runs them.
pub fn run(options: &Options) -> Result<()> {
    tools::cargo_tool("fuzz")?;
    let targets = if options.targets.is_empty() { all()? } else { options.targets.clone() };
    ensure!(!targets.is_empty(), "there is no fuzz target in fuzz/fuzz_targets");
    for target in targets {
        let limit = format!("-max_total_time={}", options.seconds);
        let mut fuzz = program("cargo", &["fuzz", "run", &target, "--", &limit, "-rss_limit_mb=2048", "-timeout=10"]);
        // The sanitizers are nightly features; this lets the pinned toolchain use them.
        must_run(fuzz.env("RUSTC_BOOTSTRAP", "1"))?;
    }
    Ok(())
}

/// All targets, by name.
pub fn all() -> Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in std::fs::read_dir(root().join("fuzz/fuzz_targets"))? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "rs")
            && let Some(stem) = path.file_stem()
        {
            names.push(stem.to_string_lossy().into_owned());
        }
    }
    names.sort();
    Ok(names)
}
