//! Addresses that mean something else than they seem to, as configured.

use std::net::IpAddr;
use std::sync::Arc;

use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use model::VisitorNet;
use prefix_trie::PrefixMap;
use serde::{Deserialize, Serialize};

/// Those whose ranges weaken an attribution, by what they are.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Ranges {
    /// Search engines. A harvester can read a page in an engine's cache, and then the engine is the visitor.
    pub search_engines: Vec<NamedRanges>,
    /// Edges of content delivery networks, which may hand one fetched page to many.
    pub cdn_edges: Vec<NamedRanges>,
    /// Proxies that many share: anonymisers, a mobile operator's address translation, a company's gateway.
    pub shared_proxies: Vec<NamedRanges>,
    /// Forwarders and mailbox providers, which pass on others' mail.
    pub forwarders: Vec<NamedRanges>,
}

/// The ranges of one operator.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NamedRanges {
    /// Whose they are, as it is to be shown.
    pub name: String,
    /// Their prefixes.
    pub ranges: Vec<IpNet>,
}

/// One kind of range, to be asked which of them holds an address. Where two overlap, the narrower answers.
#[derive(Debug, Default)]
pub(crate) struct Lookup {
    v4: PrefixMap<Ipv4Net, Arc<str>>,
    v6: PrefixMap<Ipv6Net, Arc<str>>,
    /// As `v6`, but with no prefix longer than a /64: a visitor is known by its /64 only, and one that may be in a
    /// range is taken to be in it, since to pin a harvest on a search engine is worse than to miss a harvester.
    v6_networks: PrefixMap<Ipv6Net, Arc<str>>,
}

impl Lookup {
    pub fn new(operators: &[NamedRanges]) -> Self {
        let mut lookup = Self::default();
        for operator in operators {
            let name: Arc<str> = operator.name.as_str().into();
            for range in &operator.ranges {
                lookup.insert(range.trunc(), &name);
            }
        }
        lookup
    }

    fn insert(&mut self, range: IpNet, name: &Arc<str>) {
        match range {
            IpNet::V4(v4) => {
                self.v4.insert(v4, Arc::clone(name));
            }
            IpNet::V6(v6) => {
                self.v6.insert(v6, Arc::clone(name));
                let network = Ipv6Net::new(v6.addr(), v6.prefix_len().min(64)).map_or(v6, |net| net.trunc());
                self.v6_networks.insert(network, Arc::clone(name));
            }
        }
    }

    /// Whose range holds this address.
    pub fn of_address(&self, address: IpAddr) -> Option<&str> {
        match address.to_canonical() {
            IpAddr::V4(v4) => self.v4.get_lpm(&v4.into()).map(|(_, name)| &**name),
            IpAddr::V6(v6) => self.v6.get_lpm(&v6.into()).map(|(_, name)| &**name),
        }
    }

    /// Whose range holds this visitor, or may hold it.
    pub fn of_visitor(&self, visitor: VisitorNet) -> Option<&str> {
        match IpNet::from(visitor) {
            IpNet::V4(v4) => self.v4.get_lpm(&v4).map(|(_, name)| &**name),
            IpNet::V6(v6) => self.v6_networks.get_lpm(&v6).map(|(_, name)| &**name),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn lookup(ranges: &[(&str, &str)]) -> Lookup {
        let named = |(name, range): &(&str, &str)| NamedRanges {
            name: (*name).to_owned(),
            ranges: vec![range.parse().unwrap()],
        };
        Lookup::new(&ranges.iter().map(named).collect::<Vec<_>>())
    }

    #[test]
    fn the_narrower_of_two_ranges_names_the_operator() {
        let lookup = lookup(&[("Wide", "240.0.0.0/8"), ("Narrow", "240.7.0.0/16")]);
        assert_eq!(lookup.of_address("240.7.1.2".parse().unwrap()), Some("Narrow"));
        assert_eq!(lookup.of_address("240.8.1.2".parse().unwrap()), Some("Wide"));
        assert_eq!(lookup.of_address("241.0.0.1".parse().unwrap()), None);
        assert_eq!(lookup.of_address("::ffff:240.8.1.2".parse().unwrap()), Some("Wide"));
    }

    #[test]
    fn a_visitor_whose_64_bits_may_lie_in_an_engines_range_counts_as_the_engine() {
        let lookup = lookup(&[("Engine", "2001:db8:1:2:3::/80")]);
        assert_eq!(lookup.of_visitor("2001:db8:1:2::/64".parse().unwrap()), Some("Engine"));
        assert_eq!(lookup.of_address("2001:db8:1:2:3::7".parse().unwrap()), Some("Engine"));
        assert_eq!(lookup.of_address("2001:db8:1:2:4::7".parse().unwrap()), None, "a sender is known whole");
        assert_eq!(lookup.of_visitor("2001:db8:1:3::/64".parse().unwrap()), None);
    }

    #[test]
    fn a_range_written_with_host_bits_holds_its_whole_prefix() {
        let lookup = lookup(&[("Edge", "240.7.1.9/24")]);
        assert_eq!(lookup.of_address("240.7.1.200".parse().unwrap()), Some("Edge"));
    }
}
