//! iptoasn's TSV and the CSVs: a row a line.

use std::borrow::Cow;
use std::io::Read;
use std::net::IpAddr;

use ipnet::IpNet;
use model::Country;
use unpack::{Lines, Rejections};

use super::{Content, Limits, Meter, ReadFailure, too_many};
use crate::dataset::{DatasetBuilder, Kind};

/// The longest line, in bytes. iptoasn's longest has some 150.
const LINE: usize = 8 << 10;

/// What is wrong with a row.
type Reason = &'static str;

/// Reads a text of one row a line with `row`. Empty lines, comments (`#`) and a header are no rows.
pub(crate) fn read(
    source: impl Read,
    row: fn(&str, &mut DatasetBuilder) -> Result<(), Reason>,
    kind: Kind,
    limits: Limits,
    mut meter: Meter<'_>,
) -> Result<Content, ReadFailure> {
    let mut lines = Lines::new(source, LINE);
    let mut builder = DatasetBuilder::new();
    let mut rejected = Rejections::default();
    let mut rows = 0;
    while let Some(line) = lines.next_line()? {
        let text = String::from_utf8_lossy(line.bytes);
        let text = text.trim_start_matches('\u{feff}').trim_end();
        if text.is_empty() || text.starts_with('#') {
            continue;
        }
        rows += 1;
        meter.tick(rows);
        if rows == 1 && is_header(text) {
            continue;
        }
        let taken = if line.too_long { Err("line too long") } else { row(text, &mut builder) };
        match taken {
            Ok(()) => builder.count_row(),
            Err(reason) => rejected.reject(reason, || format!("line {}", line.number)),
        }
        if builder.len() > limits.rows {
            return Err(too_many(limits));
        }
    }
    Ok(Content { builder, rejected, kind, date: None })
}

fn is_header(line: &str) -> bool {
    fields(line).first().is_some_and(|first| ["prefix", "asn"].iter().any(|name| first.eq_ignore_ascii_case(name)))
}

/// First address, last address, AS, country and name, parted by tabs. AS 0 is space that nobody routes.
pub(crate) fn ip_to_asn(line: &str, builder: &mut DatasetBuilder) -> Result<(), Reason> {
    let mut fields = line.split('\t').map(str::trim);
    let mut next = || fields.next().ok_or("row with fewer than 4 fields");
    let address = |field: &str| field.parse::<IpAddr>().map_err(|_| "not an address");
    let (first, last) = (address(next()?)?, address(next()?)?);
    if first.is_ipv4() != last.is_ipv4() || first > last {
        return Err("range that ends before it begins");
    }
    let number = asn(next()?).ok_or("not an AS number")?;
    let country = Country::new(next()?);
    let name = fields.next().unwrap_or_default();
    let number = (number != 0).then_some(number);
    if number.is_some() || country.is_some() {
        builder.range(first, last, number, country);
    }
    if let Some(number) = number
        && !name.is_empty()
    {
        builder.holder(number, name, country);
    }
    Ok(())
}

/// `240.7.0.0/16,64500,US`
pub(crate) fn prefix(line: &str, builder: &mut DatasetBuilder) -> Result<(), Reason> {
    let fields = fields(line);
    let [prefix, number, rest @ ..] = &fields[..] else { return Err("row with fewer than 2 fields") };
    let prefix = prefix.parse::<IpNet>().map_err(|_| "not a prefix")?;
    let number = asn(number).filter(|number| *number != 0).ok_or("not an AS number")?;
    let country = country(rest.first())?;
    builder.prefix(prefix.trunc(), Some(number), country);
    Ok(())
}

/// `64500,Example Hosting,US`
pub(crate) fn provider(line: &str, builder: &mut DatasetBuilder) -> Result<(), Reason> {
    let fields = fields(line);
    let [number, name, rest @ ..] = &fields[..] else { return Err("row with fewer than 2 fields") };
    let number = asn(number).filter(|number| *number != 0).ok_or("not an AS number")?;
    if name.is_empty() {
        return Err("no provider");
    }
    builder.holder(number, name, country(rest.first())?);
    Ok(())
}

fn country(field: Option<&Cow<'_, str>>) -> Result<Option<Country>, Reason> {
    match field {
        Some(field) if !field.is_empty() => Country::new(field).map(Some).ok_or("not a two-letter country"),
        _ => Ok(None),
    }
}

/// `64500` or `AS64500`.
pub(crate) fn asn(field: &str) -> Option<u32> {
    let digits = field.strip_prefix("AS").or_else(|| field.strip_prefix("as")).unwrap_or(field);
    digits.parse().ok()
}

/// The fields of a CSV line (RFC 4180, without line breaks within quotes), trimmed.
pub(crate) fn fields(line: &str) -> Vec<Cow<'_, str>> {
    let mut fields = Vec::new();
    let mut rest = Some(line);
    while let Some(text) = rest {
        let (field, after) = match text.trim_start().strip_prefix('"') {
            Some(quoted) => quoted_field(quoted),
            None => {
                let (field, after) = text.split_once(',').map_or((text, None), |(a, b)| (a, Some(b)));
                (Cow::Borrowed(field.trim()), after)
            }
        };
        fields.push(field);
        rest = after;
    }
    fields
}

/// A field whose opening quote has been taken: its text, and what follows the comma after it.
fn quoted_field(text: &str) -> (Cow<'_, str>, Option<&str>) {
    let mut field = String::new();
    let mut rest = text;
    loop {
        let Some((before, after)) = rest.split_once('"') else {
            field.push_str(rest);
            return (Cow::Owned(field), None);
        };
        field.push_str(before);
        match after.strip_prefix('"') {
            Some(more) => {
                field.push('"');
                rest = more;
            }
            None => return (Cow::Owned(field), after.split_once(',').map(|(_, next)| next)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_keep_a_comma_and_doubled_quotes_stand_for_one() {
        assert_eq!(fields(r#"64500, "Example, ""the"" host" ,US"#), ["64500", r#"Example, "the" host"#, "US"]);
        assert_eq!(fields("a,,b,"), ["a", "", "b", ""]);
        assert_eq!(fields(r#""open,end"#), ["open,end"]);
    }
}
