//! Keys, made so that what is read together lies together.

use std::net::Ipv4Addr;
use std::ops::RangeInclusive;

use ipnet::IpNet;
use jiff::Timestamp;
use model::{SealedVisit, SiteId, VisitorNet};

/// A part of the state: the first byte of its keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Part {
    Activities = b'a',
    Details = b'd',
    Mailed = b'm',
}

/// The format that the state is in.
pub(crate) const FORMAT_KEY: &[u8] = b"!format";
/// Up to which position events are in it.
pub(crate) const POSITION_KEY: &[u8] = b"!position";
/// The totals.
pub(crate) const TOTALS_KEY: &[u8] = b"!totals";

/// The key of a host in a part: IPv4 before IPv6, each by address.
pub(crate) fn host(part: Part, host: VisitorNet) -> Vec<u8> {
    let mut key = Vec::with_capacity(32);
    key.push(part as u8);
    match host {
        VisitorNet::V4(v4) => {
            key.push(4);
            key.extend(v4.octets());
        }
        VisitorNet::V6(high) => {
            key.push(6);
            key.extend(high.to_be_bytes());
        }
    }
    key
}

/// The host of a key in [`Part::Activities`] or [`Part::Details`].
pub(crate) fn read_host(key: &[u8]) -> Option<VisitorNet> {
    let (_, rest) = key.split_first()?;
    let (host, rest) = split_host(rest)?;
    rest.is_empty().then_some(host)
}

fn split_host(key: &[u8]) -> Option<(VisitorNet, &[u8])> {
    match key.split_first()? {
        (4, rest) => {
            let (octets, rest) = rest.split_first_chunk::<4>()?;
            Some((VisitorNet::V4(Ipv4Addr::from(*octets)), rest))
        }
        (6, rest) => {
            let (high, rest) = rest.split_first_chunk::<8>()?;
            Some((VisitorNet::V6(u64::from_be_bytes(*high)), rest))
        }
        _ => None,
    }
}

/// The keys of all hosts of a part within a prefix. One longer than a /64 holds the host of its /64.
pub(crate) fn hosts_within(part: Part, prefix: IpNet) -> RangeInclusive<Vec<u8>> {
    host(part, VisitorNet::of(prefix.network()))..=host(part, VisitorNet::of(prefix.broadcast()))
}

/// The key of a harvest: by who harvested, then by site and time.
pub(crate) fn harvest(visit: &SealedVisit) -> Vec<u8> {
    let mut key = host(Part::Mailed, visit.visitor);
    key.extend(visit.site.get().to_be_bytes());
    key.extend(sortable(visit.at.as_second()).to_be_bytes());
    key.extend(visit.nonce.to_be_bytes());
    key.extend(visit.key_generation.to_be_bytes());
    key
}

/// The harvest of a key in [`Part::Mailed`].
pub(crate) fn read_harvest(key: &[u8]) -> Option<SealedVisit> {
    let (_, rest) = key.split_first()?;
    let (visitor, rest) = split_host(rest)?;
    let (site, rest) = rest.split_first_chunk::<4>()?;
    let (at, rest) = rest.split_first_chunk::<8>()?;
    let (nonce, rest) = rest.split_first_chunk::<2>()?;
    let key_generation = u16::from_be_bytes(rest.try_into().ok()?);
    Some(SealedVisit {
        site: SiteId::new(u32::from_be_bytes(*site))?,
        at: Timestamp::from_second(unsortable(u64::from_be_bytes(*at))).ok()?,
        visitor,
        nonce: u16::from_be_bytes(*nonce),
        key_generation,
    })
}

/// Signed seconds in an order that bytes have too: those before 1970 first.
fn sortable(seconds: i64) -> u64 {
    seconds.cast_unsigned() ^ 1 << 63
}

fn unsortable(sortable: u64) -> i64 {
    (sortable ^ 1 << 63).cast_signed()
}
