//! `trapline lake`: looks after the lake; `trapline rebuild`: makes the state again from it.

use std::fmt;

use clap::Subcommand;
use serde::{Deserialize, Serialize};

use super::output::{grouped, table};
use super::{Output, ask};
use crate::deployment::Deployment;
use crate::engine::{Rebuilt, Request};
use crate::failure::Failure;

/// The lake.
#[derive(Debug, Subcommand)]
pub enum Lake {
    /// Make few big files of many small ones, and let go of days that are past `keep_days`
    Compact,
}

impl Lake {
    /// Carries it out.
    pub async fn run(self, deployment: Deployment, output: Output) -> Result<(), Failure> {
        let Self::Compact = self;
        let compacted: lake::Compacted = ask(deployment, output, Request::Compact).await?;
        output.answer(&Shown(compacted))
    }
}

/// Carries out `trapline rebuild`.
pub async fn rebuild(deployment: Deployment, output: Output) -> Result<(), Failure> {
    let rebuilt: Rebuilt = ask(deployment, output, Request::Rebuild).await?;
    output.answer(&Made(rebuilt))
}

#[derive(Serialize, Deserialize)]
#[serde(transparent)]
struct Shown(lake::Compacted);

#[derive(Serialize)]
#[serde(transparent)]
struct Made(Rebuilt);

impl fmt::Display for Made {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "The state is made again, {} events of it from the lake.", grouped(self.0.from_lake))?;
        write!(f, "Its digest: {}", self.0.digest)
    }
}

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rows = table(&["table", "files", "now", "bytes", "now", "days let go"], &[1, 2, 3, 4, 5]);
        for table in &self.0.tables {
            rows.add_row([
                table.table.to_string(),
                grouped(table.files_before as u64),
                grouped(table.files_after as u64),
                grouped(table.bytes_before),
                grouped(table.bytes_after),
                grouped(table.days_dropped as u64),
            ]);
        }
        write!(f, "{rows}")
    }
}
