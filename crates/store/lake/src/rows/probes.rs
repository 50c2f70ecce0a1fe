//! The table `probes`: one row for each guessed name, relay or password.

use journal::Position;
use model::{Probe, ProbeKind};

use super::shared::{named, read_client, write_client, write_start};
use crate::LakeError;
use crate::columns::{Column, Kind, Row, RowWriter, column};

/// The columns.
pub const COLUMNS: &[Column] = &[
    column("id", Kind::Text),
    column("at", Kind::Time),
    column("day", Kind::Day),
    column("journal_position", Kind::Whole),
    column("session", Kind::Text),
    column("client", Kind::Text),
    column("client_port", Kind::Whole),
    column("client_identity", Kind::Text),
    column("kind", Kind::Text),
    column("target", Kind::Text),
    column("helo", Kind::Text),
];

const KINDS: [ProbeKind; 4] = [ProbeKind::Dictionary, ProbeKind::Relay, ProbeKind::Auth, ProbeKind::Verify];

/// Writes a probe's row.
pub fn write(row: &mut RowWriter, position: Position, probe: &Probe) {
    write_start(row, probe.id, probe.at, position);
    row.opt_display(probe.session);
    write_client(row, &probe.client);
    row.text(probe.kind.name());
    row.text(&probe.target);
    row.text(&probe.helo);
    row.end_row();
}

/// Reads a probe back.
pub fn read(row: Row<'_>) -> Result<Probe, LakeError> {
    Ok(Probe {
        id: row.parsed("id")?,
        at: row.time("at")?,
        session: row.opt_parsed("session")?,
        client: read_client(row, "client", "client_port", "client_identity")?,
        kind: named(row, "kind", &KINDS, ProbeKind::name)?,
        target: row.string("target")?,
        helo: row.string("helo")?,
    })
}
