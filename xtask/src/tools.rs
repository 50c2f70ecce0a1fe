//! What the tests need on this machine, and how it is got: Debian's packages, PyPI and npm by their own clients.

use std::path::PathBuf;

use anyhow::{Context, Result};

use crate::run::{must, must_run, program, root, say, works};

/// Debian packages, each with a program or file that shows it is there.
const DEBIAN: [(&str, &str); 7] = [
    ("swaks", "/usr/bin/swaks"),
    ("libnet-ssleay-perl", "/usr/lib/x86_64-linux-gnu/perl5/5.36/Net/SSLeay.pm"),
    ("postfix", "/usr/sbin/smtp-source"),
    ("curl", "/usr/bin/curl"),
    ("chromium", "/usr/bin/chromium"),
    ("python3-venv", "/usr/share/doc/python3-venv"),
    ("nodejs", "/usr/bin/node"),
];

/// Makes sure that the cargo subcommand is there.
pub fn cargo_tool(name: &str) -> Result<()> {
    if works("cargo", &[name, "--version"]) {
        return Ok(());
    }
    say(&format!("installing cargo-{name} with cargo, which takes some minutes"));
    must("cargo", &["install", "--locked", &format!("cargo-{name}")])
}

/// Makes sure that the Debian packages for the client tests are there. Needs root where one is missing.
pub fn debian() -> Result<()> {
    let on_path = |file: &str| {
        let program = file.rsplit('/').next().unwrap_or(file);
        file.contains("/bin/") && works("sh", &["-c", &format!("command -v {program}")])
    };
    let missing: Vec<&str> = DEBIAN
        .iter()
        .filter(|(_, file)| !std::path::Path::new(file).exists() && !on_path(file))
        .map(|(package, _)| *package)
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    say(&format!("installing from Debian: {}", missing.join(" ")));
    must("apt-get", &["update", "-qq"])?;
    let mut install = program("apt-get", &["install", "-qq", "-y", "--no-install-recommends"]);
    install.args(&missing).env("DEBIAN_FRONTEND", "noninteractive");
    must_run(&mut install).context("the client tests need these packages; install them, or run with --without-clients")
}

/// The Python environment of the client tests, made if it isn't there or its requirements have changed.
pub fn python() -> Result<PathBuf> {
    let clients = root().join("tests/clients");
    let environment = target().join("clients-venv");
    let wanted = std::fs::read_to_string(clients.join("requirements.txt"))?;
    let installed = environment.join("requirements.txt");
    let python = environment.join("bin/python");
    if std::fs::read_to_string(&installed).is_ok_and(|there| there == wanted) {
        return Ok(python);
    }
    say("making a Python environment for the client tests, from PyPI");
    must_run(program("python3", &["-m", "venv", "--clear"]).arg(&environment))?;
    let mut install =
        program(&python.to_string_lossy(), &["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r"]);
    must_run(install.arg(clients.join("requirements.txt")))?;
    std::fs::write(installed, wanted)?;
    Ok(python)
}

/// The Node packages of the browser tests, as their lock file has them.
pub fn node() -> Result<()> {
    let browser = root().join("tests/clients/browser");
    let wanted = std::fs::read_to_string(browser.join("package-lock.json"))?;
    let installed = browser.join("node_modules/.installed");
    if std::fs::read_to_string(&installed).is_ok_and(|there| there == wanted) {
        return Ok(());
    }
    say("installing the browser tests' packages from npm");
    must_run(program("npm", &["ci", "--no-audit", "--no-fund"]).current_dir(&browser))?;
    std::fs::write(installed, wanted)?;
    Ok(())
}

/// Where cargo builds.
pub fn target() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from)
}
