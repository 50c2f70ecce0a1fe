//! The frame around each entry on disk: it says where the entry stands and proves that its bytes are those written.
//!
//! ```text
//!  0  magic, 7 bytes          8  position, u64             24  XXH3-64 of the payload
//!  7  kind                   16  payload's length, u32     32  XXH3-64 of bytes 0..32
//!                            20  following, u32            40  payload
//! ```
//!
//! Numbers are big-endian. *Following* counts the entries of the same append that come after this one, so that a
//! torn append can be told from a whole one. Since a frame describes itself, intact entries can be found in the raw
//! bytes of any damaged file, whatever its format: that is what [`find`] does, and why nothing here is compressed.

use xxhash_rust::xxh3::xxh3_64;

/// What every frame begins with. The first byte is no UTF-8, so that text cannot be taken for it.
const MAGIC: &[u8; 7] = b"\xF5trpjrn";

/// Bytes before the payload.
pub(crate) const HEADER: usize = 40;

/// The longest payload that a frame is believed to have, when raw bytes are searched: 1 GiB.
const LONGEST_PAYLOAD: usize = 1 << 30;

/// What a frame holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// An event.
    Event = 1,
    /// An event that `append_new` brought, whose id is remembered.
    Imported = 2,
    /// A consumer's position; the payload is its name.
    Consumer = 3,
    /// The position up to which entries were dropped; no payload.
    Dropped = 4,
}

impl Kind {
    fn from_byte(byte: u8) -> Option<Self> {
        [Self::Event, Self::Imported, Self::Consumer, Self::Dropped].into_iter().find(|kind| *kind as u8 == byte)
    }

    /// Whether it is an entry of the journal.
    pub(crate) fn is_entry(self) -> bool {
        matches!(self, Self::Event | Self::Imported)
    }
}

/// A frame whose checksums agree.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Frame<'a> {
    pub(crate) kind: Kind,
    pub(crate) position: u64,
    pub(crate) following: u32,
    pub(crate) payload: &'a [u8],
    /// Header and payload.
    pub(crate) bytes: &'a [u8],
}

/// A frame whose place isn't known yet. [`place`] makes it whole.
pub(crate) fn draft(kind: Kind, following: u32, payload: &[u8]) -> Vec<u8> {
    let mut frame = Vec::with_capacity(HEADER + payload.len());
    frame.extend_from_slice(MAGIC);
    frame.push(kind as u8);
    frame.extend_from_slice(&[0; 8]);
    frame.extend_from_slice(&u32::try_from(payload.len()).unwrap_or(u32::MAX).to_be_bytes());
    frame.extend_from_slice(&following.to_be_bytes());
    frame.extend_from_slice(&xxh3_64(payload).to_be_bytes());
    frame.extend_from_slice(&[0; 8]);
    frame.extend_from_slice(payload);
    frame
}

/// Gives a draft its position. Cheap, whatever the payload's length: its checksum is there already.
pub(crate) fn place(frame: &mut [u8], position: u64) {
    if frame.len() < HEADER {
        return;
    }
    frame[8..16].copy_from_slice(&position.to_be_bytes());
    let sum = xxh3_64(&frame[..32]);
    frame[32..HEADER].copy_from_slice(&sum.to_be_bytes());
}

/// A whole frame at once.
pub(crate) fn whole(kind: Kind, position: u64, payload: &[u8]) -> Vec<u8> {
    let mut frame = draft(kind, 0, payload);
    place(&mut frame, position);
    frame
}

/// The frame that these bytes begin with, if it is intact.
pub(crate) fn parse(bytes: &[u8]) -> Result<Frame<'_>, &'static str> {
    let header = bytes.first_chunk::<HEADER>().ok_or("it is shorter than a frame's header")?;
    if !header.starts_with(MAGIC) {
        return Err("it does not begin as a frame does");
    }
    let number = |at: usize| header[at..at + 8].iter().fold(0u64, |n, byte| n << 8 | u64::from(*byte));
    if xxh3_64(&header[..32]) != number(32) {
        return Err("its header's checksum does not match");
    }
    let kind = Kind::from_byte(header[7]).ok_or("it is of an unknown kind; a newer version may have written it")?;
    let lengths = number(16);
    let length = (lengths >> 32) as usize;
    let whole = HEADER.checked_add(length).filter(|_| length <= LONGEST_PAYLOAD);
    let bytes = whole.and_then(|whole| bytes.get(..whole)).ok_or("it is cut short")?;
    let payload = &bytes[HEADER..];
    if xxh3_64(payload) != number(24) {
        return Err("its checksum does not match");
    }
    Ok(Frame { kind, position: number(8), following: lengths as u32, payload, bytes })
}

/// All intact frames in these bytes, whatever is between them.
pub(crate) fn find(bytes: &[u8]) -> impl Iterator<Item = Frame<'_>> {
    let mut rest = bytes;
    std::iter::from_fn(move || {
        loop {
            let start = memchr::memmem::find(rest, MAGIC)?;
            let candidate = rest.get(start..)?;
            match parse(candidate) {
                Ok(frame) => {
                    rest = candidate.get(frame.bytes.len()..).unwrap_or_default();
                    return Some(frame);
                }
                Err(_) => rest = candidate.get(1..).unwrap_or_default(),
            }
        }
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_frame_says_what_was_put_in() {
        let mut bytes = draft(Kind::Imported, 3, b"payload");
        place(&mut bytes, 77);
        let frame = parse(&bytes).unwrap();
        assert_eq!((frame.kind, frame.position, frame.following), (Kind::Imported, 77, 3));
        assert_eq!(frame.payload, b"payload");
    }

    proptest! {
        #[test]
        fn a_flipped_bit_is_always_noticed(payload in proptest::collection::vec(any::<u8>(), 0..200), bit in any::<prop::sample::Index>()) {
            let mut bytes = whole(Kind::Event, 5, &payload);
            let bit = bit.index(bytes.len() * 8);
            bytes[bit / 8] ^= 1 << (bit % 8);
            prop_assert!(parse(&bytes).is_err());
        }

        #[test]
        fn intact_frames_are_found_among_anything(
            noise in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..50), 3),
            payload in proptest::collection::vec(any::<u8>(), 0..100),
        ) {
            let mut bytes = Vec::new();
            for (position, noise) in noise.iter().enumerate() {
                bytes.extend_from_slice(noise);
                bytes.extend(whole(Kind::Event, position as u64, &payload));
            }
            bytes.extend_from_slice(&whole(Kind::Event, 9, &payload)[..20]);
            let found: Vec<u64> = find(&bytes).map(|frame| frame.position).collect();
            prop_assert_eq!(found, vec![0, 1, 2]);
        }
    }
}
