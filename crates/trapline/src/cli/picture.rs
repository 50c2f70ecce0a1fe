//! `trapline picture`: which providers it concentrates at.

use std::fmt;

use clap::{Args, ValueEnum};
use jiff::SignedDuration;
use picture::{Counts, Measure};
use serde::Serialize;

use super::mail::lag;
use super::output::{grouped, printable, table};
use super::{Output, ask};
use crate::deployment::Deployment;
use crate::engine::Request;
use crate::failure::Failure;

/// The picture.
#[derive(Debug, Args)]
pub struct Picture {
    /// What the providers are ordered by
    #[arg(long, value_enum, default_value_t = By::HarvestedMessages)]
    by: By,
    /// Providers shown; `--json` has all
    #[arg(long, default_value_t = 12)]
    top: usize,
}

/// What providers can be ordered by.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum By {
    /// Hosts that took addresses which were then mailed
    Harvesters,
    /// Visits, by anybody
    Visits,
    /// Messages sent to traps
    Messages,
    /// Hosts that sent them
    SpamServers,
    /// Messages, sent by whomever, to addresses that harvesters there took
    HarvestedMessages,
}

impl From<By> for Measure {
    fn from(by: By) -> Self {
        match by {
            By::Harvesters => Self::Harvesters,
            By::Visits => Self::Visits,
            By::Messages => Self::Messages,
            By::SpamServers => Self::SpamServers,
            By::HarvestedMessages => Self::HarvestedMessages,
        }
    }
}

impl Picture {
    /// Carries it out.
    pub async fn run(self, deployment: Deployment, output: Output) -> Result<(), Failure> {
        let picture = ask(deployment, output, Request::Picture).await?;
        output.answer(&Shown { picture, by: self.by.into(), top: self.top })
    }
}

/// A picture, as text or JSON.
#[derive(Serialize)]
pub struct Shown {
    #[serde(flatten)]
    pub picture: picture::Picture,
    #[serde(skip)]
    pub by: Measure,
    #[serde(skip)]
    pub top: usize,
}

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let picture = &self.picture;
        let Some(as_of) = picture.as_of else {
            return write!(f, "Nothing has come in yet.");
        };
        writeln!(f, "{} hosts seen, up to {}", grouped(picture.hosts), as_of.strftime("%F %H:%M"))?;
        let mut rows = table(
            &["provider", "", "harvesters", "mail due to them", "spam servers", "messages", "visits"],
            &[2, 3, 4, 5, 6],
        );
        let providers = picture.by(self.by);
        for provider in providers.iter().take(self.top) {
            let counts = cells(&provider.counts, &picture.totals);
            let country = provider.country.map(|country| country.to_string()).unwrap_or_default();
            rows.add_row([printable(&provider.name, 32), country].into_iter().chain(counts));
        }
        let rest = providers.len().saturating_sub(self.top);
        let all = if rest > 0 { format!("all, {rest} more with them") } else { "all".to_owned() };
        rows.add_row([all, String::new()].into_iter().chain(cells(&picture.totals, &picture.totals)));
        writeln!(f, "{rows}")?;
        halves(f, picture)?;
        lags(f, picture)?;
        cost(f, picture)
    }
}

/// One provider's counts, each with its share of the whole.
fn cells(counts: &Counts, whole: &Counts) -> [String; 5] {
    let order =
        [Measure::Harvesters, Measure::HarvestedMessages, Measure::SpamServers, Measure::Messages, Measure::Visits];
    order.map(|measure| {
        let (count, all) = (counts.get(measure), whole.get(measure));
        if all == 0 {
            grouped(count)
        } else {
            format!("{}  {:>3.0} %", grouped(count), 100.0 * count as f64 / all as f64)
        }
    })
}

fn halves(f: &mut fmt::Formatter<'_>, picture: &picture::Picture) -> fmt::Result {
    for half in picture.halves.iter().filter(|half| half.reached) {
        let named = half.providers.iter().take(3).map(|name| printable(name, 32)).collect::<Vec<_>>().join(", ");
        let more = half.providers.len().saturating_sub(3);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        let of = half.measure.title();
        writeln!(
            f,
            "Half of all {of}: {} of {} providers ({named}{more})",
            half.providers.len(),
            picture.providers.len()
        )?;
    }
    Ok(())
}

fn lags(f: &mut fmt::Formatter<'_>, picture: &picture::Picture) -> fmt::Result {
    let first = &picture.lags.first_deliveries;
    let said = |span: Option<SignedDuration>| span.map(|span| lag(span.as_secs()));
    if let (Some(early), Some(middle), Some(late)) = (said(first.tenth), said(first.median), said(first.nine_tenths)) {
        writeln!(
            f,
            "From harvest to first spam: a tenth within {early}, half within {middle}, nine tenths within {late}"
        )?;
    }
    Ok(())
}

fn cost(f: &mut fmt::Formatter<'_>, picture: &picture::Picture) -> fmt::Result {
    let cost = &picture.cost;
    let days = cost.observed.as_hours() / 24;
    match (cost.messages_per_address, cost.for_addresses(50)) {
        (Some(each), Some(fifty)) => {
            let so_far =
                if cost.is_extrapolated() { format!(", if it goes on as in these {days} days") } else { String::new() };
            write!(
                f,
                "A harvested address got {each:.1} messages so far. 50 addresses on your site: {} a year{so_far}",
                grouped(fifty as u64)
            )
        }
        (Some(each), None) => write!(
            f,
            "A harvested address got {each:.1} messages so far; {days} days are too few to say how many a year"
        ),
        _ => Ok(()),
    }
}
