//! MRT table dumps (RFC 6396): what the peers of a route collector announce, reduced to prefix and origin.

use std::io::{self, Read};

use bgpkit_parser::models::{Attributes, MrtMessage, TableDumpV2Message};
use bgpkit_parser::parser::mrt::mrt_record::chunk_mrt_record;
use bgpkit_parser::{MrtRecord, ParserError};
use ipnet::IpNet;
use jiff::{Timestamp, civil::Date, tz::TimeZone};
use unpack::Rejections;

use super::{Content, Limits, Meter, ReadFailure, too_many};
use crate::dataset::{DatasetBuilder, Kind};

/// The largest record, in bytes. One prefix as 3,000 peers see it takes some 500 KB.
const RECORD: usize = 4 << 20;

/// AS 23456 stands for one that a 16-bit speaker cannot name (RFC 6793, section 9).
const AS_TRANS: u32 = 23456;

/// Reads a table dump. A prefix that several ASes originate is given to the one that most peers see as its
/// origin, the lowest of those if there are several.
pub(crate) fn read(mut source: impl Read, limits: Limits, mut meter: Meter<'_>) -> Result<Content, ReadFailure> {
    let mut table = Table { votes: Vec::new(), compact_at: 1 << 20 };
    let mut rejected = Rejections::default();
    let mut date = None;
    let (mut records, mut routes, mut updates) = (0u64, 0u64, 0u64);
    loop {
        let raw = match chunk_mrt_record(&mut source) {
            Ok(raw) => raw,
            Err(failed) => match failed.error {
                ParserError::EofExpected => break,
                ParserError::IoError(error) if error.kind() == io::ErrorKind::FileTooLarge => {
                    return Err(ReadFailure::Io(error));
                }
                // Past a broken header nothing says where the next record begins.
                error => {
                    return Err(ReadFailure::Corrupt(format!("record {}: {error}; fetch the file again", records + 1)));
                }
            },
        };
        records += 1;
        let place = || format!("record {records}");
        let at = raw.common_header.timestamp;
        if raw.message_bytes.len() > RECORD {
            rejected.reject("record too large", place);
            continue;
        }
        match raw.parse() {
            Ok(MrtRecord { message, .. }) => match Announced::of(message) {
                Some(announced) => {
                    date = date.or_else(|| day(at));
                    for (prefix, attributes) in &announced.0 {
                        routes += 1;
                        meter.tick(routes);
                        match table.count(*prefix, attributes) {
                            Ok(()) => {}
                            Err(reason) => rejected.reject(reason, place),
                        }
                    }
                }
                None => updates += 1,
            },
            Err(error) => rejected.reject(format!("record that is not understood: {}", kind_of(&error)), place),
        }
        if table.is_over(limits.rows) {
            return Err(too_many(limits));
        }
    }
    if routes == 0 && updates > 0 {
        return Err(ReadFailure::Corrupt(
            "it holds updates and no routing table; import a table dump (`bview.…`, `rib.…`)".to_owned(),
        ));
    }
    let accepted = routes.saturating_sub(rejected.total());
    Ok(Content { builder: table.into_builder(accepted), rejected, kind: Kind::Routes, date })
}

fn day(seconds: u32) -> Option<Date> {
    Timestamp::from_second(seconds.into()).ok().map(|at| at.to_zoned_datetime(TimeZone::UTC).date())
}

/// The kind of error without the numbers in it, so that alike ones are counted together.
fn kind_of(error: &ParserError) -> &'static str {
    match error {
        ParserError::TruncatedMsg(_) => "cut short",
        ParserError::Unsupported(_) => "of a type that is not supported",
        ParserError::IoError(_) => "ends too early",
        _ => "malformed",
    }
}

/// The routes of one record.
struct Announced(Vec<(IpNet, Attributes)>);

impl Announced {
    /// None if the record is no part of a table.
    fn of(message: MrtMessage) -> Option<Self> {
        match message {
            MrtMessage::TableDumpMessage(route) => Some(Self(vec![(route.prefix.prefix, route.attributes)])),
            MrtMessage::TableDumpMessageBatch(routes) => {
                Some(Self(routes.into_iter().map(|route| (route.prefix.prefix, route.attributes)).collect()))
            }
            MrtMessage::TableDumpV2Message(TableDumpV2Message::RibAfi(rib)) => {
                let prefix = rib.prefix.prefix;
                Some(Self(rib.rib_entries.into_iter().map(|entry| (prefix, entry.attributes)).collect()))
            }
            // The index of peers is not needed: a peer announces a prefix once.
            MrtMessage::TableDumpV2Message(_) => Some(Self(Vec::new())),
            _ => None,
        }
    }
}

/// How many peers saw this AS as the origin of this prefix.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Vote {
    prefix: IpNet,
    origin: u32,
    peers: u32,
}

/// The votes so far. A dump lists the peers of a prefix together, so that adding to the last few entries keeps it
/// small; a dump in another order is compacted now and then.
struct Table {
    votes: Vec<Vote>,
    compact_at: usize,
}

impl Table {
    fn count(&mut self, prefix: IpNet, attributes: &Attributes) -> Result<(), &'static str> {
        if prefix.prefix_len() == 0 {
            return Err("default route");
        }
        let path = attributes.effective_as_path().ok_or("route without AS path")?;
        let mut origins: Vec<u32> = path.iter_origins().map(u32::from).collect();
        origins.sort_unstable();
        origins.dedup();
        origins.retain(|origin| *origin != 0 && *origin != AS_TRANS);
        if origins.is_empty() {
            return Err("route without origin AS");
        }
        // An AS_SET at the end of a path has no one origin: each member has a vote.
        origins.into_iter().for_each(|origin| self.vote(prefix.trunc(), origin));
        Ok(())
    }

    fn vote(&mut self, prefix: IpNet, origin: u32) {
        let run = self.votes.iter_mut().rev().take_while(|vote| vote.prefix == prefix).take(16);
        for vote in run {
            if vote.origin == origin {
                vote.peers = vote.peers.saturating_add(1);
                return;
            }
        }
        self.votes.push(Vote { prefix, origin, peers: 1 });
    }

    /// Whether there are more prefixes than these, with several origins each at the worst.
    fn is_over(&mut self, prefixes: usize) -> bool {
        if self.votes.len() >= self.compact_at {
            self.compact();
            self.compact_at = (self.votes.len() * 2).max(1 << 20);
        }
        self.votes.len() > prefixes
    }

    /// Adds up the votes for the same origin of the same prefix.
    fn compact(&mut self) {
        self.votes.sort_unstable();
        self.votes.dedup_by(|later, earlier| {
            let same = (later.prefix, later.origin) == (earlier.prefix, earlier.origin);
            if same {
                earlier.peers = earlier.peers.saturating_add(later.peers);
            }
            same
        });
    }

    fn into_builder(mut self, rows: u64) -> DatasetBuilder {
        self.compact();
        let mut builder = DatasetBuilder::new();
        for of_prefix in self.votes.chunk_by(|a, b| a.prefix == b.prefix) {
            // Votes are in the order of origins, and `max_by_key` takes the last of equals.
            if let Some(winner) = of_prefix.iter().rev().max_by_key(|vote| vote.peers) {
                builder.prefix(winner.prefix, Some(winner.origin), None);
            }
        }
        builder.count_rows(rows);
        builder
    }
}
