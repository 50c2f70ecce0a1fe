//! The table `posts`: one row for each comment form filled in on a trap page.

use journal::Position;
use model::{FormField, Post};

use super::shared::{read_client, read_request, write_client, write_request, write_start};
use super::visits::read_site;
use crate::LakeError;
use crate::columns::{Column, Kind, Row, RowWriter, column};

const FIELD: &[Column] = &[column("name", Kind::Text), column("value", Kind::Text)];

/// The columns.
pub const COLUMNS: &[Column] = &[
    column("id", Kind::Text),
    column("at", Kind::Time),
    column("day", Kind::Day),
    column("journal_position", Kind::Whole),
    column("site", Kind::Whole),
    column("visitor", Kind::Text),
    column("visitor_port", Kind::Whole),
    column("visitor_identity", Kind::Text),
    column("method", Kind::Text),
    column("host", Kind::Text),
    column("path", Kind::Text),
    column("http_version", Kind::Text),
    column("header_names", Kind::Texts),
    column("user_agent", Kind::Text),
    column("referer", Kind::Text),
    column("fields", Kind::Records(FIELD)),
    column("body_bytes", Kind::Whole),
    column("truncated", Kind::Flag),
    column("address", Kind::Text),
];

/// Writes a post's row.
pub fn write(row: &mut RowWriter, position: Position, post: &Post) {
    write_start(row, post.id, post.at, position);
    row.whole(post.site.get());
    write_client(row, &post.client);
    write_request(row, &post.request);
    row.records(&post.fields, |record, field| {
        record.opt_text(Some(&field.name));
        record.opt_text(Some(&field.value));
    });
    row.count(post.body_bytes);
    row.flag(post.truncated);
    row.opt_text(post.address.as_deref());
    row.end_row();
}

/// Reads a post back.
pub fn read(row: Row<'_>) -> Result<Post, LakeError> {
    Ok(Post {
        id: row.parsed("id")?,
        at: row.time("at")?,
        site: read_site(row)?,
        client: read_client(row, "visitor", "visitor_port", "visitor_identity")?,
        request: read_request(row)?,
        fields: row.records("fields", |field| Ok(FormField { name: field.text(0)?, value: field.text(1)? }))?,
        body_bytes: row.whole("body_bytes")?,
        truncated: row.flag("truncated")?,
        address: row.opt_text("address").map(str::to_owned),
    })
}
