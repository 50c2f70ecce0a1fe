//! The sites that are served, and which of them a request is for.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use model::SiteId;
use trap_address::Sealer;

/// One trap site.
#[derive(Clone)]
pub struct Site {
    /// Its number, which its addresses seal.
    pub id: SiteId,
    /// The first part of its paths on any host name: 1 to 64 of `a-z`, `0-9`, `-` and `_`.
    pub slug: String,
    /// The host names that are wholly its own, without a port.
    pub hosts: Vec<String>,
    /// The domains of its addresses; at least one. Any of them can be of another site as well.
    pub domains: Vec<String>,
    /// Who owns the addresses, as the legal notice names them; "the owner of this site" and the like if none.
    pub owner: Option<String>,
    /// Secret. With the site's number it decides everything about the site's pages.
    pub seed: [u8; 32],
    /// Seals the visits into addresses: the site's newest key.
    pub sealer: Sealer,
}

impl fmt::Debug for Site {
    /// Without the secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Site")
            .field("id", &self.id)
            .field("slug", &self.slug)
            .field("hosts", &self.hosts)
            .field("domains", &self.domains)
            .field("owner", &self.owner)
            .finish_non_exhaustive()
    }
}

/// Why sites cannot be served.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SiteError {
    /// No domain to make addresses at.
    #[error("site {0} has no domain for its addresses; add one with `trapline domain add`")]
    NoDomain(SiteId),
    /// A slug that cannot stand in a path.
    #[error("site {site}: the slug {slug:?} must be 1 to 64 of a-z, 0-9, - and _")]
    Slug {
        /// The site.
        site: SiteId,
        /// Its slug.
        slug: String,
    },
    /// A host or domain name that isn't one.
    #[error("site {site}: {name:?} is not a host name; it must be letters, digits, hyphens and dots")]
    Name {
        /// The site.
        site: SiteId,
        /// The name.
        name: String,
    },
    /// Two sites under one slug or host name.
    #[error("sites {0} and {1} are both reached by {2:?}; give one of them another")]
    Twice(SiteId, SiteId, String),
}

/// All sites that are served: a snapshot that is replaced as a whole.
#[derive(Clone, Debug, Default)]
pub struct Sites {
    by_slug: HashMap<Box<str>, Arc<Site>>,
    by_host: HashMap<Box<str>, Arc<Site>>,
}

/// The site that a request is for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Found<'a> {
    pub(crate) site: &'a Arc<Site>,
    /// What stands before the site's own paths: empty by host name, `/slug` by path.
    pub(crate) base: &'a str,
    /// The path within the site.
    pub(crate) path: &'a str,
}

impl Sites {
    /// A snapshot of these sites.
    ///
    /// # Errors
    /// [`SiteError`] if one of them cannot be served, or two are reached by the same name.
    pub fn new(sites: impl IntoIterator<Item = Site>) -> Result<Self, SiteError> {
        let mut all = Self::default();
        for site in sites {
            check(&site)?;
            let site = Arc::new(site);
            enter(&mut all.by_slug, &site.slug, &site)?;
            for host in &site.hosts {
                enter(&mut all.by_host, &host.to_ascii_lowercase(), &site)?;
            }
        }
        Ok(all)
    }

    /// How many sites there are.
    pub fn len(&self) -> usize {
        self.by_slug.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.by_slug.is_empty()
    }

    /// The site that a request to this host for this path is for. A slug counts on every host name, so it goes first.
    pub(crate) fn find<'a>(&'a self, host: &str, path: &'a str) -> Option<Found<'a>> {
        let slug = path.strip_prefix('/')?.split('/').next().unwrap_or_default();
        if let Some(site) = self.by_slug.get(slug) {
            let (base, path) = path.split_at(1 + slug.len());
            return Some(Found { site, base, path });
        }
        let host = host_name(host);
        let site = match self.by_host.get(host) {
            Some(site) => site,
            None if host.bytes().any(|byte| byte.is_ascii_uppercase()) => {
                self.by_host.get(host.to_ascii_lowercase().as_str())?
            }
            None => return None,
        };
        Some(Found { site, base: "", path })
    }
}

