//! `trapline init`: makes a deployment.

use std::fmt;
use std::path::{Path, PathBuf};

use clap::Args;
use serde::Serialize;

use crate::deployment;
use crate::failure::Failure;

/// Make a deployment.
#[derive(Debug, Args)]
pub struct Init {
    /// The name that the mail trap greets with: the one that MX records point to
    #[arg(long, value_name = "NAME")]
    hostname: Option<String>,
}

/// What was made.
#[derive(Debug, Serialize)]
pub struct Made {
    directory: PathBuf,
    settings: PathBuf,
    master_key: PathBuf,
}

impl Init {
    /// Makes the directory with settings and keys. What stands there already is left as it is.
    pub fn run(&self, dir: &Path) -> Result<Made, Failure> {
        let layout = deployment::init(dir, self.hostname.as_deref())?;
        Ok(Made { directory: layout.dir().to_owned(), settings: layout.settings(), master_key: layout.master_key() })
    }
}

impl fmt::Display for Made {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let dir = self.directory.display();
        writeln!(f, "A deployment is in {dir}.")?;
        writeln!(f, "  {}  settings, all commented", self.settings.display())?;
        writeln!(
            f,
            "  {}  the secret that every trap address rests on: keep a copy off this machine",
            self.master_key.display()
        )?;
        writeln!(f, "\nNext:")?;
        writeln!(f, "  trapline --dir {dir} domain add traps.example.org")?;
        writeln!(f, "  trapline --dir {dir} site add www.example.org")?;
        write!(f, "  trapline --dir {dir} serve --web 0.0.0.0:8080 --smtp 0.0.0.0:25")
    }
}
