//! Ids that follow from what is imported, so that the same thing twice has the same id.
//!
//! An id is the event's time and 74 bits of a SHA-256 over a word for the kind of thing and the thing itself. Two
//! different things of one millisecond share an id with a probability of 2^-74.

use jiff::Timestamp;
use model::EventId;
use sha2::{Digest, Sha256};

/// The id of a thing of this kind that happened at this time.
pub(crate) fn id(at: Timestamp, kind: &str, parts: &[&[u8]]) -> EventId {
    let mut hash = Sha256::new();
    hash.update(kind.as_bytes());
    for part in parts {
        // The length keeps `ab`, `c` apart from `a`, `bc`.
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    let digest: [u8; 32] = hash.finalize().into();
    let (high, _) = digest.split_first_chunk::<16>().unwrap_or((&[0; 16], &[]));
    EventId::new(at, u128::from_be_bytes(*high))
}

/// A digest of a message that is the same whether its lines end in LF or CRLF and however many empty lines follow
/// it: an mbox, a Maildir and an archive of the same message differ in just that.
pub(crate) fn digest_of_message(content: &[u8]) -> [u8; 32] {
    let end = content.iter().rposition(|byte| !matches!(byte, b'\r' | b'\n')).map_or(0, |last| last + 1);
    let mut hash = Sha256::new();
    for piece in content.get(..end).unwrap_or_default().split(|byte| *byte == b'\r') {
        hash.update(piece);
    }
    hash.finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_thing_has_the_same_id_and_another_has_another() {
        let at = Timestamp::UNIX_EPOCH;
        assert_eq!(id(at, "visit", &[b"ab", b"c"]), id(at, "visit", &[b"ab", b"c"]));
        assert_ne!(id(at, "visit", &[b"ab", b"c"]), id(at, "visit", &[b"a", b"bc"]));
        assert_ne!(id(at, "visit", &[b"ab"]), id(at, "message", &[b"ab"]));
    }

    #[test]
    fn a_message_is_the_same_with_either_line_ending() {
        assert_eq!(digest_of_message(b"A: b\r\n\r\nc\r\n\r\n"), digest_of_message(b"A: b\n\nc\n"));
        assert_ne!(digest_of_message(b"A: b\n\nc\n"), digest_of_message(b"A: b\n\nd\n"));
        assert_eq!(digest_of_message(b""), digest_of_message(b"\n\n"));
    }
}
