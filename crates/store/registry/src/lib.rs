//! The registry seam: sites, keys' generations, domains, static traps.
//!
//! ```text
//! command line ──▶ add_site, add_domain, … ──▶ SQLite ◀── revision, sites, domains, … ◀── running server
//! ```
//!
//! Both may have it open at once. The server asks for [`Registry::revision`] every now and then and reads the rest
//! again when it has changed. It holds no secrets: keys are derived from the master key and a site's number.
//!
//! Names are checked before they are stored (`names`), so that whatever is read back can be used as it is.

mod error;
mod names;
mod slug;
mod sqlite;

use std::path::Path;

use model::{KeyGeneration, SiteId, Timestamp};
use serde::{Deserialize, Serialize};

pub use error::RegistryError;

use sqlite::Sqlite;

/// A trap site.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Site {
    /// Its number, from 1 up; never given twice.
    pub id: SiteId,
    /// The first part of its paths on any host name: 1 to 64 of `a-z`, `0-9`, `-` and `_`.
    pub slug: String,
    /// The host names that are wholly its own, in lower case, in the order given.
    pub hosts: Vec<String>,
    /// Who owns the addresses, as the legal notice names them.
    pub owner: Option<String>,
    /// The newest key; older ones still open old addresses.
    pub key_generation: KeyGeneration,
    /// When it was added.
    pub created: Timestamp,
}

/// A site to be added.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NewSite {
    /// Host names that are wholly its own.
    pub hosts: Vec<String>,
    /// Its slug; one is made up if there is none.
    pub slug: Option<String>,
    /// Who owns the addresses.
    pub owner: Option<String>,
}

/// A domain at which every address is a trap.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Domain {
    /// Its name in lower case.
    pub name: String,
    /// The operator's note.
    pub note: Option<String>,
    /// When it was added.
    pub created: Timestamp,
}

/// An address that the operator set out by hand.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StaticTrap {
    /// The whole address in lower case.
    pub address: String,
    /// The operator's note: where it was set out.
    pub note: Option<String>,
    /// When it was added.
    pub created: Timestamp,
}

/// The registry. Clones share its connections.
#[derive(Clone, Debug)]
pub struct Registry(Sqlite);

impl Registry {
    /// Opens the registry at `url`, or makes it; brings one of an older version up to date. `sqlite:FILE` is in `base`
    /// unless FILE is absolute.
    ///
    /// # Errors
    /// [`RegistryError::Scheme`] for a backend that there isn't, [`RegistryError::Newer`] for a registry of a later version,
    /// [`RegistryError::Unavailable`] if the file cannot be opened.
    pub async fn open(url: &str, base: &Path) -> Result<Self, RegistryError> {
        let file = url.strip_prefix("sqlite:").ok_or_else(|| RegistryError::Scheme(url.to_owned()))?;
        let file = file.strip_prefix("//").unwrap_or(file);
        if file.is_empty() {
            return Err(RegistryError::Scheme(url.to_owned()));
        }
        Ok(Self(Sqlite::open(&base.join(file)).await?))
    }

    /// A number that differs once anything has changed.
    pub async fn revision(&self) -> Result<i64, RegistryError> {
        self.0.revision().await
    }

    /// Adds a site, at the time `now`.
    ///
    /// # Errors
    /// If a name isn't one or is another site's.
    pub async fn add_site(&self, new: NewSite, now: Timestamp) -> Result<Site, RegistryError> {
        let hosts = new.hosts.iter().map(|host| names::host(host)).collect::<Result<Vec<_>, _>>()?;
        if let Some(slug) = &new.slug {
            names::slug(slug)?;
        }
        self.0.add_site(hosts, new.slug, new.owner, now).await
    }

    /// All sites, by their numbers.
    pub async fn sites(&self) -> Result<Vec<Site>, RegistryError> {
        self.0.sites().await
    }

    /// Has the site's addresses sealed under a new key from now on. Returns the site as it is then.
    ///
    /// # Errors
    /// [`RegistryError::NoSite`]; [`RegistryError::KeysUsedUp`] after 65,535 rotations.
    pub async fn rotate_key(&self, id: SiteId) -> Result<Site, RegistryError> {
        self.0.rotate_key(id).await
    }

    /// Adds a trap domain, at the time `now`.
    ///
    /// # Errors
    /// If the name isn't one or is there already.
    pub async fn add_domain(&self, name: &str, note: Option<&str>, now: Timestamp) -> Result<Domain, RegistryError> {
        let domain = Domain { name: names::domain(name)?, note: note.map(str::to_owned), created: whole(now) };
        self.0.add_domain(domain).await
    }

    /// All trap domains, by name.
    pub async fn domains(&self) -> Result<Vec<Domain>, RegistryError> {
        self.0.domains().await
    }

    /// Adds an address that is set out by hand, at the time `now`.
    ///
    /// # Errors
    /// If it isn't an address, is there already, or isn't at a trap domain.
    pub async fn add_static_trap(
        &self,
        address: &str,
        note: Option<&str>,
        now: Timestamp,
    ) -> Result<StaticTrap, RegistryError> {
        let (address, domain) = names::address(address)?;
        let trap = StaticTrap { address, note: note.map(str::to_owned), created: whole(now) };
        self.0.add_static_trap(trap, domain).await
    }

    /// All addresses that were set out by hand, in alphabetical order.
    pub async fn static_traps(&self) -> Result<Vec<StaticTrap>, RegistryError> {
        self.0.static_traps().await
    }
}

/// Times are stored as whole microseconds; what is returned at once is what will be read back.
fn whole(time: Timestamp) -> Timestamp {
    Timestamp::from_microsecond(time.as_microsecond()).unwrap_or(time)
}
