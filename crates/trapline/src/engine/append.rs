//! Takes in events from importers.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use journal::Journal;
use model::wire;

use super::Engine;
use crate::failure::Failure;

impl Engine {
    /// Appends those events that never came before. Says for each whether it was new.
    pub(super) async fn append(&self, events: Vec<String>) -> Result<Vec<bool>, Failure> {
        let decoded = events.iter().map(|text| {
            let bytes =
                STANDARD.decode(text).map_err(|error| Failure::input(format!("an event is not base64: {error}")))?;
            wire::decode(bytes.into()).map_err(|error| Failure::input(error.to_string()))
        });
        Ok(self.journal.append_new(decoded.collect::<Result<_, _>>()?).await?)
    }
}

/// An event as a request carries it.
pub fn encode(event: &model::Event) -> String {
    STANDARD.encode(wire::encode(event))
}
