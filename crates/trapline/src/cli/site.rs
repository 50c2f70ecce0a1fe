//! `trapline site`: whose pages carry trap addresses.

use std::fmt;

use clap::{Args, Subcommand};
use listener::Clock;
use registry::NewSite;
use serde::Serialize;

use super::Output;
use super::output::table;
use crate::deployment::{Deployment, find_site};
use crate::failure::Failure;

/// Trap sites.
#[derive(Debug, Subcommand)]
pub enum Site {
    /// Add a site
    Add(Add),
    /// Show all sites
    List,
    /// Print the hidden links for the site's own pages, and its line for robots.txt
    Snippet(Snippet),
    /// Seal the site's addresses under a new key from now on; those given out still open
    RotateKey {
        /// Slug, host name or number
        site: String,
    },
}

/// Add a site.
#[derive(Debug, Args)]
pub struct Add {
    /// A host name whose every path shows trap pages. None: the site is reached by its path alone
    #[arg(value_name = "HOST")]
    hosts: Vec<String>,
    /// What its paths begin with on any other host name. Without it one is made up
    #[arg(long)]
    slug: Option<String>,
    /// Who owns the addresses, as the legal notice names them
    #[arg(long)]
    owner: Option<String>,
}

/// Hidden links.
#[derive(Debug, Args)]
pub struct Snippet {
    /// Slug, host name or number
    site: String,
    /// Where the web trap is reached, instead of `base_url` in the settings
    #[arg(long, value_name = "URL")]
    base_url: Option<String>,
}

impl Site {
    /// Carries it out.
    pub async fn run(self, deployment: Deployment, output: Output) -> Result<(), Failure> {
        let registry = deployment.registry().await?;
        match self {
            Self::Add(add) => {
                let new = NewSite { hosts: add.hosts, slug: add.slug, owner: add.owner };
                let site = registry.add_site(new, Clock::system().now()).await?;
                let no_domain = registry.domains().await?.is_empty();
                output.answer(&Added { site, no_domain })
            }
            Self::List => output.answer(&List { sites: registry.sites().await? }),
            Self::RotateKey { site } => {
                let sites = registry.sites().await?;
                let id = find_site(&sites, &site)?.id;
                output.answer(&Rotated { site: registry.rotate_key(id).await? })
            }
            Self::Snippet(snippet) => {
                let sites = registry.sites().await?;
                let domains: Vec<String> = registry.domains().await?.into_iter().map(|domain| domain.name).collect();
                let site = find_site(&sites, &snippet.site)?;
                output.answer(&snippet.make(&deployment, site, &domains)?)
            }
        }
    }
}

impl Snippet {
    fn make(&self, deployment: &Deployment, site: &registry::Site, domains: &[String]) -> Result<Snippets, Failure> {
        let configured = Some(deployment.config.web.base_url.clone()).filter(|url| !url.is_empty());
        let base = match (self.base_url.clone().or(configured), site.hosts.first()) {
            (Some(url), _) => format!("{}/{}", url.trim_end_matches('/'), site.slug),
            (None, Some(host)) => format!("http://{host}"),
            (None, None) => {
                return Err(Failure::input(format!(
                    "where is the web trap reached? Give --base-url https://www.example.org, or set base_url under [web] in {}",
                    deployment.layout.settings().display()
                )));
            }
        };
        let site = deployment.site(site, domains);
        Ok(Snippets { links: web_trap::snippet(&site, &base), robots: web_trap::robots_rule(&site, &base), url: base })
    }
}

#[derive(Serialize)]
struct Added {
    #[serde(flatten)]
    site: registry::Site,
    #[serde(skip)]
    no_domain: bool,
}

impl fmt::Display for Added {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let site = &self.site;
        writeln!(f, "Site {} is there: on any host name below /{}/", site.id, site.slug)?;
        for host in &site.hosts {
            writeln!(f, "  and everywhere on {host}")?;
        }
        write!(f, "`trapline site snippet {}` prints the links for its pages.", site.slug)?;
        if self.no_domain {
            write!(f, "\nIts pages are served once there is a trap domain: `trapline domain add traps.example.org`.")?;
        }
        Ok(())
    }
}

#[derive(Serialize)]
struct List {
    sites: Vec<registry::Site>,
}

impl fmt::Display for List {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.sites.is_empty() {
            return write!(f, "There is no site yet; add one with `trapline site add www.example.org`.");
        }
        let mut rows = table(&["site", "path", "hosts", "owner", "key", "since"], &[0, 4]);
        for site in &self.sites {
            rows.add_row([
                site.id.to_string(),
                format!("/{}/", site.slug),
                site.hosts.join(" "),
                site.owner.clone().unwrap_or_default(),
                site.key_generation.to_string(),
                site.created.strftime("%F").to_string(),
            ]);
        }
        write!(f, "{rows}")
    }
}

#[derive(Serialize)]
struct Rotated {
    #[serde(flatten)]
    site: registry::Site,
}

impl fmt::Display for Rotated {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "Site {} seals under key {} from now on; addresses sealed under the {} before it still open.",
            self.site.id, self.site.key_generation, self.site.key_generation
        )
    }
}

#[derive(Serialize)]
struct Snippets {
    /// HTML to paste into the site's pages.
    links: String,
    /// A line for the site's robots.txt.
    robots: String,
    /// What the links begin with.
    url: String,
}

impl fmt::Display for Snippets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "Paste these where a page of yours has room, one or all; nobody sees them:\n")?;
        writeln!(f, "{}", self.links.trim_end())?;
        writeln!(
            f,
            "\nIf the links lead to your own host name, add this to its robots.txt; good robots then keep away:\n"
        )?;
        write!(f, "{}", self.robots.trim_end())
    }
}
