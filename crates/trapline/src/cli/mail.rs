//! `trapline mail`: mail that came to traps.

use std::fmt;
use std::net::IpAddr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use clap::{Args, Subcommand};
use jiff::{SignedDuration, Timestamp};
use model::EventId;
use serde::Serialize;
use serde_json::{Map, Value};

use super::lookup::minute;
use super::output::{printable, table};
use super::{Output, ask, time};
use crate::deployment::{Deployment, find_site};
use crate::engine::{MailFilter, MailItem, MailShown, Request};
use crate::failure::Failure;

/// Mail.
#[derive(Debug, Subcommand)]
pub enum Mail {
    /// Show deliveries, the latest first
    List(List),
    /// Show one message: who sent it, whose visit it is due to, how sure that is
    Show(Show),
}

/// Which deliveries.
#[derive(Debug, Args)]
pub struct List {
    /// Not before this: a date or a time, such as 2008-11-11 or 2008-11-11T21:30Z
    #[arg(long, value_parser = time)]
    from: Option<Timestamp>,
    /// Before this
    #[arg(long, value_parser = time)]
    to: Option<Timestamp>,
    /// From this address
    #[arg(long, value_name = "ADDRESS")]
    sender: Option<IpAddr>,
    /// To addresses that this visitor took
    #[arg(long, value_name = "ADDRESS")]
    harvester: Option<IpAddr>,
    /// To addresses of this site
    #[arg(long)]
    site: Option<String>,
    /// At most so many
    #[arg(long, default_value_t = 20)]
    limit: usize,
}

/// Which message.
#[derive(Debug, Args)]
pub struct Show {
    /// The id of a message or of one of its deliveries
    id: EventId,
    /// Write the message itself, byte for byte as received, and nothing else
    #[arg(long)]
    raw: bool,
}

impl Mail {
    /// Carries it out.
    pub async fn run(self, deployment: Deployment, output: Output) -> Result<(), Failure> {
        match self {
            Self::List(list) => list.run(deployment, output).await,
            Self::Show(show) => show.run(deployment, output).await,
        }
    }
}

impl List {
    async fn run(self, deployment: Deployment, output: Output) -> Result<(), Failure> {
        let site = match &self.site {
            Some(named) => Some(find_site(&deployment.registry().await?.sites().await?, named)?.id.get()),
            None => None,
        };
        let Self { from, to, sender, harvester, limit, .. } = self;
        let filter = MailFilter { from, to, sender, harvester, site, limit };
        let items: Vec<MailItem> = ask(deployment, output, Request::MailList(filter)).await?;
        output.answer(&Listed(items))
    }
}

#[derive(Serialize)]
#[serde(transparent)]
struct Listed(Vec<MailItem>);

impl fmt::Display for Listed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return write!(f, "No mail of that kind.");
        }
        let mut rows = table(&["time", "sender", "provider", "harvester", "lag", "sure", "subject", "delivery"], &[5]);
        for item in &self.0 {
            let harvester = item.harvester.clone().unwrap_or_else(|| item.trap.clone());
            rows.add_row([
                minute(item.at),
                item.sender.clone(),
                printable(item.sender_provider.as_deref().unwrap_or_default(), 24),
                harvester,
                item.lag_seconds.map(lag).unwrap_or_default(),
                item.confidence.map(|percent| format!("{percent} %")).unwrap_or_default(),
                printable(&item.subject, 40),
                item.id.to_string(),
            ]);
        }
        write!(f, "{rows}")
    }
}

impl Show {
    async fn run(self, deployment: Deployment, output: Output) -> Result<(), Failure> {
        let request = Request::MailShow { id: self.id, content: self.raw };
        let shown: MailShown = ask(deployment, output, request).await?;
        if !self.raw || output.is_json() {
            return output.answer(&Whole(shown));
        }
        let content = shown.content.ok_or_else(|| {
            Failure::not_found(
                "the message itself is gone: its table's days to keep are over (`keep_days` in the settings)",
            )
        })?;
        output.bytes(&STANDARD.decode(content).map_err(anyhow::Error::from)?)
    }
}

#[derive(Serialize)]
#[serde(transparent)]
struct Whole(MailShown);

