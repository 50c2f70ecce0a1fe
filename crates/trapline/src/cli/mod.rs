//! The command line: what can be said, one file for each command, and how an answer or a failure is shown.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};

use crate::deployment::Deployment;
use crate::failure::Failure;
pub use output::{Output, grouped};
#[cfg(feature = "full")]
pub use picture::Shown as PictureShown;

mod address;
mod check;
mod domain;
mod init;
mod mx;
mod output;
mod serve;
mod site;

#[cfg(feature = "full")]
mod demo;
#[cfg(feature = "full")]
mod import;
#[cfg(feature = "full")]
mod lake;
#[cfg(feature = "full")]
mod lookup;
#[cfg(feature = "full")]
mod mail;
#[cfg(feature = "full")]
mod picture;
#[cfg(feature = "full")]
mod query;

const EXIT_CODES: &str = "\
Exit codes:
  0   it worked
  1   something failed that is none of the below
  2   the command line is wrong
  3   the configuration or the directory is not as it must be
  4   the input can't be used
  5   what was asked for isn't there
  75  it may work later: a full disk, a server that is stopping";

/// Spam traps that tell who harvested the address, and where the trade is concentrated.
#[derive(Debug, Parser)]
#[command(name = "trapline", version, after_help = EXIT_CODES, propagate_version = false)]
pub struct Cli {
    #[command(flatten)]
    pub global: Global,
    #[command(subcommand)]
    pub command: Command,
}

/// What every command takes.
#[derive(Clone, Debug, Args)]
pub struct Global {
    /// The deployment's directory, made by `trapline init`
    #[arg(long, global = true, env = "TRAPLINE_DIR", default_value = ".", value_name = "DIR")]
    pub dir: PathBuf,
    /// Answer in JSON
    #[arg(long, global = true)]
    pub json: bool,
    /// No progress bars
    #[arg(long, short, global = true)]
    pub quiet: bool,
}

/// What can be asked for.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Make a deployment: its directory, keys and commented settings
    Init(init::Init),
    /// Run the traps and what makes sense of what they catch
    Serve(serve::Serve),
    /// Say whether the settings and the directory are right
    Check,
    /// Print the commented settings, all of them with their defaults
    Config,
    /// Trap sites: whose pages carry trap addresses
    #[command(subcommand)]
    Site(site::Site),
    /// Trap domains: where trap addresses are
    #[command(subcommand)]
    Domain(domain::Domain),
    /// Trap addresses: open one, set one out by hand
    #[command(subcommand)]
    Address(address::Address),
    /// All that is known of an IP address
    #[cfg(feature = "full")]
    Lookup(lookup::Lookup),
    /// Mail that came to traps
    #[cfg(feature = "full")]
    #[command(subcommand)]
    Mail(mail::Mail),
    /// Which providers harvesters, visits, spam servers and messages concentrate at
    #[cfg(feature = "full")]
    Picture(picture::Picture),
    /// Bring in mail, access logs and network data
    #[cfg(feature = "full")]
    #[command(subcommand)]
    Import(import::Import),
    /// Ask the lake, and what has not reached it yet, in SQL
    #[cfg(feature = "full")]
    Query(query::Query),
    /// Look after the lake
    #[cfg(feature = "full")]
    #[command(subcommand)]
    Lake(lake::Lake),
    /// Make the state again from the lake and the journal
    #[cfg(feature = "full")]
    Rebuild,
    /// November 2008 on this machine: a simulated world against a whole Trapline
    #[cfg(feature = "full")]
    Demo(demo::Demo),
}

/// Carries out a command, shows its answer or failure, and gives the exit code.
pub fn run(cli: Cli) -> ExitCode {
    let output = Output::new(cli.global.json, cli.global.quiet);
    let done = runtime().and_then(|runtime| {
        let done = runtime.block_on(carry_out(cli, output));
        runtime.shutdown_background();
        done
    });
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            output.failure(&failure);
            ExitCode::from(failure.kind.exit_code())
        }
    }
}

/// Asks the running server, or the stores themselves if there is none; shows progress meanwhile.
#[cfg(feature = "full")]
async fn ask<T: serde::de::DeserializeOwned>(
    deployment: Deployment,
    output: Output,
    request: crate::engine::Request,
) -> Result<T, Failure> {
    let mut backend = crate::control::Backend::open(deployment).await?;
    let bar = output.progress(0, "{msg} {wide_bar} {human_pos}/{human_len} {eta}");
    let answer = backend.ask(request, &mut |progress| progress.show(&bar)).await;
    bar.finish_and_clear();
    backend.close().await?;
    answer
}

/// Reads a time, or a date as its beginning in UTC.
#[cfg(feature = "full")]
fn time(text: &str) -> Result<jiff::Timestamp, String> {
    let wrong = || format!("{text:?} is not a time; give 2008-11-11 or 2008-11-11T21:30Z");
    if let Ok(at) = text.parse() {
        return Ok(at);
    }
    let date: jiff::civil::Date = text.parse().map_err(|_| wrong())?;
    date.to_zoned_datetime(jiff::tz::TimeZone::UTC).map(|midnight| midnight.timestamp()).map_err(|_| wrong())
}

fn runtime() -> Result<tokio::runtime::Runtime, Failure> {
    Ok(tokio::runtime::Builder::new_multi_thread().enable_all().build()?)
}

async fn carry_out(cli: Cli, output: Output) -> Result<(), Failure> {
    let Global { dir, .. } = cli.global;
    let open = || Deployment::open(&dir);
    match cli.command {
        Command::Init(init) => output.answer(&init.run(&dir)?),
        Command::Serve(serve) => serve.run(open()?).await,
        Command::Check => output.answer(&check::run(&dir).await?),
        Command::Config => output.answer(&check::Settings),
        Command::Site(site) => site.run(open()?, output).await,
        Command::Domain(domain) => domain.run(open()?, output).await,
        Command::Address(address) => address.run(open()?, output).await,
        #[cfg(feature = "full")]
        Command::Lookup(lookup) => lookup.run(open()?, output).await,
        #[cfg(feature = "full")]
        Command::Mail(mail) => mail.run(open()?, output).await,
        #[cfg(feature = "full")]
        Command::Picture(picture) => picture.run(open()?, output).await,
        #[cfg(feature = "full")]
        Command::Import(import) => import.run(open()?, output).await,
        #[cfg(feature = "full")]
        Command::Query(query) => query.run(open()?, output).await,
        #[cfg(feature = "full")]
        Command::Lake(lake) => lake.run(open()?, output).await,
        #[cfg(feature = "full")]
        Command::Rebuild => lake::rebuild(open()?, output).await,
        #[cfg(feature = "full")]
        Command::Demo(demo) => demo.run(&dir, output).await,
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        super::Cli::command().debug_assert();
    }
}
