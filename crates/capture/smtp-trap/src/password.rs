//! What is kept of a password: enough to tell equal ones, nothing to log in with.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// HMAC-SHA-256 under a key of the deployment.
///
/// Guessed passwords are short and common, so a plain digest could be looked up in a table. Without the key, a
/// stored hash says only whether two attempts at this deployment used the same password.
#[derive(Clone)]
pub(crate) struct PasswordHasher(Hmac<Sha256>);

impl PasswordHasher {
    pub(crate) fn new(key: [u8; 32]) -> Self {
        // RFC 2104 section 2: a key shorter than the hash's block is filled up with zeros.
        let mut block = [0; 64];
        block[..key.len()].copy_from_slice(&key);
        Self(Hmac::new(&block.into()))
    }

    pub(crate) fn hash(&self, password: &[u8]) -> [u8; 32] {
        let mut mac = self.0.clone();
        mac.update(password);
        mac.finalize().into_bytes().into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_passwords_can_be_told_at_one_deployment_and_not_across_two() {
        let (here, there) = (PasswordHasher::new([1; 32]), PasswordHasher::new([2; 32]));
        assert_eq!(here.hash(b"123456"), here.hash(b"123456"));
        assert_ne!(here.hash(b"123456"), here.hash(b"1234567"));
        assert_ne!(here.hash(b"123456"), there.hash(b"123456"));
    }
}
