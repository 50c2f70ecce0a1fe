//! The providers of the world: who runs which networks. All are made up, in reserved ranges.
//!
//! Prefixes lie in 240.0.0.0/4 (RFC 1112 section 4) and 2001:db8::/32 (RFC 3849), AS numbers in 64496-64511
//! (RFC 5398) and from 4200000000 on (RFC 6996).

use std::collections::HashSet;
use std::fmt::Write;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::IpNet;
use jiff::civil::Date;
use model::Country;
use serde::{Deserialize, Serialize};

use crate::dice::Dice;

/// What a provider's networks are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProviderRole {
    /// The hosting firm that is cut off: most harvesters, hardly a sender.
    Firm,
    /// Servers for rent.
    Hosting,
    /// Homes and small offices, among them the machines of the botnets.
    Consumer,
    /// A search engine's own network.
    SearchEngine,
    /// Mailboxes for everybody; what is sent from them comes from a few servers.
    Webmail,
    /// Newsletters on behalf of others.
    Newsletter,
    /// A university.
    Campus,
}

/// A provider.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Provider {
    /// Its name. Made up.
    pub name: String,
    /// Its domain, under `.example`.
    pub domain: String,
    /// Its AS number.
    pub asn: u32,
    /// Where it is.
    pub country: Country,
    /// What its networks are for.
    pub role: ProviderRole,
    /// Its prefixes.
    pub prefixes: Vec<IpNet>,
}

