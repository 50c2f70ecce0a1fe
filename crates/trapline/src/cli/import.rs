//! `trapline import`: mail, access logs and network data from elsewhere.
//!
//! Files are read in the command's own process, with its user's rights; only events go to the server.

use std::fmt;
use std::path::PathBuf;

use clap::{Args, Subcommand};
use import::{AccessLogOptions, MailOptions, SinkError, import_access_log, import_mail};
use indicatif::ProgressBar;
use ipnet::IpNet;
use jiff::civil::Date;
use listener::Clock;
use model::Event;
use network::import::Options;
use serde::Serialize;
use tokio::runtime::Handle;
use unpack::Rejections;

use super::Output;
use super::output::grouped;
use crate::control::Backend;
use crate::deployment::{Deployment, find_site};
use crate::engine::{Request, encode_event};
use crate::failure::{Failure, Kind};

/// Bring something in.
#[derive(Debug, Subcommand)]
pub enum Import {
    /// Mail that other systems caught: .eml files, mbox, Maildir, tar archives, compressed or not
    Mail(Mail),
    /// An access log of a site of yours, in the combined format of nginx and Apache
    AccessLog(AccessLog),
    /// Where addresses are: MRT table dumps, MMDB, iptoasn TSV, CSV of prefixes or of providers
    Networks(Networks),
}

/// Which mail.
#[derive(Debug, Args)]
pub struct Mail {
    /// Files or folders
    #[arg(required = true)]
    sources: Vec<PathBuf>,
    /// Believe the Received headers of these hosts: your own mail servers and forwarders. Private ranges are believed
    #[arg(long, value_name = "CIDR")]
    trusted_relay: Vec<IpNet>,
    /// The recipient of messages in which no recipient is a trap of this deployment: they came to a trap all the same
    #[arg(long, value_name = "ADDRESS")]
    to: Option<String>,
}

/// Which log.
#[derive(Debug, Args)]
pub struct AccessLog {
    /// Files
    #[arg(required = true)]
    sources: Vec<PathBuf>,
    /// The site that it is of: slug, host name or number
    #[arg(long)]
    site: String,
}

/// Which network data.
#[derive(Debug, Args)]
pub struct Networks {
    /// Files
    #[arg(required = true)]
    sources: Vec<PathBuf>,
    /// The day on which it was so, where the file doesn't say
    #[arg(long, value_name = "YYYY-MM-DD")]
    date: Option<Date>,
}

const BAR: &str = "{msg} {bar:30} {decimal_bytes}/{decimal_total_bytes} {eta}";

impl Import {
    /// Carries it out.
    pub async fn run(self, deployment: Deployment, output: Output) -> Result<(), Failure> {
        match self {
            Self::Mail(mail) => mail.run(deployment, output).await,
            Self::AccessLog(log) => log.run(deployment, output).await,
            Self::Networks(networks) => networks.run(deployment, output).await,
        }
    }
}

impl Mail {
    async fn run(self, deployment: Deployment, output: Output) -> Result<(), Failure> {
        let traps = deployment.traps(&deployment.registry().await?).await?;
        let mut options = MailOptions::new(Clock::system().now());
        (options.trusted, options.to) = (self.trusted_relay, self.to);
        bring_in(deployment, output, "messages", self.sources, move |source, sink, progress| {
            import_mail(source, &options, &traps, sink, progress)
        })
        .await
    }
}

impl AccessLog {
    async fn run(self, deployment: Deployment, output: Output) -> Result<(), Failure> {
        let sites = deployment.registry().await?.sites().await?;
        let options = AccessLogOptions::new(find_site(&sites, &self.site)?.id, Clock::system().now());
        bring_in(deployment, output, "visits", self.sources, move |source, sink, progress| {
            import_access_log(source, &options, sink, progress)
        })
        .await
    }
}

type Progress<'a> = &'a mut dyn FnMut(import::Progress);
type Imported = Result<import::Report, import::ImportError>;

