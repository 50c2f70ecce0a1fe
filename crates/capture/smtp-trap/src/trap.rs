//! The mail trap: what all its sessions share.

use std::sync::Arc;

use bytes::BytesMut;
use journal::Journal;
use listener::{Clock, ConnectionGate, EventIds, MemoryBudget};
use model::{Client, MailProtocol};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::watch;
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;
use trap_address::Traps;

use crate::config::SmtpConfig;
use crate::counts::Counts;
use crate::password::PasswordHasher;
use crate::recorder::recorder;
use crate::session::{self, Introduction};
use crate::tls::{self, CertificateError};
use crate::verb::Greetings;

/// A mail trap. It takes connections through `serve_smtp`, `serve_lmtp` and `serve_lmtp_socket`, several at once if
/// need be; limits hold over all of them together.
pub struct MailTrap {
    pub(crate) shared: Arc<Shared>,
}

pub(crate) struct Shared {
    pub(crate) config: SmtpConfig,
    pub(crate) traps: watch::Receiver<Arc<Traps>>,
    pub(crate) journal: Arc<dyn Journal>,
    pub(crate) clock: Clock,
    pub(crate) ids: EventIds,
    pub(crate) tls: Option<TlsAcceptor>,
    pub(crate) passwords: PasswordHasher,
    pub(crate) greetings: Greetings,
    pub(crate) gate: ConnectionGate,
    pub(crate) budget: MemoryBudget,
    pub(crate) counts: Arc<Counts>,
}

impl MailTrap {
    /// A trap with these settings. `traps` may change while it runs: each recipient is looked up in the newest.
    ///
    /// # Errors
    /// [`CertificateError`] if the certificate for STARTTLS can't be used, or none can be made for the host name.
    pub fn new(
        config: SmtpConfig,
        traps: watch::Receiver<Arc<Traps>>,
        journal: Arc<dyn Journal>,
        clock: Clock,
        ids: EventIds,
    ) -> Result<Self, CertificateError> {
        let tls = tls::acceptor(&config.starttls, &config.hostname, clock.now())?;
        let shared = Shared {
            traps,
            journal,
            ids,
            passwords: PasswordHasher::new(config.password_key),
            greetings: Greetings::new(&config, tls.is_some()),
            tls,
            gate: ConnectionGate::new(config.limits.connections),
            budget: MemoryBudget::new(config.limits.memory_bytes),
            counts: Arc::new(Counts::new()),
            clock,
            config,
        };
        Ok(Self { shared: Arc::new(shared) })
    }

    /// How many sessions are open.
    pub fn open_sessions(&self) -> usize {
        self.shared.gate.open()
    }

    /// Holds one session over any stream, as if this client were at its other end, and returns once everything it
    /// leaves behind is in the journal. For tests and fuzzing; no limit on connections holds here.
    pub async fn converse<S>(&self, stream: S, client: Client, protocol: MailProtocol, shutdown: CancellationToken)
    where
        S: AsyncRead + AsyncWrite + Unpin + Send,
    {
        let shared = Arc::clone(&self.shared);
        let patience = shared.config.limits.journal_patience;
        let (recorder, writer) = recorder(Arc::clone(&shared.journal), Arc::clone(&shared.counts), patience);
        let introduction =
            Introduction { client, protocol, may_forward: protocol == MailProtocol::Lmtp, buffered: BytesMut::new() };
        let session = async {
            session::run(shared, stream, introduction, &recorder, shutdown).await;
            drop(recorder);
        };
        tokio::join!(session, writer.run());
    }
}
