//! What the engine can be asked.

use std::net::IpAddr;

use jiff::Timestamp;
use model::EventId;
use serde::{Deserialize, Serialize};

/// A question, or something to do.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Request {
    /// All that is known of an address.
    Lookup {
        /// The address.
        address: IpAddr,
    },
    /// Where it concentrates.
    Picture,
    /// Deliveries, the latest first.
    MailList(MailFilter),
    /// One message or delivery with everything that belongs to it.
    MailShow {
        /// The id of a message or of one of its deliveries.
        id: EventId,
        /// Whether the message itself is wanted.
        content: bool,
    },
    /// SQL over the lake and what has not reached it.
    Query {
        /// One statement that reads.
        sql: String,
    },
    /// Events from an importer, as protobuf in base64. Those that came before are left out.
    Append {
        /// The events.
        events: Vec<String>,
    },
    /// Compact the lake and let go what is past its time.
    Compact,
    /// Make the state again.
    Rebuild,
}

/// Which deliveries are wanted.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct MailFilter {
    /// Not before this.
    pub from: Option<Timestamp>,
    /// Before this.
    pub to: Option<Timestamp>,
    /// From this address.
    pub sender: Option<IpAddr>,
    /// To an address that this visitor took.
    pub harvester: Option<IpAddr>,
    /// To an address of this site.
    pub site: Option<u32>,
    /// At most so many.
    pub limit: usize,
}

/// How far a long request is.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Progress {
    /// What is done at the moment.
    pub stage: String,
    /// How much of it is done.
    pub done: u64,
    /// How much there is in all; 0 if that isn't known.
    pub total: u64,
}

impl Progress {
    /// Shows it on a bar.
    pub fn show(&self, bar: &indicatif::ProgressBar) {
        bar.set_length(self.total);
        bar.set_position(self.done);
        bar.set_message(self.stage.clone());
    }
}