/// A line of the table below: name, first part of the domain, country, role, prefixes.
type Row = (&'static str, &'static str, &'static str, ProviderRole, &'static [&'static str]);

use ProviderRole::{Campus, Consumer, Firm, Hosting, Newsletter, SearchEngine, Webmail};

const TABLE: [Row; 32] = [
    ("Farrow Street Hosting", "farrowstreet", "US", Firm, &["240.16.0.0/20", "240.16.64.0/21", "2001:db8:1600::/40"]),
    ("Polder Racks", "polderracks", "NL", Hosting, &["240.32.0.0/18", "2001:db8:2000::/40"]),
    ("Ostufer Rechenhaus", "ostufer", "DE", Hosting, &["240.33.0.0/18"]),
    ("Baltic Crossing Servers", "balticcrossing", "LV", Hosting, &["240.34.0.0/19"]),
    ("Steppe Online", "steppeonline", "RU", Hosting, &["240.35.0.0/18"]),
    ("Pearl Delta Colocation", "pearldelta", "CN", Hosting, &["240.36.0.0/17"]),
    ("Prairie Dedicated", "prairiededicated", "US", Hosting, &["240.37.0.0/17", "2001:db8:2500::/40"]),
    ("Corvette Hebergement", "corvette", "FR", Hosting, &["240.38.0.0/18"]),
    ("Bulut Sunucu", "bulutsunucu", "TR", Hosting, &["240.39.0.0/19"]),
    ("Fala Telecom", "falatelecom", "BR", Consumer, &["241.0.0.0/12"]),
    ("Bogaz Net", "bogaznet", "TR", Consumer, &["241.16.0.0/12"]),
    ("Ganga Broadband", "gangabroadband", "IN", Consumer, &["241.32.0.0/12"]),
    ("Volga Line", "volgaline", "RU", Consumer, &["241.48.0.0/12"]),
    ("Great River Cable", "greatriver", "CN", Consumer, &["241.64.0.0/11"]),
    ("Hangang Fiber", "hangangfiber", "KR", Consumer, &["241.96.0.0/12"]),
    ("Wisla Net", "wislanet", "PL", Consumer, &["241.112.0.0/13"]),
    ("Song Hong Internet", "songhong", "VN", Consumer, &["241.120.0.0/13"]),
    ("Chao Phraya Link", "chaophrayalink", "TH", Consumer, &["241.128.0.0/13"]),
    ("Pampa Cable", "pampacable", "AR", Consumer, &["241.136.0.0/13"]),
    ("Cordillera Hogar", "cordillera", "CO", Consumer, &["241.144.0.0/13"]),
    ("Tevere Casa", "teverecasa", "IT", Consumer, &["241.152.0.0/13"]),
    ("Ebro Hogar", "ebrohogar", "ES", Consumer, &["241.160.0.0/13"]),
    ("Dunarea Conect", "dunareaconect", "RO", Consumer, &["241.168.0.0/13"]),
    ("Dnipro Dim", "dniprodim", "UA", Consumer, &["241.176.0.0/13"]),
    ("Heartland Cable", "heartlandcable", "US", Consumer, &["241.192.0.0/11", "2001:db8:4000::/36"]),
    ("Severn Broadband", "severnbroadband", "GB", Consumer, &["241.224.0.0/12"]),
    ("Rheinkabel", "rheinkabel", "DE", Consumer, &["241.240.0.0/12", "2001:db8:5000::/36"]),
    ("Seekwell", "seekwell", "US", SearchEngine, &["242.0.0.0/18", "2001:db8:6000::/40"]),
    ("Findlark", "findlark", "US", SearchEngine, &["242.1.0.0/18"]),
    ("Postbox Webmail", "postbox", "US", Webmail, &["242.16.0.0/20"]),
    ("Weekly Letters", "weeklyletters", "IE", Newsletter, &["242.17.0.0/22"]),
    ("University of Northmoor", "northmoor", "GB", Campus, &["242.32.0.0/16", "2001:db8:7000::/40"]),
];

/// All providers of the world, in a fixed order. The firm comes first.
pub(crate) fn all() -> Vec<Provider> {
    TABLE
        .iter()
        .enumerate()
        .filter_map(|(nth, (name, domain, country, role, prefixes))| {
            Some(Provider {
                name: (*name).to_owned(),
                domain: format!("{domain}.example"),
                asn: asn(nth as u32),
                country: Country::new(country)?,
                role: *role,
                prefixes: prefixes.iter().filter_map(|prefix| prefix.parse().ok()).collect(),
            })
        })
        .collect()
}

/// AS64496 to AS64511 while they last, then AS4200000000 and on.
fn asn(nth: u32) -> u32 {
    if nth < 16 { 64_496 + nth } else { 4_200_000_000 + nth }
}

/// What is known of the world's networks, in the formats that `trapline import networks` takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NetworkFiles {
    /// The day from which it holds.
    pub date: Date,
    /// CSV: `prefix,asn,country`.
    pub prefixes: String,
    /// CSV: `asn,provider,country`.
    pub providers: String,
}

impl NetworkFiles {
    pub(crate) fn of(providers: &[Provider], date: Date) -> Self {
        let mut files =
            Self { date, prefixes: "prefix,asn,country\n".to_owned(), providers: "asn,provider,country\n".to_owned() };
        for provider in providers {
            let Provider { name, asn, country, .. } = provider;
            // Writing to a string cannot fail.
            let _ = writeln!(files.providers, "{asn},\"{}\",{country}", name.replace('"', "\"\""));
            for prefix in &provider.prefixes {
                let _ = writeln!(files.prefixes, "{prefix},{asn},{country}");
            }
        }
        files
    }
}

/// Hands out addresses of providers, none twice.
#[derive(Debug, Default)]
pub(crate) struct Addresses(HashSet<IpAddr>);

impl Addresses {
    /// An address of this provider's: IPv6 if wanted and there.
    pub(crate) fn take(&mut self, provider: &Provider, v6: bool, dice: &mut Dice) -> IpAddr {
        let of_family = |v6: bool| move |net: &&IpNet| net.addr().is_ipv6() == v6;
        let mut nets: Vec<IpNet> = provider.prefixes.iter().filter(of_family(v6)).copied().collect();
        if nets.is_empty() {
            nets = provider.prefixes.clone();
        }
        loop {
            // A provider has far more addresses than the largest world has actors.
            let address = within(nets[dice.between(0, nets.len() - 1)], dice);
            if self.0.insert(address) {
                return address;
            }
        }
    }
}

/// A host's address within a prefix.
fn within(net: IpNet, dice: &mut Dice) -> IpAddr {
    match net {
        IpNet::V4(net) => {
            let size = 1u32 << (32 - u32::from(net.prefix_len()));
            let host = dice.seed() as u32 & (size - 1);
            // Neither the first nor the last of a /24, which are seldom hosts.
            let host = if matches!(host & 0xff, 0 | 0xff) { host ^ 0x11 } else { host };
            IpAddr::V4(Ipv4Addr::from(u32::from(net.network()) | host))
        }
        IpNet::V6(net) => {
            // A /64 of the prefix, and one of the first few hosts within it.
            let free = 64 - u32::from(net.prefix_len()).min(64);
            let subnet = u128::from(dice.seed()) & ((1 << free) - 1);
            let host = dice.between(1, 9) as u128;
            IpAddr::V6(Ipv6Addr::from(u128::from(net.network()) | subnet << 64 | host))
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn every_network_is_a_reserved_one_and_every_name_too() {
        let reserved: Vec<IpNet> = ["240.0.0.0/4", "2001:db8::/32"].iter().map(|net| net.parse().unwrap()).collect();
        assert_eq!(all().len(), TABLE.len());
        for (provider, row) in all().iter().zip(&TABLE) {
            assert_eq!(provider.prefixes.len(), row.4.len(), "{}: every prefix parses", provider.name);
            assert!(provider.prefixes.iter().all(|net| *net == net.trunc()), "{}", provider.name);
            assert!(provider.prefixes.iter().all(|net| reserved.iter().any(|r| r.contains(net))), "{}", provider.name);
            assert!((64_496..=64_511).contains(&provider.asn) || provider.asn >= 4_200_000_000, "{}", provider.asn);
            assert!(provider.domain.ends_with(".example"));
        }
    }

    #[test]
    fn no_two_providers_share_a_prefix_or_a_number() {
        let all = all();
        for (nth, one) in all.iter().enumerate() {
            for other in &all[nth + 1..] {
                assert_ne!(one.asn, other.asn);
                let overlap = |a: &IpNet| other.prefixes.iter().any(|b| a.contains(b) || b.contains(a));
                assert!(!one.prefixes.iter().any(overlap), "{} and {}", one.name, other.name);
            }
        }
    }

    #[test]
    fn addresses_are_the_providers_own_and_nobody_elses() {
        let (mut dice, mut addresses) = (Dice::new(1, "t"), Addresses::default());
        let mut seen = HashSet::new();
        for provider in &all() {
            for nth in 0..60 {
                let address = addresses.take(provider, nth % 4 == 0, &mut dice);
                assert!(provider.prefixes.iter().any(|net| net.contains(&address)), "{address}");
                assert!(seen.insert(address));
            }
        }
    }
}
