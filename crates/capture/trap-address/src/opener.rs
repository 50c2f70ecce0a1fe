//! Opens trap addresses of all sites.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use model::{KeyGeneration, SealedVisit, SiteId, Timestamp};
use zeroize::Zeroizing;

use crate::cipher::{Key, LabelMask, VisitCipher};
use crate::glue::{Plain, Run};
use crate::master::MasterKey;
use crate::payload::{Claim, Family, GENERATION_STEP, Payload};
use crate::spelling;
use crate::wide::Wide;

/// How far an address's time may be ahead, in seconds: the clocks of the machine that served it and of the one that
/// opens it differ.
const CLOCK_SKEW: i64 = 600;

/// Opens the addresses of all of a deployment's sites and generations.
///
/// It holds 16 bytes a key; they are wiped from memory when it goes. Making one takes about a microsecond a key.
pub struct Opener {
    mask: Arc<LabelMask>,
    keys: Zeroizing<Vec<Key>>,
    /// Site n's keys are those from `starts[n]` up to `starts[n + 1]`. At most 4 MB, and small enough to stay in a
    /// processor's cache where a hash table would not.
    starts: Vec<u32>,
}

/// Why a local part does not open. To whoever sent it, it is all the same: nobody was given this address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
pub enum NotOpened {
    /// It hasn't the shape of an issued address.
    #[error("it does not have the shape of an issued address")]
    Shape,
    /// It has the shape, but no key of any known site opens it: a guess, a damaged address, or another deployment's.
    #[error("no key of any site here opens it")]
    Key,
    /// It opens, but says that it was issued later than now.
    #[error("it opens, but says that it was issued in the future; check the clocks")]
    Time,
}

impl Opener {
    /// The opener for these sites, each with its latest key generation. That one and all before it open.
    pub fn new(master: &MasterKey, sites: impl IntoIterator<Item = (SiteId, KeyGeneration)>) -> Self {
        let mut latest: BTreeMap<SiteId, KeyGeneration> = BTreeMap::new();
        for (site, generation) in sites {
            let known = latest.entry(site).or_default();
            *known = generation.max(*known);
        }
        // Room for all keys at once: a vector that grows leaves copies of them behind.
        let count = latest.values().map(|generation| usize::from(*generation) + 1).sum();
        let mut keys = Zeroizing::new(Vec::with_capacity(count));
        let mut starts = Vec::new();
        for (site, latest) in latest {
            starts.resize(site.get() as usize + 1, keys.len() as u32);
            keys.extend((0..=latest).map(|generation| *master.visit_key(site, generation)));
        }
        starts.push(keys.len() as u32);
        Self { mask: master.mask(), keys, starts }
    }

    /// The visit that a local part proves.
    ///
    /// Case doesn't matter, dots are passed over, and what harvesters glue on is undone: `mailto:`, quotes, brackets and
    /// other signs, `%20` and other percent-encoding, a `+tag`, and at the beginning what a dropped `%`, `=`, `&` or `\`
    /// leaves (`20`, `3d`, `gt`, `u003e`). An address wrapped by a forwarder (`SRS0=…=local`) opens as well. With all of
    /// that a text that nobody issued opens with probability below 2^-25; see the crate's documentation.
    ///
    /// ```
    /// # use model::SiteId;
    /// # use trap_address::{MasterKey, NotOpened, Opener};
    /// # let master = MasterKey::from_bytes([7; 32]);
    /// # let site = SiteId::new(42).unwrap();
    /// # let now = "2008-11-11T21:30:00Z".parse()?;
    /// let local = master.sealer(site, 0).seal(now, "192.0.2.1".parse()?, 0);
    /// let opener = Opener::new(&master, [(site, 0)]);
    /// let visit = opener.open(&local, now)?;
    /// assert_eq!(opener.open(&format!("%20MAILTO:{}+news", local.to_uppercase()), now)?, visit);
    /// assert_eq!(opener.open("webmaster", now), Err(NotOpened::Shape));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`NotOpened`] says how far it got.
    pub fn open(&self, local_part: &str, now: Timestamp) -> Result<SealedVisit, NotOpened> {
        // Most guesses are short names, and no encoding makes a text shorter.
        if local_part.len() < *Family::V4.lengths().start() {
            return Err(NotOpened::Shape);
        }
        let mut text = Plain::default();
        text.set(local_part).ok_or(NotOpened::Shape)?;
        let run = Run::find(text.as_bytes()).ok_or(NotOpened::Shape)?;
        let mut furthest = NotOpened::Shape;
        for (family, letters) in run.readings() {
            match self.open_letters(family, letters, now) {
                Ok(visit) => return Ok(visit),
                Err(reason) => furthest = furthest.max(reason),
            }
        }
        Err(furthest)
    }

