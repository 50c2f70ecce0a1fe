//! What several tables have in common: who was at the other end, what was requested, and the names of enum values.

use journal::Position;
use model::{Client, ClientIdentity, EventId, MailProtocol, Request, Timestamp};

use crate::LakeError;
use crate::columns::{Row, RowWriter};

/// The four columns that every table begins with: `id`, `at`, `day`, `journal_position`.
pub fn write_start(row: &mut RowWriter, id: EventId, at: Timestamp, position: Position) {
    row.display(id);
    row.time(at);
    row.opt_day(Some(day_of(at)));
    row.count(position.0);
}

/// The day of a time, UTC, as days since 1970-01-01: the partition that its row is in.
pub fn day_of(at: Timestamp) -> i32 {
    i32::try_from(at.as_second().div_euclid(86_400)).unwrap_or(i32::MAX)
}

/// Three columns: the address, the port, and how they were learned.
pub fn write_client(row: &mut RowWriter, client: &Client) {
    row.display(client.address);
    row.whole(client.port);
    row.text(identity_name(client.identity));
}

/// Reads what [`write_client`] wrote to columns that begin with `prefix`.
pub fn read_client(row: Row<'_>, address: &str, port: &str, identity: &str) -> Result<Client, LakeError> {
    Ok(Client {
        address: row.parsed(address)?,
        port: row.whole(port)?,
        identity: identity_named(row.text(identity)?)
            .ok_or_else(|| LakeError::Row(format!("column {identity} is not known")))?,
    })
}

/// Seven columns: `method`, `host`, `path`, `http_version`, `header_names`, `user_agent`, `referer`.
pub fn write_request(row: &mut RowWriter, request: &Request) {
    row.text(&request.method);
    row.text(&request.host);
    row.text(&request.path);
    row.text(&request.http_version);
    row.texts(Some(&request.header_names));
    row.opt_text(request.user_agent.as_deref());
    row.opt_text(request.referer.as_deref());
}

/// Reads what [`write_request`] wrote.
pub fn read_request(row: Row<'_>) -> Result<Request, LakeError> {
    Ok(Request {
        method: row.string("method")?,
        host: row.string("host")?,
        path: row.string("path")?,
        http_version: row.string("http_version")?,
        header_names: row.texts("header_names"),
        user_agent: row.opt_text("user_agent").map(str::to_owned),
        referer: row.opt_text("referer").map(str::to_owned),
    })
}

/// The value of a list that this name, in this column, stands for.
pub fn named<T: Copy>(row: Row<'_>, column: &str, all: &[T], name: impl Fn(T) -> &'static str) -> Result<T, LakeError> {
    let text = row.text(column)?;
    let found = all.iter().copied().find(|value| name(*value) == text);
    found.ok_or_else(|| LakeError::Row(format!("column {column} holds {text:?}, which is not known")))
}

/// All protocols, for [`named`].
pub const PROTOCOLS: [MailProtocol; 3] = [MailProtocol::Smtp, MailProtocol::Lmtp, MailProtocol::Import];

fn identity_name(identity: ClientIdentity) -> &'static str {
    match identity {
        ClientIdentity::Direct => "direct",
        ClientIdentity::ProxyProtocol => "proxy_protocol",
        ClientIdentity::Forwarded => "forwarded",
        ClientIdentity::Imported => "imported",
    }
}

fn identity_named(name: &str) -> Option<ClientIdentity> {
    use ClientIdentity::{Direct, Forwarded, Imported, ProxyProtocol};
    [Direct, ProxyProtocol, Forwarded, Imported].into_iter().find(|identity| identity_name(*identity) == name)
}
