//! The table `messages`: raw content, kept apart from what is known of it, so that asking about deliveries never reads
//! it and its retention can be its own. One row a message; the deliveries name it in their column `message`.

use journal::Position;
use model::{Message, MessageSummary};

use super::shared::write_start;
use crate::columns::{Column, Kind, RowWriter, column};

/// The columns.
pub const COLUMNS: &[Column] = &[
    column("id", Kind::Text),
    column("at", Kind::Time),
    column("day", Kind::Day),
    column("journal_position", Kind::Whole),
    column("size", Kind::Whole),
    column("digest", Kind::Text),
    column("content", Kind::Bytes),
];

/// Writes a message's row.
pub fn write(row: &mut RowWriter, position: Position, message: &Message, summary: &MessageSummary) {
    write_start(row, message.id, message.at, position);
    row.count(summary.size);
    row.opt_hex(Some(&summary.digest));
    row.bytes_value(&message.content);
    row.end_row();
}
