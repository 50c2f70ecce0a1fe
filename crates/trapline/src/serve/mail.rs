//! The mail trap, with the settings of the deployment.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use journal::FileJournal;
use listener::{Clock, ConnectionLimits, EventIds};
use smtp_trap::{MailTrap, SmtpConfig, SmtpLimits, StartTls};
use tokio::sync::watch;
use trap_address::Traps;

use super::proxy_policy;
use crate::deployment::{Deployment, at};
use crate::failure::{Failure, Kind};

/// Makes the mail trap.
pub fn trap(
    deployment: &Deployment,
    traps: watch::Receiver<Arc<Traps>>,
    journal: Arc<FileJournal>,
    clock: Clock,
    ids: EventIds,
) -> Result<MailTrap, Failure> {
    let config = SmtpConfig {
        starttls: starttls(deployment)?,
        proxy: proxy_policy(&deployment.config.trusted_proxies),
        limits: limits(deployment),
        ..SmtpConfig::new(&deployment.config.smtp.hostname, deployment.password_key())
    };
    MailTrap::new(config, traps, journal, clock, ids).map_err(|error| Failure::new(Kind::Config, error.to_string()))
}

fn limits(deployment: &Deployment) -> SmtpLimits {
    let smtp = &deployment.config.smtp;
    SmtpLimits {
        message_bytes: smtp.max_message_bytes,
        memory_bytes: smtp.max_memory_bytes,
        recipients: smtp.max_recipients,
        line_bytes: smtp.max_line_bytes,
        transcript_bytes: smtp.transcript_bytes,
        session_time: Duration::from_secs(smtp.max_session_seconds),
        idle_time: Duration::from_secs(smtp.max_idle_seconds),
        connections: ConnectionLimits { total: smtp.max_sessions, per_client: smtp.max_sessions_per_address },
        ..SmtpLimits::default()
    }
}

fn starttls(deployment: &Deployment) -> Result<StartTls, Failure> {
    let smtp = &deployment.config.smtp;
    if !smtp.starttls {
        return Ok(StartTls::Off);
    }
    let read = |path: &Path| {
        let path = deployment.layout.path(path);
        std::fs::read(&path).map_err(|error| at(&path, &error))
    };
    match (&smtp.certificate, &smtp.private_key) {
        (Some(certificate), Some(key)) => {
            Ok(StartTls::Pem { certificates: read(certificate)?, private_key: read(key)? })
        }
        _ => Ok(StartTls::SelfMade),
    }
}
