//! Why the registry refuses something, and what to do about it.

use std::path::PathBuf;

use model::SiteId;
use thiserror::Error;

/// What a slug is called in [`RegistryError::Taken`].
pub(crate) const SLUG: &str = "the slug";

/// Why something could not be read from the registry or added to it. On an error nothing has changed.
#[derive(Debug, Error)]
pub enum RegistryError {
    /// No backend of this kind.
    #[error("the registry {0:?} can't be opened by this version; give a file: registry = \"sqlite:registry.sqlite\"")]
    Scheme(String),
    /// It was made by a later version.
    #[error("the registry {path} was written by a newer trapline (its format {format} is unknown here); use that version", path = .path.display())]
    Newer {
        /// The file.
        path: PathBuf,
        /// The format's number.
        format: i64,
    },
    /// It is another process's for too long, or its file is unreadable, or its disk full.
    #[error("the registry {path} can't be used: {source}", path = .path.display())]
    Unavailable {
        /// The file.
        path: PathBuf,
        /// What the database says.
        source: sqlx::Error,
    },
    /// A host or domain name that isn't one.
    #[error("{name:?} is no {what}: {why}")]
    Name {
        /// What it should be: a host name, a domain name.
        what: &'static str,
        /// What was given.
        name: String,
        /// What is wrong.
        why: &'static str,
    },
    /// A slug that cannot stand in a path.
    #[error("the slug {0:?} must be 1 to 64 of a-z, 0-9, - and _")]
    Slug(String),
    /// An address that isn't one.
    #[error("{address:?} is no mail address: {why}")]
    Address {
        /// What was given.
        address: String,
        /// What is wrong.
        why: &'static str,
    },
    /// A name that a site has already.
    #[error("{what} {name:?} is site {site}'s already; choose another{flag}, or use that site", flag = if *what == SLUG { " with --slug" } else { "" })]
    Taken {
        /// What kind of name.
        what: &'static str,
        /// The name.
        name: String,
        /// Whose it is.
        site: SiteId,
    },
    /// A domain or address that is there already.
    #[error("{0} is there already; nothing is left to do")]
    Exists(String),
    /// The address's domain is no trap domain.
    #[error(
        "{domain} is no trap domain, so mail to {address} would not be taken; add it first: trapline domain add {domain}"
    )]
    NotTrapDomain {
        /// The address.
        address: String,
        /// Its domain.
        domain: String,
    },
    /// There is no such site.
    #[error("there is no site {0}; `trapline site list` shows the sites")]
    NoSite(SiteId),
    /// All site numbers are given out.
    #[error("all 1048575 numbers of sites are given out; set up another deployment, with a master key of its own")]
    SitesUsedUp,
    /// All of a site's keys are used up.
    #[error("site {0} has had all of its 65536 keys; add a new site in its place")]
    KeysUsedUp(SiteId),
}