/// Runs an importer over each source, its events going to the server or the stores.
async fn bring_in(
    deployment: Deployment,
    output: Output,
    what: &'static str,
    sources: Vec<PathBuf>,
    import: impl Fn(&std::path::Path, import::Sink<'_>, Progress<'_>) -> Imported + Send + 'static,
) -> Result<(), Failure> {
    let mut backend = Backend::open(deployment).await?;
    let bar = output.progress(0, BAR);
    let runtime = Handle::current();
    let importing = tokio::task::spawn_blocking(move || {
        let mut sources_done = Vec::with_capacity(sources.len());
        for source in sources {
            bar.set_message(source.display().to_string());
            let mut sink = |events: Vec<Event>| append(&runtime, &mut backend, &events);
            let imported = import(&source, &mut sink, &mut |progress| show(&bar, progress));
            match imported {
                Ok(report) => sources_done.push(Source { source, report }),
                Err(error) => return (backend, Err(failure(&error))),
            }
        }
        bar.finish_and_clear();
        (backend, Ok(sources_done))
    });
    let (backend, sources) = importing.await.map_err(anyhow::Error::from)?;
    backend.close().await?;
    output.answer(&Account { what, sources: sources? })
}

fn append(runtime: &Handle, backend: &mut Backend, events: &[Event]) -> Result<Vec<bool>, SinkError> {
    let request = Request::Append { events: events.iter().map(encode_event).collect() };
    Ok(runtime.block_on(backend.ask(request, &mut |_| {}))?)
}

fn failure(error: &import::ImportError) -> Failure {
    let kind = match &error.cause {
        import::Cause::Sink(_) => Kind::Temporary,
        import::Cause::Read { .. } | import::Cause::Recipient(_) => Kind::Input,
    };
    Failure::new(kind, error.to_string())
}

fn show(bar: &ProgressBar, progress: import::Progress) {
    bar.set_length(progress.size);
    bar.set_position(progress.bytes);
}

#[derive(Serialize)]
struct Source {
    source: PathBuf,
    #[serde(flatten)]
    report: import::Report,
}

#[derive(Serialize)]
struct Account {
    #[serde(skip)]
    what: &'static str,
    sources: Vec<Source>,
}

impl fmt::Display for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, Source { source, report }) in self.sources.iter().enumerate() {
            let gap = if index == 0 { "" } else { "\n" };
            write!(
                f,
                "{gap}{}: {} {}: {} new, {} there already, {} rejected",
                source.display(),
                grouped(report.read()),
                self.what,
                grouped(report.accepted),
                grouped(report.duplicates),
                grouped(report.rejected.total())
            )?;
            reasons(f, &report.rejected)?;
        }
        Ok(())
    }
}

fn reasons(f: &mut fmt::Formatter<'_>, rejected: &Rejections) -> fmt::Result {
    if rejected.is_empty() { Ok(()) } else { write!(f, "\n  rejected: {rejected}") }
}

impl Networks {
    async fn run(self, deployment: Deployment, output: Output) -> Result<(), Failure> {
        let folder = deployment.layout.networks();
        let bar = output.progress(0, BAR);
        let imported = tokio::task::spawn_blocking(move || {
            let options = Options { date: self.date, ..Options::default() };
            let one = |source: PathBuf| {
                bar.set_message(source.display().to_string());
                let progress = &mut |progress: network::import::Progress| {
                    bar.set_length(progress.size);
                    bar.set_position(progress.bytes);
                };
                network::import(&source, &folder, &options, progress).map_err(|error| Failure::input(error.to_string()))
            };
            let imported = self.sources.into_iter().map(one).collect::<Result<Vec<_>, Failure>>();
            bar.finish_and_clear();
            imported
        });
        output.answer(&Datasets { datasets: imported.await.map_err(anyhow::Error::from)?? })
    }
}

#[derive(Serialize)]
struct Datasets {
    datasets: Vec<network::Imported>,
}

impl fmt::Display for Datasets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, dataset) in self.datasets.iter().enumerate() {
            let gap = if index == 0 { "" } else { "\n" };
            let new = if dataset.new { "" } else { ", there already" };
            write!(f, "{gap}{} as of {}: {} rows{new}", dataset.kind, dataset.date, grouped(dataset.rows))?;
            reasons(f, &dataset.rejected)?;
        }
        Ok(())
    }
}