    fn open_letters(&self, family: Family, letters: &[u8], now: Timestamp) -> Result<SealedVisit, NotOpened> {
        let sealed = spelling::read(family, letters).ok_or(NotOpened::Shape)?;
        self.open_sealed(family, sealed, now)
    }

    fn open_sealed(&self, family: Family, sealed: Wide, now: Timestamp) -> Result<SealedVisit, NotOpened> {
        let claim = Claim::read(&self.mask, family, sealed).ok_or(NotOpened::Key)?;
        let (key_generation, payload) = self.unlock(&claim).ok_or(NotOpened::Key)?;
        let at = payload.at();
        if at.as_second() > now.as_second().saturating_add(CLOCK_SKEW) {
            return Err(NotOpened::Time);
        }
        Ok(SealedVisit { site: claim.site, at, visitor: payload.visitor, nonce: payload.nonce, key_generation })
    }

    /// Tries the site's generations with the claimed low byte: one, unless the site has had more than 256.
    fn unlock(&self, claim: &Claim) -> Option<(KeyGeneration, Payload)> {
        let keys = self.keys_of(claim.site);
        (usize::from(claim.generation)..keys.len()).step_by(GENERATION_STEP).find_map(|generation| {
            let payload = claim.open(&VisitCipher::new(keys.get(generation)?))?;
            Some((generation as KeyGeneration, payload))
        })
    }

    /// The site's keys by generation; none if the site isn't known.
    fn keys_of(&self, site: SiteId) -> &[Key] {
        let site = site.get() as usize;
        let keys = match self.starts.get(site..site + 2) {
            Some([first, end]) => self.keys.get(*first as usize..*end as usize),
            _ => None,
        };
        keys.unwrap_or_default()
    }
}

impl fmt::Debug for Opener {
    /// Without the keys.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Opener").field("keys", &self.keys.len()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::net::Ipv4Addr;

    use model::VisitorNet;

    use super::*;

    fn site(number: u32) -> SiteId {
        SiteId::new(number).unwrap()
    }

    fn far_future() -> Timestamp {
        "2200-01-01T00:00:00Z".parse().unwrap()
    }

    /// The same "random" numbers in every run (SplitMix64), so that the one in 2^28 never comes to pass.
    fn numbers() -> impl Iterator<Item = u64> {
        (1u64..).map(|i| {
            let mut z = i.wrapping_mul(0x9e37_79b9_7f4a_7c15);
            z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            z ^ (z >> 31)
        })
    }

    #[test]
    fn a_million_guesses_of_the_right_shape_do_not_open() {
        let master = MasterKey::from_bytes([7; 32]);
        let opener = Opener::new(&master, (0..2_000).map(|number| (site(number), 2)));
        let mut numbers = numbers();
        for guess in 0..1_000_000 {
            let family = if guess % 2 == 0 { Family::V4 } else { Family::V6 };
            let mut sealed = Wide::default();
            for bits in [family.bits() - 128, 64, 64] {
                sealed.put(bits, u128::from(numbers.next().unwrap() >> (64 - bits)));
            }
            assert_eq!(opener.open_sealed(family, sealed, far_future()), Err(NotOpened::Key));
        }
    }

    #[test]
    fn a_stolen_sealer_makes_no_address_of_another_site() {
        let master = MasterKey::from_bytes([7; 32]);
        let (robbed, other) = (site(1), site(2));
        let opener = Opener::new(&master, [(robbed, 0), (other, 0)]);
        let thief = master.sealer(robbed, 0);
        for number in numbers().take(200_000) {
            let visitor = VisitorNet::V4(Ipv4Addr::from(number as u32));
            let payload = Payload { seconds: (number >> 32) as u32, visitor, nonce: number as u16 };
            let forged = thief.seal_as(other, &payload);
            assert_eq!(opener.open(&forged, far_future()), Err(NotOpened::Key), "{forged}");
        }
    }
}
