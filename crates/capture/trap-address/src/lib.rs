//! Seals a visit into a trap address, and opens it again.
//!
//! ```text
//! MasterKey ──HKDF──▶ Sealer (one site, one generation) ──seal──▶ "dorvet.lusumkag.…"    a page shows it
//!           ──HKDF──▶ Opener (all sites, all generations) ◀─────── "%20DORVET.Lusumkag.…" spam comes to it
//!                          └──▶ Traps: what a whole recipient is
//! ```
//!
//! The address is the record: it says which site served it, when, and to whom. Opening it needs keys, but no store
//! and no search over sites, so any mail trap can do it while the SMTP session runs.
//!
//! ```
//! use model::{SiteId, VisitorNet};
//! use trap_address::{MasterKey, Opener};
//!
//! let master = MasterKey::from_bytes([7; 32]); // really: 32 random bytes, kept secret
//! let site = SiteId::new(42).ok_or("no such site")?;
//! let visited: jiff::Timestamp = "2008-10-01T06:30:00Z".parse()?;
//!
//! let address = master.sealer(site, 0).seal(visited, "198.51.100.7".parse()?, 1);
//!
//! let opener = Opener::new(&master, [(site, 0)]);
//! let visit = opener.open(&address, "2008-11-11T21:30:00Z".parse()?)?;
//! assert_eq!((visit.site, visit.at), (site, visited));
//! assert_eq!(visit.visitor, VisitorNet::of("198.51.100.7".parse()?));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # What is sealed
//!
//! | part | bits | |
//! |---|---|---|
//! | site | 20 | masked |
//! | key generation, its low byte | 8 | masked |
//! | time, seconds from 2000-01-01 | 32 | enciphered; lasts until 2136 |
//! | visitor | 32 or 64 | enciphered; IPv4 whole, IPv6 its /64 |
//! | nonce | 16 | enciphered |
//! | check | 28 | enciphered; zero |
//!
//! That is 136 bits for IPv4 and 168 for IPv6.
//!
//! # How
//!
//! **The visit** (time, visitor, nonce, check: 108 or 140 bits) is enciphered as one block with a key that only this
//! site and generation have. The block cipher of that odd width is a balanced Feistel network of eight rounds whose
//! round function is AES-128, truncated: the form of NIST SP 800-38G's FF1 and FF3, over bits instead of decimals. Four
//! rounds of a random function are a strong pseudorandom permutation up to 2^(n/4) blocks (Luby and Rackoff 1988;
//! n = 108: 2^27, a hundred million addresses of one site); further rounds take the bound towards 2^(n/2) (Patarin
//! 2004), and SP 800-38G takes eight for the same reason. AES-128 and not 256: the key never leaves HKDF's output, and
//! what limits a forger is the check, not the key.
//!
//! Enciphering a block that has a known part in it both hides and authenticates the rest (Bellare and Rogaway, *Encode
//! then encipher*, 2000): whoever hasn't the key cannot choose any bit of what a block deciphers to, so a block that the
//! site never made shows a zero check with probability 2^80 / 2^108 = 2^-28 (IPv6: 2^112 / 2^140, the same).
//!
//! **Site and generation** must be read before the site's key can be chosen. They are masked with 28 bits of AES-CMAC
//! (RFC 4493) over the enciphered visit, under a key that all of a deployment's sealers share. Since no two visits of a
//! site encipher alike, each mask is fresh: to one without that key the whole looks random. Change a bit of the mask, and
//! the visit is deciphered with another site's key or another generation's; change a bit of the visit, and both change.
//!
//! **A stolen [`Sealer`]** holds the shared mask key and one site's key of one generation. It can forge that site's
//! visits and read which site an address is of. To make an address of another site it must hit that site's check
//! blindly: 2^-28 a try. It reads no other site's visits.
//!
//! # The chance of a guess
//!
//! Let somebody who has no key send any local part. The opener finds at most one run of letters, digits and dots in it
//! that is long enough, and reads that run in at most seven lengths (three for IPv4, four for IPv6; more than one only
//! where what stands before it is glue as harvesters leave it, see [`Opener::open`]). Each reading leads to one site and
//! one generation's low byte, so with up to 256 generations to one key, which opens with probability 2^-28. In all at
//! most 7 × 2^-28 < **2^-25**, whatever the number of sites; below 2^-24 up to 512 generations of a site. Then the time,
//! 32 random bits, must not be in the future either.
//!
//! # Words
//!
//! The 136 or 168 bits are written as a number whose digits have mixed bases: a consonant is a digit of base 18, a vowel
//! of base 6, a decimal of base 10, a dot of base 1. The kind of a character tells its base, so the reader recovers the
//! number from any order of consonants, vowels and decimals, and each site has an order of its own, drawn from the
//! site's secret: how many words, how long, of which syllables, with how many decimals and where. A form holds at least
//! 2^136 (2^168) numbers; what it holds beyond that is used in whole multiples, so that the last characters vary as the
//! others do, or by half at the worst.
//! No two addresses share more than chance gives, and those of different sites not even their shape.

mod cipher;
mod form;
mod glue;
mod local_part;
mod master;
mod opener;
mod payload;
mod sealer;
mod spelling;
mod traps;
mod wide;

pub use local_part::LocalPart;
pub use master::MasterKey;
pub use opener::{NotOpened, Opener};
pub use sealer::Sealer;
pub use traps::{Recipient, Traps};
