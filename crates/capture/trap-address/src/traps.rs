//! What a whole recipient is: a trap, and which, or somebody else's address.

use std::collections::HashSet;
use std::fmt;

use model::{Timestamp, Trap};

use crate::glue::Plain;
use crate::local_part::LocalPart;
use crate::opener::Opener;

/// The most octets that an address can have: a path has 256, its angle brackets among them (RFC 5321, section
/// 4.5.3.1.3).
const LONGEST_ADDRESS: usize = 254;

/// Knows every address that is a trap: the trap domains, and the static traps set out by hand.
///
/// ```
/// use model::{SiteId, Trap};
/// use trap_address::{MasterKey, Opener, Recipient, Traps};
///
/// let master = MasterKey::from_bytes([7; 32]);
/// let site = SiteId::new(42).ok_or("no such site")?;
/// let traps = Traps::new(
///     Opener::new(&master, [(site, 0)]),
///     ["trap.example".to_owned()],
///     ["info@old.example".to_owned()],
/// );
///
/// let now = "2008-11-11T21:30:00Z".parse()?;
/// let issued = master.sealer(site, 0).seal(now, "192.0.2.1".parse()?, 0);
/// assert!(matches!(traps.classify(&format!("{issued}@Trap.Example"), now), Recipient::Trap(Trap::Issued(_))));
/// assert_eq!(traps.classify("sales@trap.example", now), Recipient::Trap(Trap::Dictionary));
/// assert_eq!(traps.classify("INFO@old.example", now), Recipient::Trap(Trap::Static("info@old.example".to_owned())));
/// assert_eq!(traps.classify("sales@elsewhere.example", now), Recipient::Foreign);
/// assert_eq!(traps.classify("nobody", now), Recipient::Malformed);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Traps {
    opener: Opener,
    domains: HashSet<String>,
    statics: HashSet<String>,
}

/// What a recipient is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Recipient {
    /// A trap: to be taken in.
    Trap(Trap),
    /// An address at somebody else's domain: to be refused, and recorded as a relay probe.
    Foreign,
    /// Not an address: no domain, or longer than RFC 5321 allows.
    Malformed,
}

impl Traps {
    /// The traps at these domains, and these static ones, whole addresses at any domain. Case doesn't matter in either. A
    /// subdomain of a trap domain is a trap domain only if it is named itself.
    pub fn new(
        opener: Opener,
        domains: impl IntoIterator<Item = String>,
        statics: impl IntoIterator<Item = String>,
    ) -> Self {
        let domains = domains.into_iter().map(|domain| domain.trim_end_matches('.').to_lowercase()).collect();
        let statics = statics.into_iter().map(|address| address.trim_end_matches('.').to_lowercase()).collect();
        Self { opener, domains, statics }
    }

    /// What this recipient is, as a client gave it, with or without angle brackets. `at` is when it was given: an address
    /// issued after that doesn't open.
    ///
    /// What harvesters glue on is undone first, around the whole, around the local part (see [`Opener::open`]) and after
    /// the domain: a dot, a comma, a quote, `%20`, `?subject=…`.
    pub fn classify(&self, recipient: &str, at: Timestamp) -> Recipient {
        self.find(recipient, at).unwrap_or(Recipient::Malformed)
    }

    /// The opener, for a local part without a domain.
    pub fn opener(&self) -> &Opener {
        &self.opener
    }

    fn find(&self, recipient: &str, at: Timestamp) -> Option<Recipient> {
        let recipient = recipient.trim_matches(['<', '>', ' ']);
        if recipient.len() > LONGEST_ADDRESS {
            return None;
        }
        // An `@` that was itself encoded counts only where there is no other: `user%40there@here` is at `here`.
        let decoded;
        let address = if recipient.contains('@') {
            recipient
        } else {
            let plain = Plain::of(recipient)?;
            decoded = String::from_utf8_lossy(plain.as_bytes()).into_owned();
            &decoded
        };
        let (local, domain) = address.rsplit_once('@')?;
        if local.is_empty() || local.len() > LocalPart::MAX || address.contains(char::is_control) {
            return None;
        }
        if domain.starts_with('[') {
            return Some(Recipient::Foreign);
        }
        let domain = bare_domain(domain)?;
        Some(self.classify_parts(local, &domain, at))
    }

    fn classify_parts(&self, local: &str, domain: &str, at: Timestamp) -> Recipient {
        if let Some(address) = self.static_trap(local, domain) {
            return Recipient::Trap(Trap::Static(address));
        }
        if !self.domains.contains(domain) {
            return Recipient::Foreign;
        }
        Recipient::Trap(self.opener.open(local, at).map_or(Trap::Dictionary, Trap::Issued))
    }

    /// The static trap that this is, as it stands or without what is glued on.
    fn static_trap(&self, local: &str, domain: &str) -> Option<String> {
        if self.statics.is_empty() {
            return None;
        }
        let whole = format!("{}@{domain}", local.to_lowercase());
        if self.statics.contains(&whole) {
            return Some(whole);
        }
        let plain = Plain::of(local)?;
        let local = String::from_utf8_lossy(plain.as_bytes());
        let glue = |c: char| !c.is_alphanumeric();
        let local = local.trim_start_matches(glue);
        let local = local.strip_prefix("mailto:").unwrap_or(local).trim_start_matches(glue);
        let local = local.split('+').next().unwrap_or_default().trim_end_matches(glue);
        let bare = format!("{local}@{domain}");
        self.statics.contains(&bare).then_some(bare)
    }
}

/// The domain in lower case, without what is glued on after it; `None` if nothing is left.
fn bare_domain(domain: &str) -> Option<String> {
    let plain = Plain::of(domain)?;
    let domain = String::from_utf8_lossy(plain.as_bytes()).to_lowercase();
    // A domain in UTF-8 (RFC 6531) keeps its letters.
    let end = domain.find(|c: char| !c.is_alphanumeric() && !matches!(c, '.' | '-' | '_')).unwrap_or(domain.len());
    let domain = domain.get(..end).unwrap_or_default().trim_end_matches(['.', '-']);
    (!domain.is_empty()).then(|| domain.to_owned())
}

impl fmt::Debug for Traps {
    /// Without keys, domains and addresses, none of which belong in a log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Traps")
            .field("opener", &self.opener)
            .field("domains", &self.domains.len())
            .field("statics", &self.statics.len())
            .finish()
    }
}
