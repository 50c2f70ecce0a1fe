//! Whether two states are the same.

use sha2::{Digest, Sha256};

use crate::keys::POSITION_KEY;
use crate::{State, StateError};

impl State {
    /// The SHA-256 of everything in the state but its position: equal for two states exactly if the same events are
    /// in them, however they came in.
    ///
    /// # Errors
    /// [`StateError`] if the store can't be read.
    pub fn digest(&self) -> Result<[u8; 32], StateError> {
        let mut sha = Sha256::new();
        let _writer = self.writer.lock();
        for guard in self.keyspace.iter() {
            let (key, value) = guard.into_inner().map_err(|error| self.failed(error))?;
            if *key == *POSITION_KEY {
                continue;
            }
            for part in [&key, &value] {
                sha.update((part.len() as u64).to_le_bytes());
                sha.update(part);
            }
        }
        Ok(sha.finalize().into())
    }
}
