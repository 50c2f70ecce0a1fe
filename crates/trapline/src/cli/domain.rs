//! `trapline domain`: where trap addresses are, and whether mail for them gets here.

use std::fmt;
use std::net::{IpAddr, SocketAddr};

use clap::{Args, Subcommand};
use listener::Clock;
use serde::Serialize;

use super::{Output, mx};
use crate::deployment::Deployment;
use crate::failure::{Failure, Kind};

/// Trap domains.
#[derive(Debug, Subcommand)]
pub enum Domain {
    /// Add a domain whose mail comes here. Nobody may receive wanted mail at it
    Add {
        /// The domain
        domain: String,
        /// Whose it is, or what it is for
        #[arg(long)]
        note: Option<String>,
    },
    /// Show all domains
    List,
    /// Ask the DNS whether mail for a domain gets here
    Check(Check),
}

/// Ask the DNS.
#[derive(Debug, Args)]
pub struct Check {
    /// The domain; all of them if none is named
    domain: Option<String>,
    /// Which server to ask, instead of the system's
    #[arg(long, value_name = "ADDRESS:PORT")]
    resolver: Option<SocketAddr>,
    /// The address that the mail trap is reached at; without it the MX must name `hostname` of the settings
    #[arg(long, value_name = "ADDRESS")]
    address: Vec<IpAddr>,
}

impl Domain {
    /// Carries it out.
    pub async fn run(self, deployment: Deployment, output: Output) -> Result<(), Failure> {
        let registry = deployment.registry().await?;
        match self {
            Self::Add { domain, note } => {
                let domain = registry.add_domain(&domain, note.as_deref(), Clock::system().now()).await?;
                output.answer(&Added { domain, hostname: deployment.config.smtp.hostname })
            }
            Self::List => output.answer(&List { domains: registry.domains().await? }),
            Self::Check(check) => check.run(&deployment, registry.domains().await?, output).await,
        }
    }
}

impl Check {
    async fn run(self, deployment: &Deployment, known: Vec<registry::Domain>, output: Output) -> Result<(), Failure> {
        let names: Vec<String> = match &self.domain {
            Some(name) => {
                let registered = known.iter().find(|domain| domain.name.eq_ignore_ascii_case(name));
                vec![registered.map(|domain| domain.name.clone()).ok_or_else(|| {
                    Failure::not_found(format!("{name} is no trap domain; add it with `trapline domain add {name}`"))
                })?]
            }
            None => known.into_iter().map(|domain| domain.name).collect(),
        };
        if names.is_empty() {
            return Err(Failure::not_found(
                "there is no trap domain yet; add one with `trapline domain add traps.example.org`",
            ));
        }
        let expected = mx::Expected { hostname: deployment.config.smtp.hostname.clone(), addresses: self.address };
        let resolver = mx::resolver(self.resolver)?;
        let mut domains = Vec::with_capacity(names.len());
        for name in names {
            domains.push(mx::check(&resolver, &name, &expected).await);
        }
        let checked = Checked { domains };
        output.answer(&checked)?;
        match checked.domains.iter().filter(|domain| !domain.reaches_us).count() {
            0 => Ok(()),
            count => {
                Err(Failure::new(Kind::Config, format!("{count} of {} domains don't get here", checked.domains.len())))
            }
        }
    }
}

#[derive(Serialize)]
struct Added {
    #[serde(flatten)]
    domain: registry::Domain,
    hostname: String,
}

impl fmt::Display for Added {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = &self.domain.name;
        writeln!(f, "{name} is a trap domain from now on: mail to any address at it is a trap hit.")?;
        writeln!(f, "In its DNS zone:  {name}. MX 10 {}.", self.hostname)?;
        write!(f, "`trapline domain check {name}` asks the DNS whether it is so.")
    }
}

#[derive(Serialize)]
struct List {
    domains: Vec<registry::Domain>,
}

impl fmt::Display for List {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.domains.is_empty() {
            return write!(f, "There is no trap domain yet; add one with `trapline domain add traps.example.org`.");
        }
        for (index, domain) in self.domains.iter().enumerate() {
            let gap = if index == 0 { "" } else { "\n" };
            write!(f, "{gap}{}  {}", domain.name, domain.note.as_deref().unwrap_or_default())?;
        }
        Ok(())
    }
}

#[derive(Serialize)]
struct Checked {
    domains: Vec<mx::Verdict>,
}

impl fmt::Display for Checked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, verdict) in self.domains.iter().enumerate() {
            let gap = if index == 0 { "" } else { "\n" };
            write!(f, "{gap}{verdict}")?;
        }
        Ok(())
    }
}
