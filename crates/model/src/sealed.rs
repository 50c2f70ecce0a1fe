//! What a trap address says once it is opened.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// A site's number. 20 bits, so a deployment has at most 1,048,576 sites.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SiteId(u32);

impl SiteId {
    /// The largest number a site can have.
    pub const MAX: u32 = (1 << 20) - 1;

    /// The site of this number, if a site can have it.
    pub fn new(number: u32) -> Option<Self> {
        (number <= Self::MAX).then_some(Self(number))
    }

    /// The number.
    pub fn get(self) -> u32 {
        self.0
    }
}

impl fmt::Display for SiteId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Which of a site's keys: 0 is the first; each rotation adds one.
pub type KeyGeneration = u16;

/// The visitor, as far as an address can hold it: IPv4 whole, IPv6 as its /64.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub enum VisitorNet {
    /// The visitor's IPv4 address.
    V4(Ipv4Addr),
    /// The first 64 bits of the visitor's IPv6 address.
    V6(u64),
}

impl VisitorNet {
    /// What an address would hold of this visitor.
    pub fn of(visitor: IpAddr) -> Self {
        match visitor.to_canonical() {
            IpAddr::V4(v4) => Self::V4(v4),
            IpAddr::V6(v6) => Self::V6((u128::from(v6) >> 64) as u64),
        }
    }

    /// Whether this visitor could be the one sealed.
    pub fn contains(self, visitor: IpAddr) -> bool {
        Self::of(visitor) == self
    }

    /// The first address of the network: the visitor itself where it is IPv4.
    pub fn first(self) -> IpAddr {
        match self {
            Self::V4(v4) => IpAddr::V4(v4),
            Self::V6(high) => IpAddr::V6(Ipv6Addr::from(u128::from(high) << 64)),
        }
    }
}

impl From<VisitorNet> for IpNet {
    fn from(net: VisitorNet) -> Self {
        match net {
            VisitorNet::V4(v4) => Ipv4Net::from(v4).into(),
            VisitorNet::V6(high) => Ipv6Net::new_assert(Ipv6Addr::from(u128::from(high) << 64), 64).into(),
        }
    }
}

impl From<VisitorNet> for String {
    fn from(net: VisitorNet) -> Self {
        net.to_string()
    }
}

impl TryFrom<String> for VisitorNet {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl TryFrom<IpNet> for VisitorNet {
    type Error = String;

    fn try_from(net: IpNet) -> Result<Self, Self::Error> {
        match net.prefix_len() {
            32 if net.addr().is_ipv4() => Ok(Self::of(net.addr())),
            64 if net.addr().is_ipv6() => Ok(Self::of(net.addr())),
            other => Err(format!("a visitor is an IPv4 /32 or an IPv6 /64, not a /{other}")),
        }
    }
}

impl fmt::Display for VisitorNet {
    /// An IPv4 address bare, an IPv6 network with its /64.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::V4(v4) => v4.fmt(f),
            Self::V6(_) => write!(f, "{}/64", self.first()),
        }
    }
}

impl fmt::Debug for VisitorNet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for VisitorNet {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if let Ok(v4) = text.parse::<Ipv4Addr>() {
            return Ok(Self::V4(v4));
        }
        text.parse::<IpNet>().map_err(|_| format!("{text:?} is not an IPv4 address or an IPv6 /64"))?.try_into()
    }
}

/// What a trap address proves: who took it, where and when. Made by opening an address; see the `trap-address` crate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct SealedVisit {
    /// The site that served it.
    pub site: SiteId,
    /// When it was served, to the second.
    pub at: Timestamp,
    /// To whom.
    pub visitor: VisitorNet,
    /// Tells addresses apart that went to the same visitor in the same second.
    pub nonce: u16,
    /// Which of the site's keys sealed it.
    pub key_generation: KeyGeneration,
}
