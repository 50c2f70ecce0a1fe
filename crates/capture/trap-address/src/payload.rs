//! What an address seals, as bits: packing it, enciphering it, and the way back.

use std::net::Ipv4Addr;
use std::ops::RangeInclusive;

use model::{KeyGeneration, SiteId, Timestamp, VisitorNet};
use subtle::ConstantTimeEq;

use crate::cipher::{Halves, LabelMask, VisitCipher};
use crate::wide::Wide;

const SITE_BITS: u32 = 20;
const GENERATION_BITS: u32 = 8;
/// Site and low byte of the generation.
pub(crate) const LABEL_BITS: u32 = SITE_BITS + GENERATION_BITS;
const TIME_BITS: u32 = 32;
const NONCE_BITS: u32 = 16;
const CHECK_BITS: u32 = 28;

/// 2000-01-01T00:00:00Z, in seconds of Unix time. Before it nobody laid traps in web pages.
pub(crate) const EPOCH: i64 = 946_684_800;

/// Generations that share the low byte in an address are this far apart.
pub(crate) const GENERATION_STEP: usize = 1 << GENERATION_BITS;

/// Whose visit: the two kinds differ in width and so in length.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Family {
    V4,
    V6,
}

impl Family {
    pub(crate) const ALL: [Self; 2] = [Self::V4, Self::V6];

    pub(crate) fn of(visitor: VisitorNet) -> Self {
        match visitor {
            VisitorNet::V4(_) => Self::V4,
            VisitorNet::V6(_) => Self::V6,
        }
    }

    /// Keeps the two kinds apart under one key.
    pub(crate) fn tag(self) -> u8 {
        match self {
            Self::V4 => 4,
            Self::V6 => 6,
        }
    }

    fn visitor_bits(self) -> u32 {
        match self {
            Self::V4 => 32,
            Self::V6 => 64,
        }
    }

    /// Half of the enciphered visit: 54 or 70.
    pub(crate) fn half_bits(self) -> u32 {
        (TIME_BITS + self.visitor_bits() + NONCE_BITS + CHECK_BITS) / 2
    }

    /// All of it: 136 or 168.
    pub(crate) fn bits(self) -> u32 {
        LABEL_BITS + 2 * self.half_bits()
    }

    /// How many letters and digits a local part has, dots not counted.
    pub(crate) fn lengths(self) -> RangeInclusive<usize> {
        match self {
            Self::V4 => 38..=40,
            Self::V6 => 47..=50,
        }
    }

    /// The most characters that a local part has, dots counted.
    pub(crate) fn longest(self) -> usize {
        match self {
            Self::V4 => 40,
            Self::V6 => 64,
        }
    }

    /// How many words a local part can have.
    pub(crate) fn words(self) -> RangeInclusive<usize> {
        match self {
            Self::V4 => 1..=3,
            Self::V6 => 2..=4,
        }
    }
}

/// The part of a visit that only the site's key opens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Payload {
    /// Seconds from [`EPOCH`].
    pub(crate) seconds: u32,
    pub(crate) visitor: VisitorNet,
    pub(crate) nonce: u16,
}

impl Payload {
    /// A time outside 2000 to 2136 is brought to the nearest end.
    pub(crate) fn new(at: Timestamp, visitor: VisitorNet, nonce: u16) -> Self {
        let seconds = at.as_second().saturating_sub(EPOCH).clamp(0, u32::MAX.into()) as u32;
        Self { seconds, visitor, nonce }
    }

    pub(crate) fn at(&self) -> Timestamp {
        Timestamp::from_second(EPOCH + i64::from(self.seconds)).unwrap_or(Timestamp::UNIX_EPOCH)
    }

    fn pack(&self, family: Family) -> Halves {
        let mut bits = Wide::default();
        bits.put(TIME_BITS, self.seconds.into());
        let visitor = match self.visitor {
            VisitorNet::V4(v4) => u32::from(v4).into(),
            VisitorNet::V6(high) => high.into(),
        };
        bits.put(family.visitor_bits(), visitor);
        bits.put(NONCE_BITS, self.nonce.into());
        bits.put(CHECK_BITS, 0);
        let right = bits.take(family.half_bits());
        (bits.take(family.half_bits()), right)
    }

    fn unpack(family: Family, (left, right): Halves) -> Option<Self> {
        let mut bits = Wide::default();
        bits.put(family.half_bits(), left);
        bits.put(family.half_bits(), right);
        let check = bits.take(CHECK_BITS) as u32;
        let nonce = bits.take(NONCE_BITS) as u16;
        let visitor = bits.take(family.visitor_bits());
        let seconds = bits.take(TIME_BITS) as u32;
        let visitor = match family {
            Family::V4 => VisitorNet::V4(Ipv4Addr::from(visitor as u32)),
            Family::V6 => VisitorNet::V6(visitor as u64),
        };
        bool::from(check.ct_eq(&0)).then_some(Self { seconds, visitor, nonce })
    }
}

/// A visit, enciphered, with its site and generation masked: what is spelled.
pub(crate) fn seal(
    mask: &LabelMask,
    cipher: &VisitCipher,
    (site, generation): (SiteId, KeyGeneration),
    payload: &Payload,
) -> Wide {
    let family = Family::of(payload.visitor);
    let visit = cipher.encipher(family, payload.pack(family));
    let label = (site.get() << GENERATION_BITS) | (u32::from(generation) % GENERATION_STEP as u32);
    let mut sealed = Wide::default();
    sealed.put(LABEL_BITS, (label ^ mask.of(family, visit)).into());
    sealed.put(family.half_bits(), visit.0);
    sealed.put(family.half_bits(), visit.1);
    sealed
}

/// What an address says before a key is chosen: whose it claims to be, and the visit still enciphered.
pub(crate) struct Claim {
    pub(crate) site: SiteId,
    /// The low byte of the generation.
    pub(crate) generation: u8,
    family: Family,
    visit: Halves,
}

impl Claim {
    /// Takes the mask off. Anything claims some site.
    pub(crate) fn read(mask: &LabelMask, family: Family, mut sealed: Wide) -> Option<Self> {
        let right = sealed.take(family.half_bits());
        let visit = (sealed.take(family.half_bits()), right);
        let label = sealed.take(LABEL_BITS) as u32 ^ mask.of(family, visit);
        let site = SiteId::new(label >> GENERATION_BITS)?;
        Some(Self { site, generation: label as u8, family, visit })
    }

    /// The visit, if this is the key that sealed it.
    pub(crate) fn open(&self, cipher: &VisitCipher) -> Option<Payload> {
        Payload::unpack(self.family, cipher.decipher(self.family, self.visit))
    }
}
