//! What a mail trap is told at its start: its name, its certificate, whom it believes, how much it takes.

use std::fmt;
use std::time::Duration;

use listener::{ConnectionLimits, ProxyPolicy};

/// The settings of a mail trap.
#[derive(Clone)]
pub struct SmtpConfig {
    /// The name it greets with: what the MX records of the trap domains point to.
    pub hostname: String,
    /// Whether and with which certificate it offers STARTTLS.
    pub starttls: StartTls,
    /// Which TCP peers are proxies, and whether they send a PROXY header. Peers of an LMTP listener that are trusted
    /// here may also name the client with XFORWARD.
    pub proxy: ProxyPolicy,
    /// The key that passwords are hashed under. Of this deployment alone, so that its hashes say nothing elsewhere.
    pub password_key: [u8; 32],
    /// The limits.
    pub limits: SmtpLimits,
}

impl SmtpConfig {
    /// The default settings: a self-made certificate, nobody trusted.
    pub fn new(hostname: impl Into<String>, password_key: [u8; 32]) -> Self {
        Self {
            hostname: hostname.into(),
            starttls: StartTls::SelfMade,
            proxy: ProxyPolicy::never(),
            password_key,
            limits: SmtpLimits::default(),
        }
    }
}

impl fmt::Debug for SmtpConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SmtpConfig")
            .field("hostname", &self.hostname)
            .field("starttls", &self.starttls)
            .field("proxy", &self.proxy)
            .field("limits", &self.limits)
            .finish_non_exhaustive()
    }
}

/// Whether and with which certificate STARTTLS is offered.
#[derive(Clone)]
pub enum StartTls {
    /// It isn't.
    Off,
    /// With a certificate made at the start. Clients that send mail don't check it (RFC 7435), and most mail servers
    /// have one that nobody vouches for.
    SelfMade,
    /// With this one.
    Pem {
        /// The certificate and those above it, PEM.
        certificates: Vec<u8>,
        /// Its private key, PEM.
        private_key: Vec<u8>,
    },
}

impl fmt::Debug for StartTls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Off => "Off",
            Self::SelfMade => "SelfMade",
            Self::Pem { .. } => "Pem",
        })
    }
}

/// How much a mail trap takes, in all and from one client.
#[derive(Clone, Debug)]
pub struct SmtpLimits {
    /// Bytes of a message. Announced by SIZE.
    pub message_bytes: usize,
    /// Bytes of all messages that are being received at once.
    pub memory_bytes: usize,
    /// Recipients of a message. At least 100 (RFC 5321 section 4.5.3.1.8).
    pub recipients: usize,
    /// Bytes of a command line with its end. At least 512 (RFC 5321 section 4.5.3.1.4).
    pub line_bytes: usize,
    /// Lines longer than that before the session is ended.
    pub long_lines: u32,
    /// Commands that weren't understood or came out of turn, and passwords tried, before the session is ended.
    pub errors: u32,
    /// Probes of a session before it is ended: each is an event that is kept.
    pub probes: u32,
    /// Messages of a session before it is ended.
    pub messages: u32,
    /// Bytes of the client's that a session's transcript keeps.
    pub transcript_bytes: usize,
    /// How long a session may take in all.
    pub session_time: Duration,
    /// How long a client may send nothing, or take nothing of what it is sent.
    pub idle_time: Duration,
    /// How long a message in progress may go on once the server is being stopped.
    pub drain_time: Duration,
    /// How long what a session leaves behind (probes, the session itself) is held while the journal takes nothing.
    pub journal_patience: Duration,
    /// Sessions open at once.
    pub connections: ConnectionLimits,
}

impl Default for SmtpLimits {
    fn default() -> Self {
        Self {
            message_bytes: 10 << 20,
            memory_bytes: 256 << 20,
            recipients: 100,
            line_bytes: 4096,
            long_lines: 5,
            errors: 100,
            probes: 1000,
            messages: 1000,
            transcript_bytes: 16 << 10,
            session_time: Duration::from_secs(600),
            idle_time: Duration::from_secs(120),
            drain_time: Duration::from_secs(10),
            journal_patience: Duration::from_secs(60),
            connections: ConnectionLimits { total: 10_000, per_client: 500 },
        }
    }
}
