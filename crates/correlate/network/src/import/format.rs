//! Which format a source is in, told from its content.

use std::fmt;
use std::net::IpAddr;

use ipnet::IpNet;
use serde::Serialize;

use super::text::{asn, fields};

/// How much of a source's beginning is looked at, in bytes.
pub(crate) const HEAD: usize = 4096;

/// The formats that can be imported.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Format {
    /// MRT, TABLE_DUMP or TABLE_DUMP_V2 (RFC 6396): what RIPE RIS and RouteViews publish.
    Mrt,
    /// MaxMind DB with AS or country records.
    Mmdb,
    /// iptoasn.com's TSV: first address, last address, AS, country, name.
    IpToAsn,
    /// CSV: `prefix,asn[,country]`.
    Prefixes,
    /// CSV: `asn,provider[,country]`.
    Providers,
}

impl Format {
    /// All formats.
    pub const ALL: [Self; 5] = [Self::Mrt, Self::Mmdb, Self::IpToAsn, Self::Prefixes, Self::Providers];

    /// The name used on the command line and in output.
    pub fn name(self) -> &'static str {
        match self {
            Self::Mrt => "mrt",
            Self::Mmdb => "mmdb",
            Self::IpToAsn => "ip-to-asn",
            Self::Prefixes => "prefixes",
            Self::Providers => "providers",
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What the first bytes say. An MMDB can't be told from them: its mark is at its end.
pub(crate) fn of_head(head: &[u8]) -> Option<Format> {
    if is_mrt(head) {
        return Some(Format::Mrt);
    }
    let line = head
        .split(|byte| *byte == b'\n')
        .map(|line| String::from_utf8_lossy(line).trim_start_matches('\u{feff}').trim_end().to_owned())
        .find(|line| !line.is_empty() && !line.starts_with('#'))?;
    let tabbed: Vec<&str> = line.split('\t').collect();
    if tabbed.len() >= 4 && tabbed[..2].iter().all(|field| field.parse::<IpAddr>().is_ok()) {
        return Some(Format::IpToAsn);
    }
    let fields = fields(&line);
    let [first, _, ..] = &fields[..] else { return None };
    if first.eq_ignore_ascii_case("prefix") || first.parse::<IpNet>().is_ok() {
        Some(Format::Prefixes)
    } else if first.eq_ignore_ascii_case("asn") || asn(first).is_some() {
        Some(Format::Providers)
    } else {
        None
    }
}

/// Whether this is an MRT header: a time since there is MRT, a type that RFC 6396 section 4 names, a subtype it can
/// have, a length that a record can have. The tree that an MMDB begins with has small numbers where the time is.
fn is_mrt(head: &[u8]) -> bool {
    const YEAR_1995: u32 = 788_918_400;
    let Some(&[a, b, c, d, 0, kind, 0, subtype, high, _, _, _]) = head.first_chunk::<12>() else { return false };
    let named = matches!((kind, subtype), (12, 1..=2) | (13, 1..=12) | (16 | 17, 0..=11) | (11 | 32 | 48, 0..=3));
    named && high == 0 && u32::from_be_bytes([a, b, c, d]) >= YEAR_1995
}

/// Whether this has the mark of an MMDB's metadata, which is within the last 128 KiB.
pub(crate) fn is_mmdb(bytes: &[u8]) -> bool {
    const MARK: &[u8] = b"\xab\xcd\xefMaxMind.com";
    let tail = &bytes[bytes.len().saturating_sub(128 << 10)..];
    tail.windows(MARK.len()).any(|window| window == MARK)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_formats_are_told_from_their_first_row_or_header() {
        for (head, format) in [
            ("1.1.1.0\t1.1.1.0\t13335\tUS\tCLOUDFLARENET\n", Some(Format::IpToAsn)),
            ("# routes of the world\nprefix,asn\n", Some(Format::Prefixes)),
            ("\u{feff}240.0.0.0/8,64500\r\n", Some(Format::Prefixes)),
            ("2001:db8::/32 , AS64500, NL\n", Some(Format::Prefixes)),
            ("asn,provider\n", Some(Format::Providers)),
            ("AS64500,\"Example, Inc.\",US\n", Some(Format::Providers)),
            ("64500,Example\n", Some(Format::Providers)),
            ("From spammer@example\n", None),
            ("", None),
        ] {
            assert_eq!(of_head(head.as_bytes()), format, "{head:?}");
        }
    }
}
