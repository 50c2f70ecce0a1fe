//! Runs other programs, and says which.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

/// The project's root.
pub fn root() -> PathBuf {
    let xtask = Path::new(env!("CARGO_MANIFEST_DIR"));
    xtask.parent().unwrap_or(xtask).to_owned()
}

/// Says a word, where people look for it.
pub fn say(what: &str) {
    use std::io::Write;
    // Nobody to tell is no reason to stop.
    let _ = writeln!(std::io::stderr(), "xtask: {what}");
}

/// A program to be run in the project's root.
pub fn program(name: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new(name);
    command.args(arguments).current_dir(root());
    command
}

/// Runs it; fails if it does.
pub fn must(name: &str, arguments: &[&str]) -> Result<()> {
    must_run(&mut program(name, arguments))
}

/// Runs a prepared program; fails if it does.
pub fn must_run(command: &mut Command) -> Result<()> {
    let shown = shown(command);
    say(&shown);
    let status = command.status().with_context(|| format!("{shown} could not be started"))?;
    if !status.success() {
        bail!("{shown} failed: {status}");
    }
    Ok(())
}

/// Whether it runs and succeeds, silently.
pub fn works(name: &str, arguments: &[&str]) -> bool {
    program(name, arguments).output().is_ok_and(|output| output.status.success())
}

/// What it prints on standard output; fails if it does.
pub fn output(name: &str, arguments: &[&str]) -> Result<String> {
    let output = program(name, arguments).output().with_context(|| format!("{name} could not be started"))?;
    if !output.status.success() {
        bail!("{name} {} failed: {}", arguments.join(" "), String::from_utf8_lossy(&output.stderr));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

fn shown(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(|word| word.to_string_lossy().into_owned()).collect::<Vec<_>>().join(" ")
}
