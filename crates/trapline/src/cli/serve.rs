//! `trapline serve`: runs the traps and what makes sense of what they catch, until it is told to stop.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Args;
use ipnet::IpNet;
use listener::Clock;
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::EnvFilter;

use crate::deployment::Deployment;
use crate::failure::{Failure, Kind};
use crate::serve::{Listen, Server};

/// Run the traps.
#[derive(Debug, Args)]
pub struct Serve {
    /// Serve trap pages here, instead of where the settings say
    #[arg(long, value_name = "ADDRESS:PORT")]
    web: Option<SocketAddr>,
    /// Take in mail by SMTP here
    #[arg(long, value_name = "ADDRESS:PORT")]
    smtp: Option<SocketAddr>,
    /// Take in mail by LMTP here: an address and port, or the path of a socket
    #[arg(long, value_name = "ADDRESS:PORT|PATH")]
    lmtp: Option<String>,
    /// Serve /healthz and /metrics here
    #[arg(long, value_name = "ADDRESS:PORT")]
    admin: Option<SocketAddr>,
    /// Take this proxy's word for a client's address, as well as those in the settings
    #[arg(long, value_name = "CIDR")]
    trusted_proxy: Vec<IpNet>,
    /// Write the log as JSON lines
    #[arg(long)]
    log_json: bool,
    /// Begin at this time instead of now, to replay what was caught long ago
    #[arg(long, hide = true, value_name = "TIME")]
    clock: Option<jiff::Timestamp>,
}

impl Serve {
    /// Serves until SIGTERM or SIGINT, then drains; a second signal ends it at once.
    pub async fn run(self, mut deployment: Deployment) -> Result<(), Failure> {
        start_log(self.log_json);
        let listen = self.listen(&deployment);
        deployment.config.trusted_proxies.extend(self.trusted_proxy);
        let mut terminate = signal(SignalKind::terminate())?;
        let mut interrupt = signal(SignalKind::interrupt())?;
        let mut server =
            Server::start(deployment, listen, self.clock.map_or_else(Clock::system, Clock::beginning_at)).await?;
        for (name, address) in
            [("web trap", server.web), ("SMTP", server.smtp), ("LMTP", server.lmtp), ("admin", server.admin)]
        {
            if let Some(address) = address {
                tracing::info!(%address, "{name} is up");
            }
        }
        let ended = tokio::select! {
            _ = terminate.recv() => None,
            _ = interrupt.recv() => None,
            failure = server.failed() => Some(failure),
        };
        tracing::info!("stopping: draining connections into the journal");
        let stopped = tokio::select! {
            stopped = server.stop() => stopped,
            _ = terminate.recv() => Err(at_once()),
            _ = interrupt.recv() => Err(at_once()),
        };
        ended.map_or(stopped, Err)
    }

    fn listen(&self, deployment: &Deployment) -> Listen {
        let mut listen = Listen::configured(deployment);
        listen.web = self.web.or(listen.web);
        listen.smtp = self.smtp.or(listen.smtp);
        listen.admin = self.admin.or(listen.admin);
        match self.lmtp.as_deref().map(|text| (text, text.parse())) {
            Some((_, Ok(address))) => listen.lmtp = Some(address),
            Some((path, Err(_))) => listen.lmtp_socket = Some(PathBuf::from(path)),
            None => {}
        }
        listen
    }
}

fn at_once() -> Failure {
    Failure::new(Kind::Temporary, "ended at once by a second signal; what was acknowledged is in the journal")
}

/// What goes into the log unless RUST_LOG says otherwise: the lake's libraries tell of each commit at length.
const QUIETLY: &str = "info,delta_kernel=warn,buoyant_kernel=warn,deltalake=warn,deltalake_core=warn,datafusion=warn";

fn start_log(json: bool) {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(QUIETLY));
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_target(false);
    // A log that is already there (a test's) is as good.
    let _ = if json { log.json().try_init() } else { log.try_init() };
}
