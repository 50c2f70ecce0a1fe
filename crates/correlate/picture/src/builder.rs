//! The picture put together, a host at a time.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use hosts::{Activities, Totals};
use jiff::Timestamp;
use model::{ActivityKind, Country, Network, VisitorNet};
use network::NetworkMap;

use crate::cost::Harvested;
use crate::{Counts, Half, InCountry, LagSummary, Measure, Picture, Provider, UNKNOWN};

/// Puts a picture together from hosts in any order; parts made beside each other can be merged.
pub struct PictureBuilder<'a> {
    networks: &'a NetworkMap,
    hosts: u64,
    harvested: Harvested,
    providers: Providers,
    countries: HashMap<Option<Country>, Counts>,
}

/// What is gathered of each provider, by name.
#[derive(Default)]
struct Providers {
    by_name: HashMap<String, usize>,
    gathered: Vec<Gathered>,
}

/// What is gathered of one provider.
#[derive(Default)]
struct Gathered {
    counts: Counts,
    asns: BTreeSet<u32>,
    /// How many hosts in which country.
    countries: BTreeMap<Country, u64>,
}

impl<'a> PictureBuilder<'a> {
    /// A picture of nothing yet.
    pub fn new(networks: &'a NetworkMap) -> Self {
        Self {
            networks,
            hosts: 0,
            harvested: Harvested::default(),
            providers: Providers::default(),
            countries: HashMap::new(),
        }
    }

    /// Takes in a host, which must not have been taken in before.
    pub fn add(&mut self, host: VisitorNet, activities: &Activities) {
        self.hosts += 1;
        self.harvested.add(activities);
        // A map answers alike for all times of one day, and most hosts do one thing or all on one day.
        let mut known: Option<(i64, Network)> = None;
        for (first, counts) in counted(activities) {
            let day = first.as_second().div_euclid(86_400);
            let network = match known.take() {
                Some((of_day, network)) if of_day == day => network,
                _ => self.networks.lookup(host.first(), first),
            };
            self.count(&network, &counts);
            known = Some((day, network));
        }
    }

    fn count(&mut self, network: &Network, counts: &Counts) {
        self.countries.entry(network.country).or_default().merge(counts);
        let gathered = match (&network.provider, network.asn) {
            (Some(name), _) => self.providers.of(name),
            (None, Some(asn)) => self.providers.of(&format!("AS{asn}")),
            (None, None) => self.providers.of(UNKNOWN),
        };
        gathered.counts.merge(counts);
        gathered.asns.extend(network.asn);
        if let Some(country) = network.country {
            *gathered.countries.entry(country).or_default() += 1;
        }
    }

    /// Takes in another part, of other hosts.
    pub fn merge(&mut self, other: Self) {
        self.hosts += other.hosts;
        self.harvested.merge(&other.harvested);
        for (country, counts) in other.countries {
            self.countries.entry(country).or_default().merge(&counts);
        }
        for (name, index) in other.providers.by_name {
            self.providers.of(&name).merge(&other.providers.gathered[index]);
        }
    }

    /// The picture, with what the totals say beside the hosts.
    pub fn finish(self, totals: &Totals) -> Picture {
        let mut whole = Counts::default();
        let Providers { by_name, gathered } = self.providers;
        gathered.iter().for_each(|gathered| whole.merge(&gathered.counts));
        let mut providers: Vec<_> =
            by_name.into_iter().map(|(name, index)| gathered[index].provider(name, &whole)).collect();
        providers.sort_by(|a, b| b.counts.messages.cmp(&a.counts.messages).then_with(|| a.name.cmp(&b.name)));
        let mut countries: Vec<_> = self
            .countries
            .into_iter()
            .map(|(country, counts)| InCountry { country, counts, shares: counts.of(&whole) })
            .collect();
        countries.sort_by(|a, b| b.counts.messages.cmp(&a.counts.messages).then(a.country.cmp(&b.country)));
        Picture {
            as_of: totals.last,
            hosts: self.hosts,
            totals: whole,
            halves: Measure::ALL.map(|measure| Half::of(measure, &providers, &whole)).to_vec(),
            providers,
            countries,
            cost: self.harvested.cost(totals),
            lags: LagSummary::of(totals),
        }
    }
}

/// What is counted of a host, each with when it was first seen doing that.
fn counted(activities: &Activities) -> impl Iterator<Item = (Timestamp, Counts)> {
    activities.iter().filter_map(|(kind, tally)| {
        let counts = match kind {
            ActivityKind::Visitor => Counts { visits: tally.count, ..Counts::default() },
            ActivityKind::Harvester => Counts { harvesters: 1, harvested_messages: tally.count, ..Counts::default() },
            ActivityKind::SpamServer => Counts { spam_servers: 1, messages: tally.count, ..Counts::default() },
            _ => return None,
        };
        Some((tally.first, counts))
    })
}

impl Providers {
    fn of(&mut self, name: &str) -> &mut Gathered {
        let index = self.by_name.get(name).copied().unwrap_or_else(|| {
            self.by_name.insert(name.to_owned(), self.gathered.len());
            self.gathered.push(Gathered::default());
            self.gathered.len() - 1
        });
        &mut self.gathered[index]
    }
}

impl Gathered {
    fn merge(&mut self, more: &Self) {
        self.counts.merge(&more.counts);
        self.asns.extend(&more.asns);
        for (country, hosts) in &more.countries {
            *self.countries.entry(*country).or_default() += hosts;
        }
    }

    fn provider(&self, name: String, whole: &Counts) -> Provider {
        // Of equals the first by its letters.
        let most = self.countries.iter().max_by_key(|(country, hosts)| (**hosts, std::cmp::Reverse(**country)));
        Provider {
            name,
            asns: self.asns.iter().copied().collect(),
            country: most.map(|(country, _)| *country),
            shares: self.counts.of(whole),
            counts: self.counts,
        }
    }
}
