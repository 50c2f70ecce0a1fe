//! The table `deliveries`: one row for each message and trap recipient, with what was concluded when it came in.
//!
//! A message's own columns stand in each of its deliveries' rows: most have one recipient, and the encodings make
//! repeated values cheap, so that no question needs a join.

use journal::Position;
use model::{
    Attribution, Client, Confidence, Delivery, Harvest, Judgement, Message, MessageSummary, SealedVisit, Trap,
};

use super::network::{HARVESTER, SENDER, read_network, read_reason, reason_text, write_network};
use super::shared::{PROTOCOLS, named, read_client, write_client, write_start};
use super::visits::read_site;
use crate::LakeError;
use crate::columns::{Column, Kind, Row, RowWriter, column};

/// The columns.
pub const COLUMNS: &[Column] = &[
    column("id", Kind::Text),
    column("at", Kind::Time),
    column("day", Kind::Day),
    column("journal_position", Kind::Whole),
    column("message", Kind::Text),
    column("ordinal", Kind::Whole),
    column("session", Kind::Text),
    column("sender", Kind::Text),
    column("sender_port", Kind::Whole),
    column("sender_identity", Kind::Text),
    column("sender_prefix", Kind::Text),
    column("sender_asn", Kind::Whole),
    column("sender_provider", Kind::Text),
    column("sender_country", Kind::Text),
    column("sender_network_as_of", Kind::Day),
    column("protocol", Kind::Text),
    column("tls", Kind::Flag),
    column("helo", Kind::Text),
    column("mail_from", Kind::Text),
    column("recipient", Kind::Text),
    column("trap", Kind::Text),
    column("static_address", Kind::Text),
    column("site", Kind::Whole),
    column("harvested_at", Kind::Time),
    column("harvester", Kind::Text),
    column("nonce", Kind::Whole),
    column("key_generation", Kind::Whole),
    column("lag_seconds", Kind::Whole),
    column("confidence", Kind::Whole),
    column("reasons", Kind::Texts),
    column("harvester_prefix", Kind::Text),
    column("harvester_asn", Kind::Whole),
    column("harvester_provider", Kind::Text),
    column("harvester_country", Kind::Text),
    column("harvester_network_as_of", Kind::Day),
    column("size", Kind::Whole),
    column("digest", Kind::Text),
    column("subject", Kind::Text),
    column("header_from", Kind::Text),
    column("header_message_id", Kind::Text),
    column("sign_up_confirmation", Kind::Flag),
    column("received", Kind::Text),
];

/// Writes the rows of a message's deliveries.
pub fn write(row: &mut RowWriter, position: Position, message: &Message, judgement: &Judgement) {
    for (ordinal, delivery) in (1i64..).zip(&message.deliveries) {
        let place = usize::try_from(ordinal - 1).unwrap_or_default();
        let harvest = judgement.harvests.get(place).and_then(Option::as_ref);
        write_start(row, delivery.id, message.at, position);
        row.display(message.id);
        row.whole(ordinal);
        row.opt_display(message.session);
        write_client(row, &message.client);
        write_network(row, Some(&judgement.sender));
        row.text(message.protocol.name());
        row.flag(message.tls);
        row.text(&message.helo);
        row.text(&message.mail_from);
        row.text(&delivery.recipient);
        write_trap(row, &delivery.trap);
        write_harvest(row, harvest);
        write_summary(row, &judgement.summary);
        row.text(&message.received);
        row.end_row();
    }
}

fn write_trap(row: &mut RowWriter, trap: &Trap) {
    let (address, sealed) = match trap {
        Trap::Issued(sealed) => (None, Some(sealed)),
        Trap::Static(address) => (Some(address.as_str()), None),
        Trap::Dictionary => (None, None),
    };
    row.text(trap.name());
    row.opt_text(address);
    row.opt_whole(sealed.map(|sealed| sealed.site.get()));
    row.opt_time(sealed.map(|sealed| sealed.at));
    row.opt_display(sealed.map(|sealed| sealed.visitor));
    row.opt_whole(sealed.map(|sealed| sealed.nonce));
    row.opt_whole(sealed.map(|sealed| sealed.key_generation));
}

