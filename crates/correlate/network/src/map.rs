//! All datasets together, asked for an address as of a time.

use std::net::IpAddr;
use std::path::Path;

use jiff::{Timestamp, civil::Date, tz::TimeZone};
use model::{Country, Network};

use crate::dataset::{Answer, Dataset, Holder, Kind};
use crate::file::{self, LoadError};

/// Where addresses are, as several datasets say, each at its time.
///
/// Of each kind of dataset, a lookup asks the latest that is dated no later than the event's day (UTC), or the
/// earliest if all are later: a network of 2002 is better known from a table of 2003 than not at all, and
/// [`Network::as_of`] says which it was. A prefix that was withdrawn since an older table is not looked for there.
#[derive(Clone, Debug, Default)]
pub struct NetworkMap {
    /// By kind as in [`Kind::ALL`]; within a kind by date, of one date the last imported first.
    datasets: [Vec<Dated>; Kind::ALL.len()],
}

#[derive(Clone, Debug)]
struct Dated {
    /// Days since 1970-01-01.
    day: i64,
    dataset: Dataset,
}

impl NetworkMap {
    /// The map of all datasets in a directory; an empty one if there is no such directory.
    ///
    /// # Errors
    /// The first file that can't be read or is damaged.
    pub fn open(directory: &Path) -> Result<Self, LoadError> {
        let paths = file::list(directory).map_err(|error| LoadError::Io { path: directory.to_owned(), error })?;
        let datasets = paths.iter().map(|path| file::load(path)).collect::<Result<Vec<_>, _>>()?;
        Ok(Self::new(datasets))
    }

    /// The map of these datasets, in the order in which they were imported.
    pub fn new(datasets: Vec<Dataset>) -> Self {
        let mut map = Self::default();
        for dataset in datasets.into_iter().rev() {
            map.datasets[dataset.kind as usize].push(Dated { day: day_of(dataset.date), dataset });
        }
        for of_kind in &mut map.datasets {
            of_kind.sort_by_key(|dated| dated.day);
        }
        map
    }

    /// The datasets, by kind and date.
    pub fn datasets(&self) -> impl Iterator<Item = &Dataset> {
        self.datasets.iter().flatten().map(|dated| &dated.dataset)
    }

    /// Whether there is nothing to ask.
    pub fn is_empty(&self) -> bool {
        self.datasets.iter().all(Vec::is_empty)
    }

    /// What is known of an address as of a time.
    ///
    /// Prefix and AS come from routes, failing them from iptoasn, failing it from an MMDB. The provider is whom a
    /// list of providers names for the AS, failing that iptoasn or an MMDB. The country is that of the address
    /// (country MMDB, routes that say one, iptoasn), failing that that of the AS.
    pub fn lookup(&self, address: IpAddr, at: Timestamp) -> Network {
        let address = address.to_canonical();
        let day = at.as_second().div_euclid(86_400);
        let routed = self.ask(Kind::Routes, address, day);
        let ranged = self.ask(Kind::IpToAsn, address, day);
        let origin = [routed, ranged]
            .into_iter()
            .flatten()
            .find(|(_, answer)| answer.asn.is_some())
            .or_else(|| self.ask(Kind::MmdbAsn, address, day));
        let asn = origin.and_then(|(_, answer)| answer.asn);
        let holder = asn.and_then(|asn| self.holder(asn, day));
        let country = self
            .ask(Kind::MmdbCountry, address, day)
            .and_then(|(_, answer)| answer.country)
            .or(routed.and_then(|(_, answer)| answer.country))
            .or(ranged.and_then(|(_, answer)| answer.country))
            .or(holder.and_then(|holder| holder.country))
            .or_else(|| asn.and_then(|asn| self.country_of_as(asn, day)));
        Network {
            prefix: origin.map(|(_, answer)| answer.prefix),
            asn,
            provider: holder.map(|holder| holder.name.to_string()),
            country,
            as_of: origin.map(|(date, _)| date),
        }
    }

    /// Who runs an AS, as of a time.
    pub fn provider(&self, asn: u32, at: Timestamp) -> Option<&str> {
        self.holder(asn, at.as_second().div_euclid(86_400)).map(|holder| &*holder.name)
    }

    fn ask(&self, kind: Kind, address: IpAddr, day: i64) -> Option<(Date, Answer)> {
        let sorted = &self.datasets[kind as usize];
        match &sorted[..] {
            [] => return None,
            // What most deployments have is not to cost what several dates cost.
            [only] => return only.dataset.answer(address).map(|answer| (only.dataset.date, answer)),
            _ => {}
        }
        // Datasets without the address's family don't count: iptoasn comes as one file for each.
        let mut asked: Option<i64> = None;
        for dated in as_of(sorted, day) {
            if !dated.dataset.covers(address) {
                continue;
            }
            if asked.is_some_and(|asked| asked != dated.day) {
                break;
            }
            asked = Some(dated.day);
            if let Some(answer) = dated.dataset.answer(address) {
                return Some((dated.dataset.date, answer));
            }
        }
        None
    }

    fn holder(&self, asn: u32, day: i64) -> Option<&Holder> {
        self.holders(asn, day).next()
    }

    fn country_of_as(&self, asn: u32, day: i64) -> Option<Country> {
        self.holders(asn, day).find_map(|holder| holder.country)
    }

    /// Who is said to run an AS, the one to believe first.
    fn holders(&self, asn: u32, day: i64) -> impl Iterator<Item = &Holder> {
        [Kind::Providers, Kind::IpToAsn, Kind::MmdbAsn]
            .into_iter()
            .filter(|kind| !self.datasets[*kind as usize].is_empty())
            .flat_map(move |kind| as_of(&self.datasets[kind as usize], day))
            .filter_map(move |dated| dated.dataset.holders.get(&asn))
    }
}

/// Those dated no later than the day, the latest first; then the later ones, the earliest first.
fn as_of(sorted: &[Dated], day: i64) -> impl Iterator<Item = &Dated> {
    let (earlier, later) = sorted.split_at(sorted.partition_point(|dated| dated.day <= day));
    latest_first(earlier).chain(later)
}

/// By descending date; of one date, in the order they stand in.
fn latest_first(sorted: &[Dated]) -> impl Iterator<Item = &Dated> {
    sorted.chunk_by(|a, b| a.day == b.day).rev().flatten()
}

fn day_of(date: Date) -> i64 {
    // A date's midnight in UTC is always a time that jiff has, but for the last day of the year 9999.
    date.to_zoned_datetime(TimeZone::UTC)
        .map_or(i64::MAX, |midnight| midnight.timestamp().as_second().div_euclid(86_400))
}