/// A `Host` header without its port and without the dot that a fully qualified name may end in.
fn host_name(host: &str) -> &str {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    };
    name.strip_suffix('.').unwrap_or(name)
}

fn check(site: &Site) -> Result<(), SiteError> {
    let slug_byte = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-' || byte == b'_';
    if !(1..=64).contains(&site.slug.len()) || !site.slug.bytes().all(slug_byte) {
        return Err(SiteError::Slug { site: site.id, slug: site.slug.clone() });
    }
    if site.domains.is_empty() {
        return Err(SiteError::NoDomain(site.id));
    }
    let name_byte = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'.';
    let is_no_name = |name: &&String| !(1..=253).contains(&name.len()) || !name.bytes().all(name_byte);
    match site.hosts.iter().chain(&site.domains).find(is_no_name) {
        Some(name) => Err(SiteError::Name { site: site.id, name: name.clone() }),
        None => Ok(()),
    }
}

fn enter(table: &mut HashMap<Box<str>, Arc<Site>>, name: &str, site: &Arc<Site>) -> Result<(), SiteError> {
    match table.insert(name.into(), Arc::clone(site)) {
        Some(other) => Err(SiteError::Twice(other.id, site.id, name.to_owned())),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::page::tests::site;

    fn found(host: &str, path: &str) -> Option<(u32, String, String)> {
        let sites = Sites::new([site(1), site(2)]).unwrap();
        let found = sites.find(host, path)?;
        Some((found.site.id.get(), found.base.to_owned(), found.path.to_owned()))
    }

    fn at(site: u32, base: &str, path: &str) -> Option<(u32, String, String)> {
        Some((site, base.to_owned(), path.to_owned()))
    }

    #[test]
    fn a_site_answers_on_its_host_name_however_it_is_written() {
        for host in ["www1.example", "WWW1.Example", "www1.example:8080", "www1.example.", "www1.example.:80"] {
            assert_eq!(found(host, "/any/page"), at(1, "", "/any/page"), "{host}");
        }
    }

    #[test]
    fn a_site_answers_by_path_on_any_host_name() {
        assert_eq!(found("other.test", "/slug2/x/y"), at(2, "/slug2", "/x/y"));
        assert_eq!(found("www1.example", "/slug2"), at(2, "/slug2", ""));
        assert_eq!(found("", "/slug2/"), at(2, "/slug2", "/"));
    }

    #[test]
    fn nothing_else_is_any_site() {
        assert_eq!(found("other.test", "/"), None);
        assert_eq!(found("other.test", "/slug22/"), None);
        assert_eq!(found("other.test", "*"), None);
    }

    #[test]
    fn a_site_that_cannot_be_served_is_named() {
        let no_domain = Site { domains: vec![], ..site(1) };
        assert_eq!(Sites::new([no_domain]).unwrap_err(), SiteError::NoDomain(site(1).id));
        let spaced = Site { slug: "a b".into(), ..site(1) };
        assert!(matches!(Sites::new([spaced]).unwrap_err(), SiteError::Slug { .. }));
        let marked_up = Site { domains: vec!["<b>.example".into()], ..site(1) };
        assert!(matches!(Sites::new([marked_up]).unwrap_err(), SiteError::Name { .. }));
        let twin = Site { hosts: vec!["WWW1.example".into()], ..site(2) };
        assert!(matches!(Sites::new([site(1), twin]).unwrap_err(), SiteError::Twice(..)));
    }

    #[test]
    fn the_seed_is_not_printed() {
        let secret = Site { seed: [0xAB; 32], ..site(1) };
        assert!(!format!("{secret:?}").contains("171"));
    }
}
