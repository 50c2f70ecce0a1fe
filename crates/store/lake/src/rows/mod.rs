//! Rows: what each event becomes in each table, and how it is read back. One file a table.

pub mod deliveries;
pub mod messages;
pub mod network;
pub mod posts;
pub mod probes;
pub mod sessions;
pub mod shared;
pub mod visits;

use journal::Entry;
use model::Event;

use crate::Table;
use crate::columns::RowWriter;

/// Writes an event's rows. `judgement` is that of a message, and only a message needs one.
pub fn write(
    entry: &Entry,
    judgement: Option<&model::Judgement>,
    mut writer: impl FnMut(Table, &dyn Fn(&mut RowWriter)),
) {
    let position = entry.position;
    match &entry.event {
        Event::Visit(visit) => writer(Table::Visits, &|row| visits::write(row, position, visit)),
        Event::Post(post) => writer(Table::Posts, &|row| posts::write(row, position, post)),
        Event::Session(session) => writer(Table::Sessions, &|row| sessions::write(row, position, session)),
        Event::Probe(probe) => writer(Table::Probes, &|row| probes::write(row, position, probe)),
        Event::Message(message) => {
            let Some(judgement) = judgement else { return };
            writer(Table::Messages, &|row| messages::write(row, position, message, &judgement.summary));
            writer(Table::Deliveries, &|row| deliveries::write(row, position, message, judgement));
        }
    }
}
