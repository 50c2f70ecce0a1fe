//! The local part of a trap address, without an allocation.

use std::fmt;
use std::ops::Deref;

/// The local part of a trap address: what stands before the `@`. Lower-case letters, digits and dots.
///
/// At most 40 characters for an IPv4 visitor and 64 for an IPv6 one.
///
/// ```
/// # let site = model::SiteId::new(1).unwrap();
/// # let sealer = trap_address::MasterKey::from_bytes([7; 32]).sealer(site, 0);
/// let local = sealer.seal("2002-07-22T23:37:00Z".parse()?, "192.0.2.1".parse()?, 0);
/// let address = format!("{local}@trap.example");
/// assert!(local.len() <= 40 && address.ends_with("@trap.example"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct LocalPart {
    bytes: [u8; Self::MAX],
    length: u8,
}

impl LocalPart {
    /// The most octets that a local part can have (RFC 5321, section 4.5.3.1.1).
    pub const MAX: usize = 64;

    /// The first `length` of these ASCII characters.
    pub(crate) fn new(bytes: [u8; Self::MAX], length: u8) -> Self {
        Self { bytes, length }
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        let bytes = self.bytes.get(..usize::from(self.length)).unwrap_or_default();
        std::str::from_utf8(bytes).unwrap_or_default()
    }
}

impl Deref for LocalPart {
    type Target = str;

    fn deref(&self) -> &str {
        self.as_str()
    }
}

impl AsRef<str> for LocalPart {
    fn as_ref(&self) -> &str {
        self.as_str()
    }
}

impl fmt::Display for LocalPart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for LocalPart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}
