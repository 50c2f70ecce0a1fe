//! One set of data about networks as it was on one day: what a routing table, a country database or a list of
//! providers says.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::net::IpAddr;
use std::num::NonZeroU32;

use ipnet::IpNet;
use jiff::civil::Date;
use model::Country;
use serde::{Deserialize, Serialize};

use crate::ranges::{Address, NONE, Range, Ranges};

/// What a dataset is about, and so what it is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// Announced prefixes and the AS that originates each: an MRT table dump or a CSV of prefixes.
    Routes,
    /// Ranges with AS, country and the AS's name, as iptoasn.com gives them.
    IpToAsn,
    /// An MMDB that says the AS.
    MmdbAsn,
    /// An MMDB that says the country.
    MmdbCountry,
    /// A CSV that says who runs an AS.
    Providers,
}

impl Kind {
    /// All kinds.
    pub const ALL: [Self; 5] = [Self::Routes, Self::IpToAsn, Self::MmdbAsn, Self::MmdbCountry, Self::Providers];

    /// The name used in file names and output.
    pub fn name(self) -> &'static str {
        match self {
            Self::Routes => "routes",
            Self::IpToAsn => "ip-to-asn",
            Self::MmdbAsn => "mmdb-asn",
            Self::MmdbCountry => "mmdb-country",
            Self::Providers => "providers",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The `prefix_length` of a value that came as a range rather than as a prefix.
pub(crate) const FROM_RANGE: u8 = u8::MAX;

/// What a range of addresses has in common. Eight bytes, so that as many as can be stay in the processor's caches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Value {
    /// The length of the prefix that an address of the range is in, or [`FROM_RANGE`].
    pub prefix_length: u8,
    /// AS 0 is none: it stands for what nobody may announce (RFC 7607).
    pub asn: Option<NonZeroU32>,
    pub country: Option<Country>,
}

/// Who runs an AS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Holder {
    pub name: Box<str>,
    pub country: Option<Country>,
}

/// What a dataset says of one address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    pub prefix: IpNet,
    pub asn: Option<u32>,
    pub country: Option<Country>,
}

/// One set of data about networks, as it was on one day. Made by [`crate::import`] or a [`DatasetBuilder`].
#[derive(Clone, Debug)]
pub struct Dataset {
    pub(crate) kind: Kind,
    pub(crate) date: Date,
    pub(crate) rows: u64,
    pub(crate) values: Vec<Value>,
    pub(crate) v4: Ranges<u32>,
    pub(crate) v6: Ranges<u128>,
    pub(crate) holders: BTreeMap<u32, Holder>,
}

impl Dataset {
    /// What it is about.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// The day on which it was so.
    pub fn date(&self) -> Date {
        self.date
    }

    /// How many rows of its source it was made of.
    pub fn rows(&self) -> u64 {
        self.rows
    }

    pub(crate) fn answer(&self, address: IpAddr) -> Option<Answer> {
        match address {
            IpAddr::V4(v4) => self.answer_in(&self.v4, u32::from(v4)),
            IpAddr::V6(v6) => self.answer_in(&self.v6, u128::from(v6)),
        }
    }

    fn answer_in<A: Address>(&self, ranges: &Ranges<A>, address: A) -> Option<Answer> {
        let (index, value) = ranges.find(address)?;
        let value = self.values.get(value as usize)?;
        let length = match value.prefix_length {
            FROM_RANGE => largest_block(ranges.bounds(index)?, address),
            length => length,
        };
        let prefix = IpNet::new(address.block(length).0.to_ip(), length).ok()?;
        Some(Answer { prefix, asn: value.asn.map(NonZeroU32::get), country: value.country })
    }

    /// Whether it says anything of addresses of this family.
    pub(crate) fn covers(&self, address: IpAddr) -> bool {
        match address {
            IpAddr::V4(_) => !self.v4.is_empty(),
            IpAddr::V6(_) => !self.v6.is_empty(),
        }
    }
}

/// The length of the largest block that lies within these bounds and holds the address.
fn largest_block<A: Address>((first, last): (A, A), address: A) -> u8 {
    let fits = |length: &u8| {
        let block = address.block(*length);
        first <= block.0 && block.1 <= last
    };
    (0..=A::BITS).find(fits).unwrap_or(A::BITS)
}

