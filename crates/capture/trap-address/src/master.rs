//! The deployment's master key, from which every other key comes.

use std::fmt;
use std::sync::Arc;

use hkdf::Hkdf;
use model::{KeyGeneration, SiteId};
use sha2::Sha256;
use zeroize::{Zeroize, Zeroizing};

use crate::cipher::{Key, LabelMask};
use crate::form::{FORM_SECRET_BYTES, Forms};
use crate::sealer::Sealer;

/// Each use of the master key has a label of its own, and what follows it has a fixed length or comes last, so that no
/// two uses can ever derive the same key (RFC 5869, section 3.2).
mod label {
    pub(super) const MASK: &[u8] = b"trapline 1 label mask";
    pub(super) const VISIT: &[u8] = b"trapline 1 visit cipher";
    pub(super) const FORM: &[u8] = b"trapline 1 address form";
    pub(super) const SECRET: &[u8] = b"trapline 1 secret: ";
    pub(super) const SITE_SECRET: &[u8] = b"trapline 1 site secret: ";
}

/// The secret that a deployment's keys come from, by HKDF-SHA-256 (RFC 5869). Wiped from memory when it goes.
///
/// Who has it can make and open every address. Who has one site's [`Sealer`] has only that.
///
/// ```
/// use trap_address::MasterKey;
///
/// let master = MasterKey::from_bytes([7; 32]); // really: 32 bytes from the system's random source
/// assert_eq!(format!("{master:?}"), "MasterKey(..)");
/// ```
#[derive(Clone)]
pub struct MasterKey {
    key: Hkdf<Sha256>,
    mask: Arc<LabelMask>,
}

impl MasterKey {
    /// The master key of these 32 bytes, which must be random and secret. For a new deployment they come from the
    /// system's random source; they are kept in its folder, and lost addresses are all that is left without them.
    pub fn from_bytes(mut bytes: [u8; 32]) -> Self {
        let key = Hkdf::new(None, &bytes);
        bytes.zeroize();
        let mut mask = Zeroizing::new(Key::default());
        expand(&key, &[label::MASK], &mut *mask);
        Self { key, mask: Arc::new(LabelMask::new(&mask)) }
    }

    /// What makes a site's addresses, with the site's key of this generation. Raise the generation when the key may
    /// have been seen by others; addresses of the generations before still open.
    ///
    /// ```
    /// use model::SiteId;
    /// use trap_address::{MasterKey, Opener};
    ///
    /// let master = MasterKey::from_bytes([7; 32]);
    /// let site = SiteId::new(42).ok_or("no such site")?;
    /// let visited = "2008-10-01T06:30:00Z".parse()?;
    /// let old = master.sealer(site, 0).seal(visited, "192.0.2.1".parse()?, 0);
    /// let new = master.sealer(site, 1).seal(visited, "192.0.2.1".parse()?, 0);
    /// assert_ne!(old, new);
    ///
    /// let opener = Opener::new(&master, [(site, 1)]);
    /// assert_eq!(opener.open(&old, visited)?.key_generation, 0);
    /// assert_eq!(opener.open(&new, visited)?.key_generation, 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn sealer(&self, site: SiteId, generation: KeyGeneration) -> Sealer {
        let mut secret = Zeroizing::new([0; FORM_SECRET_BYTES]);
        expand(&self.key, &[label::FORM, &site.get().to_be_bytes()], &mut *secret);
        Sealer::new(site, generation, &self.visit_key(site, generation), self.mask(), Forms::of(&secret))
    }

    /// A secret of the deployment for one purpose, told apart from all others by its name.
    ///
    /// ```
    /// let master = trap_address::MasterKey::from_bytes([7; 32]);
    /// assert_ne!(master.secret("password hash"), master.secret("page"));
    /// ```
    pub fn secret(&self, purpose: &str) -> [u8; 32] {
        let mut secret = [0; 32];
        expand(&self.key, &[label::SECRET, purpose.as_bytes()], &mut secret);
        secret
    }

    /// A secret of one site for one purpose. It says nothing about another site's or purpose's.
    ///
    /// ```
    /// # use model::SiteId;
    /// let master = trap_address::MasterKey::from_bytes([7; 32]);
    /// let (one, two) = (SiteId::new(1).unwrap(), SiteId::new(2).unwrap());
    /// assert_ne!(master.site_secret(one, "page"), master.site_secret(two, "page"));
    /// ```
    pub fn site_secret(&self, site: SiteId, purpose: &str) -> [u8; 32] {
        let mut secret = [0; 32];
        expand(&self.key, &[label::SITE_SECRET, &site.get().to_be_bytes(), purpose.as_bytes()], &mut secret);
        secret
    }

    /// The mask that all sealers share.
    pub(crate) fn mask(&self) -> Arc<LabelMask> {
        Arc::clone(&self.mask)
    }

    /// A site's key of a generation.
    pub(crate) fn visit_key(&self, site: SiteId, generation: KeyGeneration) -> Zeroizing<Key> {
        let mut key = Zeroizing::new(Key::default());
        expand(&self.key, &[label::VISIT, &site.get().to_be_bytes(), &generation.to_be_bytes()], &mut *key);
        key
    }
}

fn expand(key: &Hkdf<Sha256>, info: &[&[u8]], output: &mut [u8]) {
    // HKDF gives up to 255 hashes, 8,160 bytes (RFC 5869, section 2.3); all of ours are far shorter.
    let expanded = key.expand_multi_info(info, output);
    debug_assert!(expanded.is_ok(), "more bytes than HKDF can give");
}

impl fmt::Debug for MasterKey {
    /// Without the key.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MasterKey(..)")
    }
}
