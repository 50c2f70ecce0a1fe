//! Makes a site's trap addresses.

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

use model::{KeyGeneration, SiteId, Timestamp, VisitorNet};

use crate::cipher::{Key, LabelMask, VisitCipher};
use crate::form::Forms;
use crate::local_part::LocalPart;
use crate::payload::{self, Family, Payload};

/// Makes the addresses of one site with its key of one generation; comes from [`MasterKey::sealer`](crate::MasterKey::sealer).
///
/// Cheap to clone. Its key is wiped from memory when the last clone goes. A stolen one forges visits of this site and
/// generation and of no other.
#[derive(Clone)]
pub struct Sealer(Arc<Inner>);

struct Inner {
    site: SiteId,
    generation: KeyGeneration,
    cipher: VisitCipher,
    mask: Arc<LabelMask>,
    forms: Forms,
}

impl Sealer {
    pub(crate) fn new(site: SiteId, generation: KeyGeneration, key: &Key, mask: Arc<LabelMask>, forms: Forms) -> Self {
        Self(Arc::new(Inner { site, generation, cipher: VisitCipher::new(key), mask, forms }))
    }

    /// The local part that proves this visit.
    ///
    /// `at` counts to the second; outside 2000 to 2136 it is brought to the nearest end. An IPv6 visitor is sealed as
    /// its /64, an IPv4 one mapped into IPv6 as IPv4. `nonce` tells addresses apart that go to one visitor in one second:
    /// take the next number for each, so that 65,536 a second are all different.
    ///
    /// ```
    /// # use model::SiteId;
    /// # use trap_address::MasterKey;
    /// let sealer = MasterKey::from_bytes([7; 32]).sealer(SiteId::new(42).unwrap(), 0);
    /// let at = "2008-10-01T06:30:00Z".parse()?;
    /// let v4 = sealer.seal(at, "198.51.100.7".parse()?, 0);
    /// let v6 = sealer.seal(at, "2001:db8::7".parse()?, 0);
    /// assert!(v4.len() <= 40 && v6.len() <= 64);
    /// assert_ne!(v4, sealer.seal(at, "198.51.100.7".parse()?, 1));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn seal(&self, at: Timestamp, visitor: IpAddr, nonce: u16) -> LocalPart {
        let visitor = VisitorNet::of(visitor);
        self.seal_as(self.0.site, &Payload::new(at, visitor, nonce))
    }

    /// With another site's number only to try what a thief could.
    pub(crate) fn seal_as(&self, site: SiteId, payload: &Payload) -> LocalPart {
        let sealed = payload::seal(&self.0.mask, &self.0.cipher, (site, self.0.generation), payload);
        self.0.forms.get(Family::of(payload.visitor)).spell(sealed)
    }

    /// The site whose addresses it makes.
    pub fn site(&self) -> SiteId {
        self.0.site
    }

    /// The generation of its key.
    pub fn key_generation(&self) -> KeyGeneration {
        self.0.generation
    }
}

impl fmt::Debug for Sealer {
    /// Without the key and the form.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sealer")
            .field("site", &self.0.site)
            .field("key_generation", &self.0.generation)
            .finish_non_exhaustive()
    }
}
