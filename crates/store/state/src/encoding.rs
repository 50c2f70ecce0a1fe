//! Values as they are on disk: compact, and one form only for one value, so that equal states have equal bytes.
//!
//! Whole numbers are LEB128 varints; times are whole microseconds since 1970 in 8 bytes, the low ones first; lists and
//! texts have their length before them. What a later version adds needs a new [`FORMAT`](crate::state::FORMAT): the
//! state is rebuilt rather than migrated.

use std::net::{IpAddr, Ipv6Addr};

use hosts::{Activities, Details, Earliest, MailedAddress, Taken, Tally};
use jiff::Timestamp;
use model::{ActivityKind, EventId, Sample};

/// The bit, after one for each kind of activity, that says that addresses were taken.
const TAKEN: u128 = 1 << ActivityKind::ALL.len();

pub(crate) fn activities(activities: &Activities) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(32);
    let took = activities.taken != Taken::default();
    let kinds = activities.iter().fold(0, |mask, (kind, _)| mask | 1 << kind as u8);
    put_number(&mut bytes, kinds | if took { TAKEN } else { 0 });
    activities.iter().for_each(|(_, tally)| put_tally(&mut bytes, tally));
    if took {
        put_number(&mut bytes, activities.taken.addresses.into());
        put_number(&mut bytes, zigzag(activities.taken.seconds));
    }
    bytes
}

pub(crate) fn read_activities(bytes: &[u8]) -> Option<Activities> {
    let mut reader = Reader(bytes);
    let mut activities = Activities::default();
    let mask = reader.number()?;
    for kind in ActivityKind::ALL.into_iter().filter(|kind| mask & 1 << *kind as u8 != 0) {
        activities.add(kind, reader.tally()?);
    }
    if mask & TAKEN != 0 {
        activities.taken = Taken { addresses: reader.whole()?, seconds: unzigzag(reader.number()?) };
    }
    reader.ended(activities)
}

pub(crate) fn mailed(mailed: &MailedAddress) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(16);
    put_tally(&mut bytes, mailed);
    bytes
}

pub(crate) fn read_mailed(bytes: &[u8]) -> Option<MailedAddress> {
    let mut reader = Reader(bytes);
    let mailed = reader.tally()?;
    reader.ended(mailed)
}

pub(crate) fn details(details: &Details) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(256);
    put_list(&mut bytes, &details.addresses, |bytes, address| bytes.extend(to_v6(*address).octets()));
    put_list(&mut bytes, &details.user_agents, |bytes, text| put_text(bytes, text));
    put_list(&mut bytes, &details.helo_names, |bytes, text| put_text(bytes, text));
    put_number(&mut bytes, details.samples().len() as u128);
    for sample in details.samples() {
        bytes.push(sample.kind as u8);
        bytes.extend(sample.event.as_bytes());
    }
    bytes
}

pub(crate) fn read_details(bytes: &[u8]) -> Option<Details> {
    let mut reader = Reader(bytes);
    let mut details = Details::default();
    details.addresses = reader.list(Reader::address)?;
    details.user_agents = reader.list(Reader::text)?;
    details.helo_names = reader.list(Reader::text)?;
    for _ in 0..reader.number()? {
        let kind = *ActivityKind::ALL.get(usize::from(reader.array::<1>()?[0]))?;
        details.cite(Sample { kind, event: EventId::from_bytes(reader.array()?) });
    }
    reader.ended(details)
}

fn to_v6(address: IpAddr) -> Ipv6Addr {
    match address {
        IpAddr::V4(v4) => v4.to_ipv6_mapped(),
        IpAddr::V6(v6) => v6,
    }
}

fn zigzag(number: i128) -> u128 {
    (number << 1 ^ number >> 127).cast_unsigned()
}

fn unzigzag(number: u128) -> i128 {
    (number >> 1).cast_signed() ^ -(number & 1).cast_signed()
}

fn put_number(bytes: &mut Vec<u8>, mut number: u128) {
    while number >= 0x80 {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}

fn put_time(bytes: &mut Vec<u8>, at: Timestamp) {
    bytes.extend(at.as_microsecond().to_le_bytes());
}

fn put_tally(bytes: &mut Vec<u8>, tally: &Tally) {
    let length = tally.last.as_microsecond() - tally.first.as_microsecond();
    put_number(bytes, tally.count.into());
    put_time(bytes, tally.first);
    put_number(bytes, u128::from(length.unsigned_abs()));
}

fn put_text(bytes: &mut Vec<u8>, text: &str) {
    put_number(bytes, text.len() as u128);
    bytes.extend(text.as_bytes());
}

fn put_list<T: Ord + Clone, const N: usize>(
    bytes: &mut Vec<u8>,
    list: &Earliest<T, N>,
    put: impl Fn(&mut Vec<u8>, &T),
) {
    put_number(bytes, list.iter().len() as u128);
    for (first, value) in list.iter() {
        put_time(bytes, first);
        put(bytes, value);
    }
}

/// Reads what the functions above wrote. `None`: something else was written.
struct Reader<'a>(&'a [u8]);

impl Reader<'_> {
    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (array, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(*array)
    }

    fn number(&mut self) -> Option<u128> {
        let mut number = 0;
        for shift in (0..128).step_by(7) {
            let [byte] = self.array()?;
            number |= u128::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Some(number);
            }
        }
        None
    }

    fn whole(&mut self) -> Option<u64> {
        self.number()?.try_into().ok()
    }

    fn time(&mut self) -> Option<Timestamp> {
        Timestamp::from_microsecond(i64::from_le_bytes(self.array()?)).ok()
    }

    fn tally(&mut self) -> Option<Tally> {
        let count = self.whole()?;
        let first = self.time()?;
        let length = i64::try_from(self.number()?).ok()?;
        let last = first.as_microsecond().checked_add(length)?;
        Some(Tally { count, first, last: Timestamp::from_microsecond(last).ok()? })
    }

    fn address(&mut self) -> Option<IpAddr> {
        Some(IpAddr::V6(self.array()?.into()).to_canonical())
    }

    fn text(&mut self) -> Option<String> {
        let length = usize::try_from(self.number()?).ok()?;
        let (text, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        String::from_utf8(text.to_vec()).ok()
    }

    fn list<T: Ord + Clone, const N: usize>(
        &mut self,
        value: impl Fn(&mut Self) -> Option<T>,
    ) -> Option<Earliest<T, N>> {
        let mut list = Earliest::default();
        for _ in 0..self.number()? {
            let first = self.time()?;
            list.see(first, &value(self)?, T::clone);
        }
        Some(list)
    }

    fn ended<T>(self, value: T) -> Option<T> {
        self.0.is_empty().then_some(value)
    }
}
