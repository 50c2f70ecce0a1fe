//! What harvesters and mailers do to an address on its way, undone.
//!
//! A harvester takes addresses out of pages with a regular expression, often a bad one. So an address comes back with
//! `mailto:` or a quote before it, with `%20` or `\u003e` around it, in capitals, with a `+tag`, or with what is left of
//! such an escape when the expression dropped the sign that began it: `20`, `3d`, `u003e`. Forwarders wrap it whole, as
//! in `SRS0=hash=day=domain=local`. None of this can look like the address itself, which is a run of at least 38 letters
//! and digits; so the opener looks for such a run and takes the rest for glue.

use crate::payload::Family;

/// The longest text that is looked at, in bytes. A local part has at most 64 (RFC 5321, section 4.5.3.1.1), three times
/// that when each of its characters is percent-encoded; a whole address has at most 254.
pub(crate) const LONGEST_TEXT: usize = 256;

/// The most that is taken for glue at the beginning of a run, in bytes: `mailtou003e`.
const LONGEST_RESIDUE: usize = 11;

/// The longest run that can hold an address.
const LONGEST_RUN: usize = 50 + LONGEST_RESIDUE;

/// What is left of an escape once the sign that began it is lost, and words glued on.
const RESIDUES: &[&[u8]] = &[
    b"mailto", b"u003c", b"u003e", b"u0022", b"u0027", b"u0026", b"u003d", b"u0020", b"u00a0", b"nbsp", b"quot",
    b"apos", b"amp", b"lt", b"gt", b"x22", b"x27", b"x3c", b"x3e", b"20", b"22", b"27", b"28", b"2b", b"2c", b"2f",
    b"34", b"39", b"3a", b"3b", b"3c", b"3d", b"3e", b"3f", b"40", b"5b", b"7b", b"0a", b"0d", b"09", b"n", b"r", b"t",
];

/// Text in lower case and with its percent-encoding undone.
pub(crate) struct Plain {
    bytes: [u8; LONGEST_TEXT],
    length: usize,
}

impl Default for Plain {
    fn default() -> Self {
        Self { bytes: [0; LONGEST_TEXT], length: 0 }
    }
}

impl Plain {
    /// `None` if the text is longer than [`LONGEST_TEXT`].
    pub(crate) fn of(text: &str) -> Option<Self> {
        let mut plain = Self::default();
        plain.set(text)?;
        Some(plain)
    }

    /// As [`Plain::of`], into a buffer that stays where it is.
    pub(crate) fn set(&mut self, text: &str) -> Option<()> {
        self.bytes.get_mut(..text.len())?.copy_from_slice(text.as_bytes());
        self.length = text.len();
        self.as_mut().make_ascii_lowercase();
        self.decode_percent_twice();
        Some(())
    }

    fn decode_percent_twice(&mut self) {
        // Twice, since `%` itself may have been encoded: `%2540`.
        for _ in 0..2 {
            if self.as_bytes().contains(&b'%') {
                self.decode_percent();
            }
        }
    }

    /// The text.
    pub(crate) fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..self.length).unwrap_or_default()
    }

    fn as_mut(&mut self) -> &mut [u8] {
        self.bytes.get_mut(..self.length).unwrap_or_default()
    }

    fn decode_percent(&mut self) {
        let before = self.bytes;
        let mut rest = before.get(..self.length).unwrap_or_default();
        self.length = 0;
        while let Some((first, after)) = rest.split_first() {
            let decoded = match after {
                [high, low, ..] if *first == b'%' => hex(*high).zip(hex(*low)).map(|(high, low)| high << 4 | low),
                _ => None,
            };
            rest = if decoded.is_some() { after.get(2..).unwrap_or_default() } else { after };
            self.bytes[self.length] = decoded.unwrap_or(*first).to_ascii_lowercase();
            self.length += 1;
        }
    }
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).map(|value| value as u8)
}

/// The letters and digits of the first run that is long enough to hold an address, its dots left out.
pub(crate) struct Run {
    bytes: [u8; LONGEST_RUN],
    length: usize,
}

impl Run {
    /// `None` if there is no such run.
    pub(crate) fn find(text: &[u8]) -> Option<Self> {
        text.split(|byte| !byte.is_ascii_alphanumeric() && *byte != b'.').find_map(Self::of)
    }

    fn of(text: &[u8]) -> Option<Self> {
        let mut run = Self { bytes: [0; LONGEST_RUN], length: 0 };
        for byte in text.iter().filter(|byte| **byte != b'.') {
            *run.bytes.get_mut(run.length)? = *byte;
            run.length += 1;
        }
        (run.length >= *Family::V4.lengths().start()).then_some(run)
    }

    /// The ways to read the run: all of it, or without what may be glue at its beginning. At most seven.
    pub(crate) fn readings(&self) -> impl Iterator<Item = (Family, &[u8])> {
        let run = self.bytes.get(..self.length).unwrap_or_default();
        let glue = residues_at_start(run);
        Family::ALL.into_iter().flat_map(|family| family.lengths().map(move |length| (family, length))).filter_map(
            move |(family, length)| {
                let before = run.len().checked_sub(length)?;
                let is_glue = before <= LONGEST_RESIDUE && glue & (1 << before) != 0;
                is_glue.then_some((family, run.get(before..)?))
            },
        )
    }
}

/// Bit n is set if the first n bytes are nothing but residues, one after the other; bit 0 always, the highest at most
/// [`LONGEST_RESIDUE`].
fn residues_at_start(run: &[u8]) -> u16 {
    let mut glue = 1u16;
    for start in 0..LONGEST_RESIDUE {
        let Some(rest @ [first, ..]) = run.get(start..).filter(|_| glue & (1 << start) != 0) else { continue };
        for residue in RESIDUES.iter().filter(|residue| residue.first() == Some(first)) {
            let end = start + residue.len();
            if end <= LONGEST_RESIDUE && rest.starts_with(residue) {
                glue |= 1 << end;
            }
        }
    }
    glue
}
