//! The invariants that can be checked without running anything. Each failure names the file and the mend.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Result, bail};

use crate::fuzz;
use crate::run::{output, root, say};

/// No file of code is longer; one that is has two jobs.
const LINES: usize = 700;

/// Checks them all.
pub fn run() -> Result<()> {
    let sources = sources()?;
    let mut faults = Vec::new();
    for (path, text) in &sources {
        faults.extend(module_doc(path, text));
        faults.extend(length(path, text));
        faults.extend(clock(path, text));
        faults.extend(unfinished(path, text));
    }
    faults.extend(code_map()?);
    faults.extend(crate_names()?);
    faults.extend(fuzz_targets()?);
    faults.extend(edge_stays_light()?);
    if faults.is_empty() {
        say(&format!("{} files are tidy", sources.len()));
        return Ok(());
    }
    bail!("{} faults:\n{}", faults.len(), faults.join("\n"))
}

/// All of the project's Rust, by path from the root.
fn sources() -> Result<Vec<(String, String)>> {
    let listed = output("git", &["ls-files", "--cached", "--others", "--exclude-standard", "*.rs"])?;
    let paths = listed.lines().map(str::to_owned).filter(|path| root().join(path).exists());
    paths.map(|path| Ok((path.clone(), fs::read_to_string(root().join(&path))?))).collect()
}

fn module_doc(path: &str, text: &str) -> Option<String> {
    let has = text.starts_with("//!") || text.starts_with("#![no_main]\n//!");
    (!has).then(|| format!("{path}:1: begin the file with a `//!` line that says what it is"))
}

fn length(path: &str, text: &str) -> Option<String> {
    let lines = text.lines().count();
    (lines > LINES).then(|| format!("{path}: {lines} lines; split what has two jobs (limit {LINES})"))
}

/// No crate under correlate/ and nothing in model/ reads a clock: time is passed in.
fn clock(path: &str, text: &str) -> Option<String> {
    let pure =
        path.starts_with("crates/model/src") || (path.starts_with("crates/correlate/") && path.contains("/src/"));
    let reads = |line: &str| {
        ["Timestamp::now", "Zoned::now", "SystemTime::now", "Instant::now"].iter().any(|call| line.contains(call))
    };
    let number = text.lines().position(reads)? + 1;
    pure.then(|| format!("{path}:{number}: correlate/ and model/ read no clock; take the time as an argument"))
}

fn unfinished(path: &str, text: &str) -> Option<String> {
    if path == "xtask/src/tidy.rs" {
        return None;
    }
    let marks = ["todo!(", "unimplemented!(", "TODO", "FIXME", "XXX"];
    let number = text.lines().position(|line| marks.iter().any(|mark| line.contains(mark)))? + 1;
    Some(format!("{path}:{number}: finish it, or open an issue"))
}

/// Every crate stands in ARCHITECTURE.md's code map.
fn code_map() -> Result<Vec<String>> {
    let map = fs::read_to_string(root().join("ARCHITECTURE.md"))?;
    let missing = crates()?.into_iter().filter(|path| !map.contains(&path.display().to_string()));
    Ok(missing.map(|path| format!("ARCHITECTURE.md: the code map lacks {}", path.display())).collect())
}

/// A crate's name is its folder's.
fn crate_names() -> Result<Vec<String>> {
    let mut faults = Vec::new();
    for path in crates()? {
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let manifest = fs::read_to_string(root().join(&path).join("Cargo.toml"))?;
        if !manifest.contains(&format!("name = \"{name}\"")) {
            faults.push(format!("{}/Cargo.toml: name the crate {name}, as its folder", path.display()));
        }
    }
    Ok(faults)
}

fn crates() -> Result<Vec<PathBuf>> {
    let listed = output("git", &["ls-files", "--cached", "--others", "--exclude-standard", "crates/**/Cargo.toml"])?;
    Ok(listed.lines().filter_map(|path| Path::new(path).parent()).map(Path::to_owned).collect())
}

/// Every fuzz target is one that cargo knows.
fn fuzz_targets() -> Result<Vec<String>> {
    let manifest = fs::read_to_string(root().join("fuzz/Cargo.toml"))?;
    let unknown = fuzz::all()?.into_iter().filter(|name| !manifest.contains(&format!("name = \"{name}\"")));
    Ok(unknown.map(|name| format!("fuzz/Cargo.toml: add a [[bin]] for {name}")).collect())
}

/// What touches bots doesn't link the query engine, neither as crates nor as the edge build of the binary.
fn edge_stays_light() -> Result<Vec<String>> {
    let traps =
        output("cargo", &["tree", "--edges", "normal", "--prefix", "none", "-p", "web-trap", "-p", "smtp-trap"])?;
    let edge = output(
        "cargo",
        &[
            "tree",
            "--edges",
            "normal",
            "--prefix",
            "none",
            "-p",
            "trapline",
            "--no-default-features",
            "--features",
            "edge",
        ],
    )?;
    let heavy = |tree: &str| {
        let found =
            tree.lines().find(|line| ["datafusion", "deltalake", "arrow"].iter().any(|name| line.starts_with(name)));
        found.map(str::to_owned)
    };
    let fault = |what: &str, found: String| format!("{what} pulls in {found}; keep the query engine out of it");
    let traps = heavy(&traps).map(|found| fault("web-trap or smtp-trap", found));
    let edge = heavy(&edge).map(|found| fault("the edge build", found));
    Ok(traps.into_iter().chain(edge).collect())
}
