//! `trapline check`: whether the settings and the directory are right; `trapline config`: all settings.

use std::fmt;
use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::config::{COMMENTED, Config};
use crate::deployment::{Deployment, at};
use crate::failure::Failure;

/// What was checked, and what is still missing before the traps catch anything.
#[derive(Debug, Serialize)]
pub struct Checked {
    settings: PathBuf,
    sites: usize,
    domains: usize,
    static_traps: usize,
    missing: Vec<String>,
}

/// Checks the deployment in a directory.
pub async fn run(dir: &Path) -> Result<Checked, Failure> {
    let deployment = Deployment::open(dir)?;
    let config = &deployment.config;
    for (setting, url) in [("journal", &config.store.journal), ("lake", &config.store.lake)] {
        deployment.layout.file_url(setting, url)?;
    }
    for file in [&config.smtp.certificate, &config.smtp.private_key].into_iter().flatten() {
        let path = deployment.layout.path(file);
        std::fs::File::open(&path).map_err(|error| at(&path, &error))?;
    }
    let registry = deployment.registry().await?;
    let (sites, domains, statics) =
        (registry.sites().await?, registry.domains().await?, registry.static_traps().await?);
    if !domains.is_empty() {
        deployment.sites(&registry).await?;
    }
    let mut missing = Vec::new();
    let mut note = |is_missing: bool, what: &str| is_missing.then(|| missing.push(what.to_owned()));
    note(domains.is_empty(), "a trap domain: trapline domain add traps.example.org");
    note(sites.is_empty(), "a trap site: trapline site add www.example.org");
    note(config.web.listen.is_none(), "where the web trap listens: `listen` under [web], or serve --web 0.0.0.0:8080");
    note(
        config.smtp.listen.is_none(),
        "where the mail trap listens: `listen` under [smtp], or serve --smtp 0.0.0.0:25",
    );
    note(
        config.smtp.hostname == Config::default().smtp.hostname,
        "the mail trap's name: `hostname` under [smtp], the name that MX records point to",
    );
    let settings = deployment.layout.settings();
    Ok(Checked { settings, sites: sites.len(), domains: domains.len(), static_traps: statics.len(), missing })
}

impl fmt::Display for Checked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} is right.", self.settings.display())?;
        write!(
            f,
            "{} sites, {} trap domains, {} addresses set out by hand.",
            self.sites, self.domains, self.static_traps
        )?;
        for (index, what) in self.missing.iter().enumerate() {
            let head = if index == 0 { "\n\nBefore the traps catch anything, it takes\n" } else { "\n" };
            write!(f, "{head}  - {what}")?;
        }
        Ok(())
    }
}

/// All settings with their defaults.
pub struct Settings;

impl Serialize for Settings {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Config::default().serialize(serializer)
    }
}

impl fmt::Display for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(COMMENTED)
    }
}