/// Gathers what a source says and makes a [`Dataset`] of it.
///
/// Of two rows about one prefix the later counts. For a million prefixes it takes some 60 MB.
#[derive(Debug, Default)]
pub struct DatasetBuilder {
    rows: u64,
    values: Vec<Value>,
    numbers: HashMap<Value, u32>,
    v4: Vec<Span<u32>>,
    v6: Vec<Span<u128>>,
    holders: BTreeMap<u32, Holder>,
}

#[derive(Clone, Copy, Debug)]
struct Span<A> {
    first: A,
    last: A,
    value: u32,
}

impl DatasetBuilder {
    /// A builder that has gathered nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// This prefix is announced by this AS, and registered in this country as far as is known.
    pub fn prefix(&mut self, prefix: IpNet, asn: Option<u32>, country: Option<Country>) {
        let value =
            self.number(Value { prefix_length: prefix.prefix_len(), asn: asn.and_then(NonZeroU32::new), country });
        match prefix {
            IpNet::V4(net) => {
                self.v4.push(Span { first: net.network().into(), last: net.broadcast().into(), value });
            }
            IpNet::V6(net) => {
                self.v6.push(Span { first: net.network().into(), last: net.broadcast().into(), value });
            }
        }
    }

    /// These addresses, `first` to `last`, belong to this AS and country. The two must be of one family and in
    /// order; ranges must not overlap: [`DatasetBuilder::build`] leaves out one that does.
    pub fn range(&mut self, first: IpAddr, last: IpAddr, asn: Option<u32>, country: Option<Country>) {
        let value = self.number(Value { prefix_length: FROM_RANGE, asn: asn.and_then(NonZeroU32::new), country });
        match (first, last) {
            (IpAddr::V4(first), IpAddr::V4(last)) if first <= last => {
                self.v4.push(Span { first: first.into(), last: last.into(), value });
            }
            (IpAddr::V6(first), IpAddr::V6(last)) if first <= last => {
                self.v6.push(Span { first: first.into(), last: last.into(), value });
            }
            _ => {}
        }
    }

    /// This AS is run by this provider. The first name given to an AS stays.
    pub fn holder(&mut self, asn: u32, provider: &str, country: Option<Country>) {
        self.holders.entry(asn).or_insert_with(|| Holder { name: provider.into(), country });
    }

    /// Counts a row of the source as taken.
    pub(crate) fn count_row(&mut self) {
        self.count_rows(1);
    }

    /// Counts rows of the source as taken.
    pub(crate) fn count_rows(&mut self, rows: u64) {
        self.rows += rows;
    }

    /// How many prefixes, ranges and names have been gathered.
    pub(crate) fn len(&self) -> usize {
        self.v4.len() + self.v6.len() + self.holders.len()
    }

    fn number(&mut self, value: Value) -> u32 {
        let values = &mut self.values;
        *self.numbers.entry(value).or_insert_with(|| {
            values.push(value);
            (values.len() - 1) as u32
        })
    }

    /// The dataset of what was gathered, and how many ranges were left out since they overlap others.
    pub fn build(self, kind: Kind, date: Date) -> (Dataset, u64) {
        let Self { rows, values, numbers, v4, v6, holders } = self;
        drop(numbers);
        let (v4, overlaps4) = flatten(v4, &values);
        let (v6, overlaps6) = flatten(v6, &values);
        (Dataset { kind, date, rows, values, v4, v6, holders }, overlaps4 + overlaps6)
    }
}

/// Sorts and flattens. Prefixes nest by nature; a range that reaches over the end of one around it does not.
fn flatten<A: Address>(mut spans: Vec<Span<A>>, values: &[Value]) -> (Ranges<A>, u64) {
    // Stable, so that of two about the same prefix the later is the later still.
    spans.sort_by(|a, b| a.first.cmp(&b.first).then(b.last.cmp(&a.last)));
    let mut overlaps = 0;
    let mut around: Vec<A> = Vec::new();
    spans.retain(|span| {
        while around.last().is_some_and(|last| *last < span.first) {
            around.pop();
        }
        let clear = around.last().is_none_or(|last| span.last <= *last);
        if clear {
            around.push(span.last);
        } else {
            overlaps += 1;
        }
        clear
    });
    let from_prefix = |value: u32| values.get(value as usize).is_some_and(|v| v.prefix_length != FROM_RANGE);
    let sorted = spans.iter().map(|span| Range { first: span.first, last: span.last, value: span.value });
    (Ranges::flatten(sorted, |value| value != NONE && from_prefix(value)), overlaps)
}