fn write_harvest(row: &mut RowWriter, harvest: Option<&Harvest>) {
    let attribution = harvest.map(|harvest| &harvest.attribution);
    row.opt_whole(attribution.map(|attribution| attribution.lag.as_secs()));
    row.opt_whole(attribution.map(|attribution| attribution.confidence.get()));
    row.texts(attribution.map(|attribution| attribution.reasons.iter().map(reason_text)));
    write_network(row, harvest.map(|harvest| &harvest.network));
}

fn write_summary(row: &mut RowWriter, summary: &MessageSummary) {
    row.count(summary.size);
    row.opt_hex(Some(&summary.digest));
    row.text(&summary.subject);
    row.text(&summary.from);
    row.text(&summary.message_id);
    row.flag(summary.sign_up_confirmation);
}

/// Reads a message back from the row of its first delivery: all but its content, which is in the table `messages`,
/// and with no delivery yet. [`read_delivery`] reads those.
pub fn read_message(row: Row<'_>) -> Result<(Message, Judgement), LakeError> {
    let client: Client = read_client(row, "sender", "sender_port", "sender_identity")?;
    let message = Message {
        id: row.parsed("message")?,
        at: row.time("at")?,
        session: row.opt_parsed("session")?,
        client,
        protocol: named(row, "protocol", &PROTOCOLS, model::MailProtocol::name)?,
        helo: row.string("helo")?,
        mail_from: row.string("mail_from")?,
        deliveries: Vec::new(),
        content: bytes::Bytes::new(),
        received: row.string("received")?,
        tls: row.flag("tls")?,
    };
    let summary = MessageSummary {
        size: row.whole("size")?,
        digest: row.opt_digest("digest")?.unwrap_or_default(),
        subject: row.string("subject")?,
        from: row.string("header_from")?,
        message_id: row.string("header_message_id")?,
        sign_up_confirmation: row.flag("sign_up_confirmation")?,
    };
    Ok((message, Judgement { summary, sender: read_network(row, SENDER)?, harvests: Vec::new() }))
}

/// Reads one delivery, and who was held to be behind it.
pub fn read_delivery(row: Row<'_>) -> Result<(Delivery, Option<Harvest>), LakeError> {
    let trap = match row.text("trap")? {
        "issued" => Trap::Issued(read_sealed(row)?),
        "static" => Trap::Static(row.string("static_address")?),
        "dictionary" => Trap::Dictionary,
        other => return Err(LakeError::Row(format!("{other:?} is not a kind of trap that this version knows"))),
    };
    let harvest = match (&trap, row.opt_whole::<u8>("confidence")) {
        (Trap::Issued(sealed), Some(confidence)) => Some(read_harvest(row, *sealed, confidence)?),
        _ => None,
    };
    Ok((Delivery { id: row.parsed("id")?, recipient: row.string("recipient")?, trap }, harvest))
}

fn read_sealed(row: Row<'_>) -> Result<SealedVisit, LakeError> {
    Ok(SealedVisit {
        site: read_site(row)?,
        at: row.time("harvested_at")?,
        visitor: row.parsed("harvester")?,
        nonce: row.whole("nonce")?,
        key_generation: row.whole("key_generation")?,
    })
}

fn read_harvest(row: Row<'_>, harvest: SealedVisit, confidence: u8) -> Result<Harvest, LakeError> {
    let reasons = row.texts("reasons").iter().map(|text| read_reason(text)).collect::<Result<_, _>>()?;
    let attribution = Attribution {
        harvest,
        // The column is for people and cut to seconds; the lag itself is the difference of two times that are whole.
        lag: row.time("at")?.duration_since(harvest.at),
        confidence: Confidence::percent(confidence),
        reasons,
    };
    Ok(Harvest { attribution, network: read_network(row, HARVESTER)? })
}
