//! The table `visits`: one row for each request to a trap site.

use journal::Position;
use model::{SiteId, Visit, VisitKind};

use super::shared::{named, read_client, read_request, write_client, write_request, write_start};
use crate::LakeError;
use crate::columns::{Column, Kind, Row, RowWriter, column};

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
    column("kind", Kind::Text),
    column("method", Kind::Text),
    column("host", Kind::Text),
    column("path", Kind::Text),
    column("http_version", Kind::Text),
    column("header_names", Kind::Texts),
    column("user_agent", Kind::Text),
    column("referer", Kind::Text),
    column("address", Kind::Text),
    column("notice_digest", Kind::Text),
    column("status", Kind::Whole),
];

const KINDS: [VisitKind; 4] = [VisitKind::TrapPage, VisitKind::Robots, VisitKind::ForbiddenPath, VisitKind::Imported];

/// Writes a visit's row.
pub fn write(row: &mut RowWriter, position: Position, visit: &Visit) {
    write_start(row, visit.id, visit.at, position);
    row.whole(visit.site.get());
    write_client(row, &visit.client);
    row.text(visit.kind.name());
    write_request(row, &visit.request);
    row.opt_text(visit.address.as_deref());
    row.opt_hex(visit.notice_digest.as_ref());
    row.whole(visit.status);
    row.end_row();
}

/// Reads a visit back.
pub fn read(row: Row<'_>) -> Result<Visit, LakeError> {
    Ok(Visit {
        id: row.parsed("id")?,
        at: row.time("at")?,
        site: read_site(row)?,
        client: read_client(row, "visitor", "visitor_port", "visitor_identity")?,
        kind: named(row, "kind", &KINDS, VisitKind::name)?,
        request: read_request(row)?,
        address: row.opt_text("address").map(str::to_owned),
        notice_digest: row.opt_digest("notice_digest")?,
        status: row.whole("status")?,
    })
}

/// The site in column `site`.
pub fn read_site(row: Row<'_>) -> Result<SiteId, LakeError> {
    let number: u32 = row.whole("site")?;
    SiteId::new(number).ok_or_else(|| LakeError::Row(format!("{number} is not the number of a site")))
}
