//! `trapline lookup`: all that is known of an address.

use std::fmt;
use std::net::IpAddr;

use clap::Args;
use serde::Serialize;

use super::output::{grouped, printable, table};
use super::{Output, ask};
use crate::deployment::Deployment;
use crate::engine::{LookupAnswer, Request};
use crate::failure::Failure;

/// Look up an address.
#[derive(Debug, Args)]
pub struct Lookup {
    /// An IPv4 or IPv6 address
    address: IpAddr,
}

impl Lookup {
    /// Carries it out.
    pub async fn run(self, deployment: Deployment, output: Output) -> Result<(), Failure> {
        let answer: LookupAnswer = ask(deployment, output, Request::Lookup { address: self.address }).await?;
        output.answer(&Shown(answer))
    }
}

#[derive(Serialize)]
#[serde(transparent)]
struct Shown(LookupAnswer);

/// User agents, HELO names and samples shown of each kind; `--json` has all.
const EXAMPLES: usize = 5;

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let answer = &self.0;
        writeln!(f, "{}", answer.host)?;
        let network = &answer.network;
        let provider = network.provider.as_deref().unwrap_or("unknown provider");
        let asn = network.asn.map_or_else(|| "no AS known".to_owned(), |asn| format!("AS{asn}"));
        let prefix = network.prefix.map_or_else(|| "no prefix known".to_owned(), |prefix| prefix.to_string());
        let country = network.country.map(|country| format!(", {country}")).unwrap_or_default();
        let as_of = network.as_of.map(|date| format!(", as of {date}")).unwrap_or_default();
        writeln!(f, "  {}{country}: {asn}, {prefix}{as_of}", printable(provider, 60))?;
        let Some(record) = &answer.record else {
            return write!(f, "  was never seen doing anything here");
        };
        let mut rows = table(&["seen as", "times", "first", "last"], &[1]);
        for activity in &record.activities {
            let times = grouped(activity.count);
            rows.add_row([activity.kind.title().to_owned(), times, minute(activity.first), minute(activity.last)]);
        }
        write!(f, "{rows}")?;
        examples(f, "user agents", record.user_agents.iter().map(|seen| printable(&seen.value, 100)))?;
        examples(f, "HELO names", record.helo_names.iter().map(|seen| printable(&seen.value, 100)))?;
        examples(f, "addresses", record.addresses.iter().map(|seen| seen.value.to_string()))?;
        let cited = record.samples.iter().map(|sample| format!("{}  {}", sample.event, sample.kind.title()));
        examples(f, "events to cite", cited)?;
        examples(f, "neighbours seen", answer.neighbours.iter().map(ToString::to_string))
    }
}

fn examples(f: &mut fmt::Formatter<'_>, title: &str, values: impl ExactSizeIterator<Item = String>) -> fmt::Result {
    let count = values.len();
    if count == 0 {
        return Ok(());
    }
    write!(f, "\n{title}:")?;
    for value in values.take(EXAMPLES) {
        write!(f, "\n  {value}")?;
    }
    match count.checked_sub(EXAMPLES) {
        None | Some(0) => Ok(()),
        Some(more) => write!(f, "\n  and {more} more (--json shows all)"),
    }
}

/// A time to the minute: `2008-11-11 21:30`.
pub fn minute(at: jiff::Timestamp) -> String {
    at.strftime("%F %H:%M").to_string()
}
