//! MaxMind DB files: all networks of the tree, as AS or as country records.

use std::collections::HashMap;

use ipnet::IpNet;
use jiff::{Timestamp, civil::Date, tz::TimeZone};
use maxminddb::{MaxMindDbError, Reader};
use model::Country;
use serde::Deserialize;
use unpack::Rejections;

use super::{Content, Limits, Meter, ReadFailure, too_many};
use crate::dataset::{DatasetBuilder, Kind};

/// What is asked of a record, in the field names of MaxMind's ASN, ISP, Country and City databases. DB-IP's have
/// the same.
#[derive(Deserialize)]
struct Record<'a> {
    autonomous_system_number: Option<u32>,
    #[serde(borrow)]
    autonomous_system_organization: Option<&'a str>,
    #[serde(borrow)]
    country: Option<CountryRecord<'a>>,
    #[serde(borrow)]
    registered_country: Option<CountryRecord<'a>>,
}

#[derive(Deserialize)]
struct CountryRecord<'a> {
    iso_code: Option<&'a str>,
}

impl Record<'_> {
    fn country(&self) -> Option<Country> {
        [&self.country, &self.registered_country]
            .into_iter()
            .flatten()
            .find_map(|country| country.iso_code.and_then(Country::new))
    }
}

/// Reads all networks of a database.
///
/// A record that makes no sense fails the import: a database is built whole, so one bad record means a damaged
/// file. The tree of a hostile file can reach one node by many ways and so have any number of networks; only as
/// many as the limit are looked at.
pub(crate) fn read(bytes: Vec<u8>, limits: Limits, mut meter: Meter<'_>) -> Result<Content, ReadFailure> {
    let reader = Reader::from_source(bytes).map_err(corrupt)?;
    let date = date(reader.metadata().build_epoch);
    let mut builder = DatasetBuilder::new();
    let mut rejected = Rejections::default();
    // Many networks share a record.
    let mut known: HashMap<usize, (Option<u32>, Option<Country>)> = HashMap::new();
    let mut rows = 0u64;
    let mut with_as = false;
    for network in reader.networks(Default::default()).map_err(corrupt)? {
        let network = network.map_err(corrupt)?;
        rows += 1;
        meter.tick(rows);
        if rows > limits.rows as u64 {
            return Err(too_many(limits));
        }
        let net = network.network().map_err(corrupt)?;
        let offset = network.offset().unwrap_or_default();
        let (asn, country) = match known.get(&offset) {
            Some(record) => *record,
            None => {
                let record = network.decode::<Record<'_>>().map_err(corrupt)?;
                let asn = record.as_ref().and_then(|record| record.autonomous_system_number);
                let name = record.as_ref().and_then(|record| record.autonomous_system_organization);
                if let (Some(asn), Some(name)) = (asn, name) {
                    builder.holder(asn, name, None);
                }
                let country = record.as_ref().and_then(Record::country);
                known.insert(offset, (asn, country));
                (asn, country)
            }
        };
        with_as |= asn.is_some();
        match IpNet::new(net.ip(), net.prefix()) {
            Ok(net) if asn.is_some() || country.is_some() => {
                builder.prefix(net.trunc(), asn, country);
                builder.count_row();
            }
            _ => rejected.reject("neither AS nor country", || net.to_string()),
        }
    }
    let kind = if with_as { Kind::MmdbAsn } else { Kind::MmdbCountry };
    Ok(Content { builder, rejected, kind, date })
}

fn date(build_epoch: u64) -> Option<Date> {
    let built = i64::try_from(build_epoch).ok().filter(|seconds| *seconds > 0)?;
    Timestamp::from_second(built).ok().map(|at| at.to_zoned_datetime(TimeZone::UTC).date())
}

fn corrupt(error: MaxMindDbError) -> ReadFailure {
    ReadFailure::Corrupt(format!("the MMDB is damaged ({error}); fetch it again"))
}
