//! What the picture is drawn from: counts by place, kept up as hosts change.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use hosts::{Activities, Totals};
use jiff::Timestamp;
use model::{ActivityKind, Country, Network, VisitorNet};
use network::NetworkMap;

use crate::cost::Harvested;
use crate::{Counts, Half, InCountry, LagSummary, Measure, Picture, Provider, UNKNOWN};

/// Counts by place, a sum over hosts. So hosts come in any order, parts made beside each other can be merged, and a
/// host that changed is taken out as it was and taken in as it is: to keep a rollup up costs two lookups for each host
/// of a batch, where to make one again costs a scan of them all.
#[derive(Clone, Debug, Default)]
pub struct Rollup {
    hosts: u64,
    harvested: Harvested,
    by_place: HashMap<Place, usize>,
    rows: Vec<Row>,
    /// The last network met, and its row: hosts that come by address are often in one network.
    last: Option<(Network, usize)>,
}

/// Where hosts are, as far as the picture tells places apart.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Place {
    provider: Option<String>,
    asn: Option<u32>,
    country: Option<Country>,
}

/// What comes from one place.
#[derive(Clone, Copy, Debug, Default)]
struct Row {
    counts: Counts,
    /// How many kinds of activity of how many hosts are in it.
    deeds: u64,
}

impl Rollup {
    /// Takes in a host, which must not have been taken in before.
    pub fn add(&mut self, networks: &NetworkMap, host: VisitorNet, activities: &Activities) {
        self.change(networks, host, None, activities);
    }

    /// Takes in a host anew that was taken in as `before`, or not yet, with the same networks.
    pub fn change(&mut self, networks: &NetworkMap, host: VisitorNet, before: Option<&Activities>, after: &Activities) {
        let mut networks = Lookup { networks, host, known: None };
        if let Some(before) = before {
            self.harvested.remove(before);
            for (first, counts) in counted(before) {
                let row = self.row(networks.at(first));
                row.counts.remove(&counts);
                row.deeds = row.deeds.saturating_sub(1);
            }
        } else {
            self.hosts += 1;
        }
        self.harvested.add(after);
        for (first, counts) in counted(after) {
            let row = self.row(networks.at(first));
            row.counts.merge(&counts);
            row.deeds += 1;
        }
    }

    /// Takes in another part, of other hosts.
    pub fn merge(&mut self, other: Self) {
        self.hosts += other.hosts;
        self.harvested.merge(&other.harvested);
        for (place, index) in other.by_place {
            let (more, index) = (other.rows[index], self.index(place));
            self.rows[index].counts.merge(&more.counts);
            self.rows[index].deeds += more.deeds;
        }
    }

    fn row(&mut self, network: &Network) -> &mut Row {
        let index = match &self.last {
            Some((last, index)) if last == network => *index,
            _ => {
                let place = Place { provider: network.provider.clone(), asn: network.asn, country: network.country };
                let index = self.index(place);
                self.last = Some((network.clone(), index));
                index
            }
        };
        &mut self.rows[index]
    }

    fn index(&mut self, place: Place) -> usize {
        let next = self.rows.len();
        let index = *self.by_place.entry(place).or_insert(next);
        if index == next {
            self.rows.push(Row::default());
        }
        index
    }

    /// The picture, with what the totals say beside the hosts.
    pub fn picture(&self, totals: &Totals) -> Picture {
        let mut whole = Counts::default();
        let mut providers: BTreeMap<String, Gathered> = BTreeMap::new();
        let mut countries: BTreeMap<Option<Country>, Counts> = BTreeMap::new();
        for (place, index) in &self.by_place {
            let row = &self.rows[*index];
            if row.deeds > 0 {
                whole.merge(&row.counts);
                countries.entry(place.country).or_default().merge(&row.counts);
                providers.entry(place.name()).or_default().take(place, row);
            }
        }
        let mut providers: Vec<_> =
            providers.into_iter().map(|(name, gathered)| gathered.provider(name, &whole)).collect();
        // The sorts keep the order of equals: by name, and by country.
        providers.sort_by_key(|provider| std::cmp::Reverse(provider.counts.messages));
        let mut countries: Vec<_> = countries
            .into_iter()
            .map(|(country, counts)| InCountry { country, counts, shares: counts.of(&whole) })
            .collect();
        countries.sort_by_key(|country| std::cmp::Reverse(country.counts.messages));
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

/// Where one host is, at the times asked for.
struct Lookup<'a> {
    networks: &'a NetworkMap,
    host: VisitorNet,
    /// A map answers alike for all times of one day, and most hosts do one thing or all on one day.
    known: Option<(i64, Network)>,
}

impl Lookup<'_> {
    fn at(&mut self, at: Timestamp) -> &Network {
        let day = at.as_second().div_euclid(86_400);
        if self.known.as_ref().is_none_or(|(of_day, _)| *of_day != day) {
            self.known = None;
        }
        &self.known.get_or_insert_with(|| (day, self.networks.lookup(self.host.first(), at))).1
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

impl Place {
    /// The name of whoever is there.
    fn name(&self) -> String {
        match (&self.provider, self.asn) {
            (Some(name), _) => name.clone(),
            (None, Some(asn)) => format!("AS{asn}"),
            (None, None) => UNKNOWN.to_owned(),
        }
    }
}

/// What is gathered of one provider.
#[derive(Default)]
struct Gathered {
    counts: Counts,
    asns: BTreeSet<u32>,
    countries: BTreeMap<Country, u64>,
}

impl Gathered {
    fn take(&mut self, place: &Place, row: &Row) {
        self.counts.merge(&row.counts);
        self.asns.extend(place.asn);
        if let Some(country) = place.country {
            *self.countries.entry(country).or_default() += row.deeds;
        }
    }

    fn provider(self, name: String, whole: &Counts) -> Provider {
        // Of equals the first by its letters.
        let most = self.countries.iter().max_by_key(|(country, hosts)| (**hosts, std::cmp::Reverse(**country)));
        Provider {
            name,
            asns: self.asns.into_iter().collect(),
            country: most.map(|(country, _)| *country),
            shares: self.counts.of(whole),
            counts: self.counts,
        }
    }
}
