//! The running server: listeners, roles, snapshots of the registry, and an end that loses nothing.
//!
//! Its parts stop in the order of the flow, so that each still finds the next one running: first the traps, which
//! drain into the journal, then what reads the journal, then the journal itself.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use journal::FileJournal;
use listener::{Clock, EventIds, ProxyPolicy, TrustedProxies};
use smtp_trap::MailTrap;
use tokio::net::{TcpListener, UnixListener};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use web_trap::WebTrap;

use crate::deployment::{Deployment, at};
use crate::failure::{Failure, Kind};

mod admin;
mod mail;
mod snapshots;
mod web;

pub use admin::Health;

/// Where the server listens. What is `None` isn't served.
#[derive(Clone, Debug, Default)]
pub struct Listen {
    pub web: Option<SocketAddr>,
    pub smtp: Option<SocketAddr>,
    pub lmtp: Option<SocketAddr>,
    pub lmtp_socket: Option<PathBuf>,
    pub admin: Option<SocketAddr>,
}

impl Listen {
    /// As the settings say.
    pub fn configured(deployment: &Deployment) -> Self {
        let config = &deployment.config;
        Self {
            web: config.web.listen,
            smtp: config.smtp.listen,
            lmtp: config.lmtp.listen,
            lmtp_socket: config.lmtp.socket.as_ref().map(|path| deployment.layout.path(path)),
            admin: config.admin.listen,
        }
    }

    fn is_nowhere(&self) -> bool {
        self.web.is_none() && self.smtp.is_none() && self.lmtp.is_none() && self.lmtp_socket.is_none()
    }
}

/// A server that is running.
pub struct Server {
    /// Where the web trap listens.
    pub web: Option<SocketAddr>,
    /// Where SMTP is spoken.
    pub smtp: Option<SocketAddr>,
    /// Where LMTP is spoken, by TCP.
    pub lmtp: Option<SocketAddr>,
    /// Where health and metrics are.
    pub admin: Option<SocketAddr>,
    #[cfg(feature = "full")]
    engine: Arc<crate::engine::Engine>,
    stop_traps: CancellationToken,
    stop_rest: CancellationToken,
    traps: JoinSet<io::Result<()>>,
    rest: JoinSet<io::Result<()>>,
    journal: Arc<FileJournal>,
}

impl Server {
    /// Opens the stores, binds the listeners and starts all roles. `clock` tells what time it is: the system's, or
    /// one that a simulation drives.
    pub async fn start(deployment: Deployment, listen: Listen, clock: Clock) -> Result<Self, Failure> {
        if listen.is_nowhere() {
            return Err(Failure::new(
                Kind::Config,
                format!(
                    "nothing to serve: set `listen` under [web] or [smtp] in {}, or give --web 0.0.0.0:8080 or --smtp 0.0.0.0:25",
                    deployment.layout.settings().display()
                ),
            ));
        }
        let registry = deployment.registry().await?;
        let snapshots = snapshots::Snapshots::take(&deployment, &registry).await?;
        let journal = Arc::new(open_journal(&deployment)?);
        let ids = EventIds::random();
        let (stop_traps, stop_rest) = (CancellationToken::new(), CancellationToken::new());
        let (mut traps, mut rest) = (JoinSet::new(), JoinSet::new());

        #[cfg(feature = "full")]
        let engine = {
            let engine =
                Arc::new(crate::engine::Engine::open(deployment.clone(), Arc::clone(&journal), clock.clone()).await?);
            crate::engine::start_consumers(&engine, &mut rest, &stop_rest).await?;
            crate::control::spawn(&engine, &mut rest, &stop_rest)?;
            engine
        };

        let health = Health::new(Arc::clone(&journal));
        let admin = match listen.admin {
            Some(address) => Some(admin::spawn(bind(address).await?, health, &mut rest, &stop_rest)?),
            None => None,
        };
        let web = match listen.web {
            Some(address) => {
                let trap = WebTrap::new(
                    web::config(&deployment.config),
                    snapshots.sites(),
                    Arc::clone(&journal) as _,
                    clock.clone(),
                    ids.clone(),
                );
                let (listener, bound) = bind(address).await?;
                traps.spawn(Arc::new(trap).serve(listener, stop_traps.clone()));
                Some(bound)
            }
            None => None,
        };
        let mut server = Self {
            web,
            smtp: None,
            lmtp: None,
            admin,
            #[cfg(feature = "full")]
            engine,
            stop_traps,
            stop_rest,
            traps,
            rest,
            journal,
        };
        if listen.smtp.is_some() || listen.lmtp.is_some() || listen.lmtp_socket.is_some() {
            let trap = mail::trap(&deployment, snapshots.traps(), Arc::clone(&server.journal), clock, ids)?;
            server.serve_mail(Arc::new(trap), &listen).await?;
        }
        server.rest.spawn(snapshots.follow(deployment, registry, server.stop_rest.clone()));
        Ok(server)
    }