impl fmt::Display for Whole {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(first) = self.0.deliveries.first() else { return Ok(()) };
        writeln!(f, "message    {}", text(first, "message"))?;
        writeln!(f, "received   {}, {} bytes by {}", text(first, "at"), text(first, "size"), text(first, "protocol"))?;
        writeln!(f, "sender     {}{}", text(first, "sender"), place(first, "sender"))?;
        writeln!(f, "said       HELO {}, MAIL FROM <{}>", text(first, "helo"), text(first, "mail_from"))?;
        writeln!(f, "subject    {}", text(first, "subject"))?;
        write!(f, "from       {}", text(first, "header_from"))?;
        for delivery in &self.0.deliveries {
            write!(f, "\n\ndelivery   {}\nrecipient  {}", text(delivery, "id"), text(delivery, "recipient"))?;
            attribution(f, delivery)?;
        }
        for visit in &self.0.visits {
            write!(f, "\n\nvisit      {}, {}", text(visit, "id"), text(visit, "at"))?;
            write!(f, "\nasked      {} http://{}{}", text(visit, "method"), text(visit, "host"), text(visit, "path"))?;
            write!(f, "\nas         {}", text(visit, "user_agent"))?;
            write!(f, "\nheaders    {}", text(visit, "header_names"))?;
            write!(f, "\nnotice     SHA-256 {}", text(visit, "notice_digest"))?;
        }
        if let Some(session) = &self.0.session {
            write!(
                f,
                "\n\nsession    {}, from {} to {}",
                text(session, "id"),
                text(session, "at"),
                text(session, "ended")
            )?;
            let counts =
                ["commands", "messages", "recipients"].map(|column| format!("{} {column}", text(session, column)));
            write!(f, "\n           {}, ended: {}", counts.join(", "), text(session, "ending"))?;
        }
        Ok(())
    }
}

fn attribution(f: &mut fmt::Formatter<'_>, delivery: &Map<String, Value>) -> fmt::Result {
    let Some(sure) = delivery.get("confidence").and_then(Value::as_u64) else {
        let what = match text(delivery, "trap").as_str() {
            "static" => "an address set out by hand: it names no visitor",
            _ => "a guessed address: nobody was given it",
        };
        return write!(f, "\ntrap       {what}");
    };
    let waited = delivery.get("lag_seconds").and_then(Value::as_i64).map(lag).unwrap_or_default();
    write!(f, "\nharvester  {}{}", text(delivery, "harvester"), place(delivery, "harvester"))?;
    write!(
        f,
        "\nharvested  {}, {waited} before, from site {}",
        text(delivery, "harvested_at"),
        text(delivery, "site")
    )?;
    write!(f, "\nsure       {sure} %: {}", text(delivery, "reasons").replace('_', " "))
}

/// Where an address is: `, Provider (AS64500, 240.0.0.0/16, US)`.
fn place(row: &Map<String, Value>, whose: &str) -> String {
    let part = |name: &str| Some(text(row, &format!("{whose}_{name}"))).filter(|text| !text.is_empty());
    let details: Vec<String> =
        [part("asn").map(|asn| format!("AS{asn}")), part("prefix"), part("country")].into_iter().flatten().collect();
    let provider = part("provider").unwrap_or_else(|| "unknown provider".to_owned());
    if details.is_empty() { String::new() } else { format!(", {provider} ({})", details.join(", ")) }
}

fn text(row: &Map<String, Value>, column: &str) -> String {
    match row.get(column) {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => printable(text, 200),
        Some(Value::Array(values)) => {
            let texts = values.iter().map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned));
            printable(&texts.collect::<Vec<_>>().join(", "), 400)
        }
        Some(other) => other.to_string(),
    }
}

/// A time span as people say it, in its two largest units: `12d 3h`.
pub fn lag(seconds: i64) -> String {
    let span = SignedDuration::from_secs(seconds.abs());
    let sign = if seconds < 0 { "-" } else { "" };
    let (days, hours, minutes) = (span.as_hours() / 24, span.as_hours() % 24, span.as_mins() % 60);
    match (days, hours, minutes) {
        (0, 0, 0) => format!("{sign}{}s", span.as_secs()),
        (0, 0, minutes) => format!("{sign}{minutes}m"),
        (0, hours, minutes) => format!("{sign}{hours}h {minutes}m"),
        (days, hours, _) => format!("{sign}{days}d {hours}h"),
    }
}

#[cfg(test)]
mod tests {
    use super::lag;

    #[test]
    fn a_lag_is_said_in_its_two_largest_units() {
        assert_eq!([0, 59, 60, 3_660, 90_000, -90_000].map(lag), ["0s", "59s", "1m", "1h 1m", "1d 1h", "-1d 1h"]);
    }
}
