//! `trapline.toml`: every setting, its default, and what is wrong with a file that has a mistake.
//!
//! The commented file that `trapline init` writes is [`COMMENTED`]; a test holds it equal to the defaults here, so
//! that it is the reference too.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use anyhow::Result;
use ipnet::IpNet;
use serde::{Deserialize, Serialize};

use crate::failure::{Failure, Kind};

/// The file as `trapline init` writes it: all defaults, each said.
pub const COMMENTED: &str = include_str!("trapline.toml");

/// The name of the file in the deployment's directory.
pub const FILE_NAME: &str = "trapline.toml";

/// All settings.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    pub trusted_proxies: Vec<IpNet>,
    pub store: Store,
    pub web: Web,
    pub smtp: Smtp,
    pub lmtp: Lmtp,
    pub admin: Admin,
    pub lake: Lake,
    pub state: State,
    pub attribution: AttributionRanges,
}

/// Where the four seams keep what they keep.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Store {
    pub journal: String,
    pub lake: String,
    pub query: String,
    pub registry: String,
}

/// The web trap.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Web {
    pub listen: Option<SocketAddr>,
    pub base_url: String,
    pub max_connections: usize,
    pub max_connections_per_address: usize,
}

/// The mail trap's SMTP side, and what it shares with LMTP.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Smtp {
    pub listen: Option<SocketAddr>,
    pub hostname: String,
    pub starttls: bool,
    pub certificate: Option<PathBuf>,
    pub private_key: Option<PathBuf>,
    pub max_message_bytes: usize,
    pub max_recipients: usize,
    pub max_line_bytes: usize,
    pub max_session_seconds: u64,
    pub max_idle_seconds: u64,
    pub max_sessions: usize,
    pub max_sessions_per_address: usize,
    pub max_memory_bytes: usize,
    pub transcript_bytes: usize,
}

/// The mail trap's LMTP side, for a deployment with an MTA in front.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Lmtp {
    pub listen: Option<SocketAddr>,
    pub socket: Option<PathBuf>,
}

/// Health and metrics.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Admin {
    pub listen: Option<SocketAddr>,
}

/// When facts go from the journal to the lake, and how long they stay there.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Lake {
    pub flush_seconds: u64,
    pub flush_rows: usize,
    pub flush_bytes: usize,
    pub keep_days: Retention,
}

/// Days that each table's facts are kept; 0 is for ever.
#[derive(Clone, Copy, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Retention {
    pub visits: u32,
    pub posts: u32,
    pub sessions: u32,
    pub deliveries: u32,
    pub messages: u32,
    pub probes: u32,
}

/// When the state is written to disk.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct State {
    pub checkpoint_seconds: u64,
}

/// Ranges that weaken an attribution, by name.
#[cfg(feature = "full")]
pub type AttributionRanges = attribution::Ranges;
/// An edge judges nothing, so it leaves these to those that do.
#[cfg(not(feature = "full"))]
pub type AttributionRanges = toml::Table;

impl Default for Store {
    fn default() -> Self {
        Self {
            journal: "file:journal".to_owned(),
            lake: "file:lake".to_owned(),
            query: "local".to_owned(),
            registry: "sqlite:registry.sqlite".to_owned(),
        }
    }
}

impl Default for Web {
    fn default() -> Self {
        Self { listen: None, base_url: String::new(), max_connections: 20_000, max_connections_per_address: 500 }
    }
}

impl Default for Smtp {
    fn default() -> Self {
        Self {
            listen: None,
            hostname: "localhost.localdomain".to_owned(),
            starttls: true,
            certificate: None,
            private_key: None,
            max_message_bytes: 10 * 1024 * 1024,
            max_recipients: 100,
            max_line_bytes: 4_096,
            max_session_seconds: 600,
            max_idle_seconds: 120,
            max_sessions: 10_000,
            max_sessions_per_address: 500,
            max_memory_bytes: 256 * 1024 * 1024,
            transcript_bytes: 16 * 1024,
        }
    }
}

impl Default for Lake {
    fn default() -> Self {
        Self { flush_seconds: 60, flush_rows: 200_000, flush_bytes: 32 * 1024 * 1024, keep_days: Retention::default() }
    }
}

impl Default for State {
    fn default() -> Self {
        Self { checkpoint_seconds: 60 }
    }
}

impl Config {
    /// The settings in the deployment's directory. A mistake names file, line and mend.
    pub fn load(dir: &Path) -> Result<Self, Failure> {
        let path = dir.join(FILE_NAME);
        let text = std::fs::read_to_string(&path).map_err(|error| {
            Failure::new(
                Kind::Config,
                format!(
                    "{}: {error}. Make a deployment with `trapline --dir {} init`, or name another directory with --dir",
                    path.display(),
                    dir.display()
                ),
            )
        })?;
        Self::parse(&text, &path)
    }

