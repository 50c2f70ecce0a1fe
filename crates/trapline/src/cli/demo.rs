//! `trapline demo`: November 2008 on this machine.

use std::path::{Path, PathBuf};

use clap::Args;

use super::Output;
use crate::demo::{Demonstration, Setting};
use crate::failure::Failure;

const ABOUT: &str = "\
Starts a whole Trapline on loopback, runs a simulated world of autumn 2008 against it through real HTTP and SMTP
connections, and prints what it makes of it beside the truth. All addresses, networks and figures are simulated.";

/// Run the demo.
#[derive(Debug, Args)]
#[command(long_about = ABOUT)]
pub struct Demo {
    /// The same seed gives the same world
    #[arg(long, default_value_t = 2008)]
    seed: u64,
    /// How much happens: 1 is some thousand visits and some ten thousand messages
    #[arg(long, default_value_t = 1.0)]
    scale: f64,
    /// End once the picture is drawn, instead of going on serving
    #[arg(long)]
    exit: bool,
}

/// Where the demo leaves its deployment unless --dir says otherwise.
const FOLDER: &str = "trapline-demo";

impl Demo {
    /// Carries it out. `dir` is the current directory unless the user named one.
    pub async fn run(self, dir: &Path, output: Output) -> Result<(), Failure> {
        let dir = if dir == Path::new(".") { PathBuf::from(FOLDER) } else { dir.to_owned() };
        let setting = Setting { seed: self.seed, scale: self.scale, dir };
        let mut demonstration = Demonstration::prepare(setting).await?;
        let shown = demonstration.run(output).await?;
        output.answer(&shown)?;
        if self.exit || output.is_json() {
            return demonstration.end().await;
        }
        output.note("\nStill serving, so that you can try these; Ctrl-C ends it and leaves the directory.");
        tokio::signal::ctrl_c().await?;
        demonstration.end().await
    }
}
