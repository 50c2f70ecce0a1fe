//! The six tables: their names, what they are sorted by, and how many bytes their files may have.

use std::fmt;

use deltalake::arrow::datatypes::SchemaRef;
use serde::{Deserialize, Serialize};

use crate::columns::Column;
use crate::rows;

/// A table of the lake.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Table {
    /// Requests to trap sites.
    Visits,
    /// Comment forms filled in.
    Posts,
    /// SMTP and LMTP sessions with their transcripts.
    Sessions,
    /// One row for each message and trap recipient, with what was concluded from it.
    Deliveries,
    /// Raw content, one row a message.
    Messages,
    /// Guessed names, relays and passwords.
    Probes,
}

impl Table {
    /// All tables. Their order is the order of a flush's commits: a message's content comes before its deliveries, so
    /// that who reads the files finds the content of every delivery.
    pub const ALL: [Self; 6] =
        [Self::Visits, Self::Posts, Self::Sessions, Self::Messages, Self::Deliveries, Self::Probes];

    /// The name in SQL and of the folder.
    pub fn name(self) -> &'static str {
        match self {
            Self::Visits => "visits",
            Self::Posts => "posts",
            Self::Sessions => "sessions",
            Self::Deliveries => "deliveries",
            Self::Messages => "messages",
            Self::Probes => "probes",
        }
    }

    /// The table of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|table| table.name() == name)
    }

    /// Its place in [`Table::ALL`], and in arrays with one value a table.
    pub(crate) fn index(self) -> usize {
        match self {
            Self::Visits => 0,
            Self::Posts => 1,
            Self::Sessions => 2,
            Self::Messages => 3,
            Self::Deliveries => 4,
            Self::Probes => 5,
        }
    }

    /// Its columns, in order.
    pub fn columns(self) -> &'static [Column] {
        match self {
            Self::Visits => rows::visits::COLUMNS,
            Self::Posts => rows::posts::COLUMNS,
            Self::Sessions => rows::sessions::COLUMNS,
            Self::Deliveries => rows::deliveries::COLUMNS,
            Self::Messages => rows::messages::COLUMNS,
            Self::Probes => rows::probes::COLUMNS,
        }
    }

    /// Its columns as Arrow has them.
    pub fn schema(self) -> SchemaRef {
        crate::columns::schema(self.columns())
    }

    /// What a file is sorted by, so that looking for one value reads little of it: the address for tables that are
    /// asked about addresses, the id for those that are asked for one event.
    pub(crate) fn sorted_by(self) -> &'static str {
        match self {
            Self::Visits | Self::Posts => "visitor",
            Self::Sessions | Self::Probes => "client",
            Self::Deliveries => "sender",
            Self::Messages => "id",
        }
    }

    /// The columns whose least and greatest value in a file stand in the table's log, so that files are skipped
    /// without being opened. Long texts would only make the log long.
    pub(crate) fn skipped_by(self) -> &'static str {
        match self {
            Self::Visits | Self::Posts => "id,at,journal_position,site,visitor",
            Self::Sessions | Self::Probes => "id,at,journal_position,client",
            Self::Deliveries => "id,at,journal_position,message,sender,harvester,site",
            Self::Messages => "id,at,journal_position",
        }
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