    /// The settings in `text`, which stands in the file `path`.
    pub fn parse(text: &str, path: &Path) -> Result<Self, Failure> {
        let config: Self = toml::from_str(text).map_err(|error| {
            let line =
                error.span().map_or(1, |span| text.bytes().take(span.start).filter(|byte| *byte == b'\n').count() + 1);
            let mend = mend(error.message());
            Failure::new(Kind::Config, format!("{}:{line}: {}{mend}", path.display(), error.message()))
        })?;
        config.validate().map_err(|(setting, mend)| {
            let line = line_of(text, setting);
            Failure::new(Kind::Config, format!("{}:{line}: {setting}: {mend}", path.display()))
        })?;
        Ok(config)
    }

    /// What types can't say. The error is the setting and the mend.
    fn validate(&self) -> Result<(), (&'static str, String)> {
        let must = |holds: bool, setting, mend: &str| if holds { Ok(()) } else { Err((setting, mend.to_owned())) };
        must(!self.smtp.hostname.is_empty(), "hostname", "give the name that the mail trap greets with")?;
        must(self.smtp.max_message_bytes >= 65_536, "max_message_bytes", "give at least 65536 (RFC 5321, 4.5.3.1.7)")?;
        must(self.smtp.max_recipients >= 100, "max_recipients", "give at least 100 (RFC 5321, 4.5.3.1.8)")?;
        must(self.smtp.max_line_bytes >= 512, "max_line_bytes", "give at least 512 (RFC 5321, 4.5.3.1.4)")?;
        must(self.smtp.max_sessions >= 1, "max_sessions", "give at least 1")?;
        must(self.lake.flush_rows >= 1, "flush_rows", "give at least 1")?;
        must(
            self.smtp.certificate.is_some() == self.smtp.private_key.is_some(),
            if self.smtp.certificate.is_some() { "certificate" } else { "private_key" },
            "give both `certificate` and `private_key`, or neither for a self-made certificate",
        )?;
        must(
            self.web.base_url.is_empty()
                || self.web.base_url.starts_with("http://")
                || self.web.base_url.starts_with("https://"),
            "base_url",
            "give a URL that begins with http:// or https://, such as \"https://www.example.org\"",
        )?;
        must(
            self.store.query == "local",
            "query",
            "this build has only \"local\"; \"df://…\" comes with the clustered query engine",
        )
    }
}

/// The line of `text` that sets `setting`, 1 if none does.
fn line_of(text: &str, setting: &str) -> usize {
    let sets =
        |line: &str| line.trim_start().strip_prefix(setting).is_some_and(|rest| rest.trim_start().starts_with('='));
    text.lines().position(sets).map_or(1, |index| index + 1)
}

/// What to do about a message of the TOML reader.
fn mend(message: &str) -> &'static str {
    if message.contains("unknown field") {
        ". Is it misspelt, or under the wrong [heading]? `trapline config` prints all settings"
    } else if message.contains("invalid socket address") || message.contains("socket address") {
        ". Give an address and a port, such as \"0.0.0.0:25\" or \"[::]:25\""
    } else if message.contains("invalid IP") || message.contains("IpNet") || message.contains("CIDR") {
        ". Give a range such as \"192.0.2.0/24\""
    } else {
        ""
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_commented_file_says_the_defaults() {
        let uncommented: String =
            COMMENTED.lines().map(|line| line.strip_prefix("#: ").unwrap_or(line).to_owned() + "\n").collect();
        let path = Path::new("trapline.toml");
        assert_eq!(Config::parse(COMMENTED, path).unwrap(), Config::default());
        let all = Config::parse(&uncommented, path).unwrap();
        let without_examples = Config {
            trusted_proxies: Vec::new(),
            web: Web { listen: None, base_url: String::new(), ..all.web.clone() },
            smtp: Smtp { listen: None, certificate: None, private_key: None, ..all.smtp.clone() },
            lmtp: Lmtp::default(),
            admin: Admin::default(),
            attribution: AttributionRanges::default(),
            ..all
        };
        assert_eq!(without_examples, Config::default());
    }

    #[test]
    fn a_mistake_names_file_line_and_mend() {
        let path = Path::new("trapline.toml");
        let said = |text: &str| Config::parse(text, path).unwrap_err().to_string();
        let misspelt = said("[smtp]\nstarttls = true\nhostnam = \"mx.example\"\n");
        assert!(misspelt.starts_with("trapline.toml:3: unknown field `hostnam`"), "{misspelt}");
        assert!(misspelt.contains("misspelt"), "{misspelt}");
        let address = said("[smtp]\n\nlisten = \"25\"\n");
        assert!(address.starts_with("trapline.toml:3:") && address.contains("0.0.0.0:25"), "{address}");
        let limit = said("[smtp]\nmax_recipients = 3\n");
        assert_eq!(limit, "trapline.toml:2: max_recipients: give at least 100 (RFC 5321, 4.5.3.1.8)");
    }
}
