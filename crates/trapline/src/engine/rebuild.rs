//! Makes the state again: from all that the lake has, then from what only the journal has.

use journal::{Journal, Position};
use serde::{Deserialize, Serialize};

use super::{Engine, Progress};
use crate::failure::Failure;

/// What came of it.
#[derive(Debug, Serialize, Deserialize)]
pub struct Rebuilt {
    /// Events that came from the lake; what only the journal had came on top.
    pub from_lake: u64,
    /// Digest of the state's content before, in hexadecimal; `None` if it could not be read.
    pub digest_before: Option<String>,
    /// Digest of its content now. The two are the same if the state was in order and nothing came in meanwhile.
    pub digest: String,
}

impl Engine {
    pub(super) async fn rebuild(&self, progress: &mut (dyn FnMut(Progress) + Send)) -> Result<Rebuilt, Failure> {
        let end = self.journal.end();
        self.correlator.reached(end).await;
        let digest_before = self.correlator.digest().await.ok();
        let rebuilding = self.correlator.begin_rebuild().await?;
        let mut from_lake = 0;
        let mut have = Position(0);
        // What is flushed to the lake meanwhile may be gone from the journal, so the lake is read until it stands still.
        loop {
            let through = self.journal.acknowledged(lake::CONSUMER).await?;
            if through <= have {
                break;
            }
            let mut recorded = self.lake.read_events(have, through);
            while let Some(batch) = recorded.recv().await {
                let batch = batch?;
                from_lake += batch.len() as u64;
                rebuilding.add(batch).await?;
                progress(Progress { stage: "events read from the lake".into(), done: from_lake, total: 0 });
            }
            have = through;
        }
        rebuilding.finish(have).await?;
        self.correlator.reached(end).await;
        Ok(Rebuilt { from_lake, digest_before, digest: self.correlator.digest().await? })
    }
}
