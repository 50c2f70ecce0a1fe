//! Answers about mail: what came, and everything that belongs to one message.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::tz::TimeZone;
use model::{EventId, SealedVisit, Timestamp, Trap, VisitorNet};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use trap_address::{Recipient, Traps};

use super::{Engine, MailFilter};
use crate::failure::Failure;

/// A delivery as a list shows it: columns of the table `deliveries`.
#[derive(Debug, Serialize, Deserialize)]
pub struct MailItem {
    pub id: EventId,
    pub at: Timestamp,
    pub message: EventId,
    pub sender: String,
    pub sender_asn: Option<u32>,
    pub sender_provider: Option<String>,
    pub recipient: String,
    pub trap: String,
    pub subject: String,
    pub harvester: Option<String>,
    pub harvester_provider: Option<String>,
    pub harvested_at: Option<Timestamp>,
    pub lag_seconds: Option<i64>,
    pub confidence: Option<u8>,
}

const ITEM_COLUMNS: &str = "id, at, message, sender, sender_asn, sender_provider, recipient, trap, subject, harvester, \
    harvester_provider, harvested_at, lag_seconds, confidence";

/// One message with everything that belongs to it. Rows are as in the tables.
#[derive(Debug, Serialize, Deserialize)]
pub struct MailShown {
    /// One for each trap recipient.
    pub deliveries: Vec<Map<String, Value>>,
    /// The visits that took the recipients' addresses, where their records are there.
    pub visits: Vec<Map<String, Value>>,
    /// The session that brought it, without its transcript.
    pub session: Option<Map<String, Value>>,
    /// The message byte for byte, in base64, if it was asked for.
    pub content: Option<String>,
}

impl Engine {
    pub(super) async fn mail_list(&self, filter: &MailFilter) -> Result<Vec<MailItem>, Failure> {
        let mut conditions = Vec::new();
        if let Some(from) = filter.from {
            conditions.push(format!("at >= {} and day >= {}", time(from), day(from)));
        }
        if let Some(to) = filter.to {
            conditions.push(format!("at < {} and day <= {}", time(to), day(to)));
        }
        if let Some(sender) = filter.sender {
            conditions.push(format!("sender = '{}'", sender.to_canonical()));
        }
        if let Some(harvester) = filter.harvester {
            conditions.push(format!("harvester = '{}'", VisitorNet::of(harvester)));
        }
        if let Some(site) = filter.site {
            conditions.push(format!("site = {site}"));
        }
        let condition =
            if conditions.is_empty() { String::new() } else { format!("where {}", conditions.join(" and ")) };
        let sql = format!(
            "select {ITEM_COLUMNS} from deliveries {condition} order by at desc, id desc limit {}",
            filter.limit
        );
        let rows = self.records(&sql).await?;
        let items = rows.into_iter().map(|row| serde_json::from_value(Value::Object(row)));
        Ok(items.collect::<Result<_, _>>().map_err(anyhow::Error::from)?)
    }

    pub(super) async fn mail_show(&self, id: EventId, content: bool) -> Result<MailShown, Failure> {
        let deliveries = self.deliveries(id).await?;
        let Some(first) = deliveries.first() else {
            return Err(Failure::not_found(format!(
                "there is no message or delivery {id}; `trapline mail list` shows what there is"
            )));
        };
        let message: Option<EventId> = text(first, "message").and_then(|text| text.parse().ok());
        let mut visits = Vec::new();
        for delivery in &deliveries {
            let recipient = text(delivery, "recipient").unwrap_or_default();
            visits.extend(self.visit_behind(&recipient).await?);
        }
        visits.dedup();
        let session = match text(first, "session").and_then(|text| text.parse::<EventId>().ok()) {
            Some(session) => self.session(session).await?,
            None => None,
        };
        let content = match message.filter(|_| content) {
            Some(message) => self.lake.content(message).await?.map(|bytes| STANDARD.encode(bytes)),
            None => None,
        };
        Ok(MailShown { deliveries, visits, session, content })
    }

    /// All deliveries of the message that this is the id of, or that this delivery is of.
    async fn deliveries(&self, id: EventId) -> Result<Vec<Map<String, Value>>, Failure> {
        // A delivery's id has its message's time, so both are in that day's partition.
        let day = day(id.at());
        let sql = format!(
            "select * from deliveries where day = {day} and message in \
             (select message from deliveries where day = {day} and (id = '{id}' or message = '{id}')) order by ordinal"
        );
        self.records(&sql).await
    }

    /// The visit whose address this recipient is.
    async fn visit_behind(&self, recipient: &str) -> Result<Option<Map<String, Value>>, Failure> {
        let traps = self.deployment.traps(&self.registry).await?;
        let Some(sealed) = opened(&traps, recipient) else { return Ok(None) };
        let rows = self.records(&visits_in_second(&sealed)).await?;
        // Several visits may share site, visitor and second: the address tells which it was.
        let address = |row: &Map<String, Value>| text(row, "address");
        Ok(rows.into_iter().find(|row| address(row).and_then(|address| opened(&traps, &address)) == Some(sealed)))
    }

    async fn session(&self, id: EventId) -> Result<Option<Map<String, Value>>, Failure> {
        let columns = "id, at, ended, client, client_port, client_identity, protocol, helo, tls_version, tls_cipher, commands, \
            messages, recipients, client_bytes, ending";
        let sql = format!("select {columns} from sessions where day = {} and id = '{id}'", day(id.at()));
        Ok(self.records(&sql).await?.into_iter().next())
    }

    /// Rows as objects, column by column.
    pub async fn records(&self, sql: &str) -> Result<Vec<Map<String, Value>>, Failure> {
        let answer = self.query(sql).await?;
        let record = |row: Vec<Value>| answer.columns.iter().cloned().zip(row).collect();
        Ok(answer.rows.into_iter().map(record).collect())
    }
}

fn text(row: &Map<String, Value>, column: &str) -> Option<String> {
    row.get(column).and_then(Value::as_str).map(str::to_owned)
}

/// What an address says; `None` if it doesn't open.
fn opened(traps: &Traps, address: &str) -> Option<SealedVisit> {
    match traps.classify(address, Timestamp::MAX) {
        Recipient::Trap(Trap::Issued(sealed)) => Some(sealed),
        _ => None,
    }
}

fn visits_in_second(sealed: &SealedVisit) -> String {
    let next = sealed.at + jiff::SignedDuration::from_secs(1);
    format!(
        "select * from visits where day = {} and site = {} and at >= {} and at < {} and address is not null",
        day(sealed.at),
        sealed.site,
        time(sealed.at),
        time(next)
    )
}

fn time(at: Timestamp) -> String {
    format!("timestamp '{at}'")
}

fn day(at: Timestamp) -> String {
    format!("date '{}'", at.to_zoned_datetime(TimeZone::UTC).date())
}
