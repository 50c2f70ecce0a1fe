//! `trapline address`: what an address says, and traps set out by hand.

use std::fmt;

use clap::Subcommand;
use listener::Clock;
use model::{SealedVisit, Trap};
use serde::Serialize;
use trap_address::Recipient;

use super::Output;
use crate::deployment::Deployment;
use crate::failure::Failure;

/// Trap addresses.
#[derive(Debug, Subcommand)]
pub enum Address {
    /// Say who was given an address, where and when. Its domain may be left out
    Open {
        /// The address as it was found, manglings and all
        address: String,
    },
    /// Set out an address by hand: mail to it is a trap hit that names no visitor
    Add {
        /// The whole address, at a trap domain
        address: String,
        /// Where it was set out
        #[arg(long)]
        note: Option<String>,
    },
    /// Show the addresses set out by hand
    List,
}

impl Address {
    /// Carries it out.
    pub async fn run(self, deployment: Deployment, output: Output) -> Result<(), Failure> {
        let registry = deployment.registry().await?;
        match self {
            Self::Add { address, note } => {
                let trap = registry.add_static_trap(&address, note.as_deref(), Clock::system().now()).await?;
                output.answer(&Added { trap })
            }
            Self::List => output.answer(&List { traps: registry.static_traps().await? }),
            Self::Open { address } => {
                let traps = deployment.traps(&registry).await?;
                let domains = registry.domains().await?;
                let whole = match domains.first() {
                    Some(domain) if !address.contains('@') => format!("{address}@{}", domain.name),
                    _ => address.clone(),
                };
                let sites = registry.sites().await?;
                let slug =
                    |visit: &SealedVisit| sites.iter().find(|site| site.id == visit.site).map(|site| site.slug.clone());
                match traps.classify(&whole, Clock::system().now()) {
                    Recipient::Trap(Trap::Issued(visit)) => {
                        output.answer(&Opened { slug: slug(&visit), visit, address })
                    }
                    Recipient::Trap(Trap::Static(trap)) => {
                        Err(Failure::not_found(format!("{trap} was set out by hand: it names no visitor")))
                    }
                    Recipient::Trap(Trap::Dictionary) => Err(Failure::not_found(format!(
                        "{address} doesn't open under any key of this deployment: it was guessed, or its site is of another deployment"
                    ))),
                    Recipient::Foreign => Err(Failure::not_found(format!(
                        "{address} is at no trap domain; `trapline domain list` shows them"
                    ))),
                    Recipient::Malformed => Err(Failure::input(format!("{address:?} is not an e-mail address"))),
                }
            }
        }
    }
}

#[derive(Serialize)]
struct Opened {
    address: String,
    slug: Option<String>,
    #[serde(flatten)]
    visit: SealedVisit,
}

impl fmt::Display for Opened {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let visit = &self.visit;
        let slug = self.slug.as_deref().unwrap_or_default();
        writeln!(f, "visitor  {}", visit.visitor)?;
        writeln!(f, "time     {}", visit.at)?;
        writeln!(f, "site     {} /{slug}/", visit.site)?;
        write!(f, "key      {}", visit.key_generation)
    }
}

#[derive(Serialize)]
struct Added {
    #[serde(flatten)]
    trap: registry::StaticTrap,
}

impl fmt::Display for Added {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} is a trap from now on.", self.trap.address)
    }
}

#[derive(Serialize)]
struct List {
    traps: Vec<registry::StaticTrap>,
}

impl fmt::Display for List {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.traps.is_empty() {
            return write!(f, "No address is set out by hand; `trapline address add info@traps.example.org` does it.");
        }
        for (index, trap) in self.traps.iter().enumerate() {
            let gap = if index == 0 { "" } else { "\n" };
            write!(f, "{gap}{}  {}", trap.address, trap.note.as_deref().unwrap_or_default())?;
        }
        Ok(())
    }
}