    async fn serve_mail(&mut self, trap: Arc<MailTrap>, listen: &Listen) -> Result<(), Failure> {
        if let Some(address) = listen.smtp {
            let (listener, bound) = bind(address).await?;
            self.traps.spawn(Arc::clone(&trap).serve_smtp(listener, self.stop_traps.clone()));
            self.smtp = Some(bound);
        }
        if let Some(address) = listen.lmtp {
            let (listener, bound) = bind(address).await?;
            self.traps.spawn(Arc::clone(&trap).serve_lmtp(listener, self.stop_traps.clone()));
            self.lmtp = Some(bound);
        }
        if let Some(path) = &listen.lmtp_socket {
            let listener = bind_socket(path)?;
            self.traps.spawn(trap.serve_lmtp_socket(listener, self.stop_traps.clone()));
        }
        Ok(())
    }

    /// What answers questions about what has been caught.
    #[cfg(feature = "full")]
    pub fn engine(&self) -> &Arc<crate::engine::Engine> {
        &self.engine
    }

    /// Resolves when a part ends that should have gone on: with what it said.
    pub async fn failed(&mut self) -> Failure {
        let ended = tokio::select! {
            Some(ended) = self.traps.join_next() => ended,
            Some(ended) = self.rest.join_next() => ended,
        };
        let said = match ended {
            Ok(Ok(())) => "it returned".to_owned(),
            Ok(Err(error)) => error.to_string(),
            Err(panicked) => panicked.to_string(),
        };
        Failure::new(Kind::Failed, format!("a part of the server ended by itself: {said}"))
    }

    /// Ends the server: the traps drain into the journal, what reads it catches up, the stores close.
    pub async fn stop(mut self) -> Result<(), Failure> {
        self.stop_traps.cancel();
        let mut first_error = None;
        while let Some(ended) = self.traps.join_next().await {
            first_error = first_error.or(error_of(ended));
        }
        self.stop_rest.cancel();
        while let Some(ended) = self.rest.join_next().await {
            first_error = first_error.or(error_of(ended));
        }
        match first_error {
            None => Ok(()),
            Some(error) => Err(Failure::new(Kind::Failed, format!("while the server stopped: {error}"))),
        }
    }
}

fn error_of(ended: Result<io::Result<()>, tokio::task::JoinError>) -> Option<String> {
    match ended {
        Ok(Ok(())) => None,
        Ok(Err(error)) => Some(error.to_string()),
        Err(panicked) => Some(panicked.to_string()),
    }
}

/// Opens the journal, and says what it found damaged.
pub fn open_journal(deployment: &Deployment) -> Result<FileJournal, Failure> {
    let path = deployment.layout.file_url("journal", &deployment.config.store.journal)?;
    Ok(FileJournal::open(&path, journal::Options::default())?)
}

fn proxy_policy(trusted: &[ipnet::IpNet]) -> ProxyPolicy {
    if trusted.is_empty() {
        return ProxyPolicy::never();
    }
    ProxyPolicy::optional(trusted.iter().copied().collect::<TrustedProxies>())
}

async fn bind(address: SocketAddr) -> Result<(TcpListener, SocketAddr), Failure> {
    let failed = |error: io::Error| {
        let mend = match error.kind() {
            io::ErrorKind::AddrInUse => "; another program listens there: stop it, or choose another port",
            io::ErrorKind::PermissionDenied => {
                "; ports below 1024 need the right to: `setcap cap_net_bind_service=+ep` on the binary, or AmbientCapabilities in its systemd unit"
            }
            io::ErrorKind::AddrNotAvailable => "; this machine hasn't got that address",
            _ => "",
        };
        Failure::new(Kind::Config, format!("{address} can't be listened on: {error}{mend}"))
    };
    let listener = TcpListener::bind(address).await.map_err(failed)?;
    let bound = listener.local_addr().map_err(failed)?;
    Ok((listener, bound))
}

/// Binds a Unix socket; one that a server which is gone left behind is replaced.
pub fn bind_socket(path: &std::path::Path) -> Result<UnixListener, Failure> {
    if let Some(parent) = path.parent() {
        std::fs::create_dir_all(parent).map_err(|error| at(parent, &error))?;
    }
    if path.exists() {
        if std::os::unix::net::UnixStream::connect(path).is_ok() {
            return Err(Failure::new(Kind::Config, format!("{}: another server listens there", path.display())));
        }
        std::fs::remove_file(path).map_err(|error| at(path, &error))?;
    }
    UnixListener::bind(path).map_err(|error| at(path, &error))
}
