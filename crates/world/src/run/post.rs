//! Brings the letters of a session.

use jiff::Timestamp;

use super::record::Addressed;
use crate::client::{Envelope, MailClient, Outcome};
use crate::dialect::Dialect;
use crate::mail::{Occasion, compose};
use crate::plan::{Actor, Fleet, Letter, MailSession};
use crate::{LoopbackAddr, WorldError};

/// What came of a session.
#[derive(Debug, Default)]
pub(super) struct Brought {
    /// Every letter that had a recipient, in order, and what became of it.
    pub(super) letters: Vec<(Sent, Outcome)>,
    /// Letters that had none.
    pub(super) unsent: u64,
    /// Whether the connection broke.
    pub(super) broken: bool,
}

/// A letter as sent.
#[derive(Debug)]
pub(super) struct Sent {
    /// Which letter of the session.
    pub(super) letter: usize,
    /// To whom.
    pub(super) to: Vec<Addressed>,
    /// Bytes.
    pub(super) size: usize,
}

/// Brings the letters of a session. `addressed` has the recipients of each.
///
/// # Errors
/// [`WorldError::Unreachable`] if the mail trap takes no connections.
pub(super) async fn bring(
    smtp: LoopbackAddr,
    actor: &Actor,
    session: &MailSession,
    addressed: Vec<Vec<Addressed>>,
    at: Timestamp,
) -> Result<Brought, WorldError> {
    let fleet = actor.fleet.unwrap_or(Fleet::Guessers);
    let total = addressed.len();
    let letters: Vec<_> = addressed.into_iter().enumerate().filter(|(_, to)| !to.is_empty()).collect();
    let mut brought = Brought { unsent: (total - letters.len()) as u64, ..Brought::default() };
    if letters.is_empty() && session.passwords.is_empty() {
        return Ok(brought);
    }
    let mut client = MailClient::greet(smtp, actor.address, Dialect::of(fleet), &session.helo).await?.ok();
    if let Some(open) = &mut client
        && guess(open, session).await.is_err()
    {
        client = None;
    }
    for (nth, to) in letters {
        let envelope = envelope(&session.letters[nth], fleet, &session.helo, &to, at);
        let mut outcome = Outcome { recipients: vec![None; to.len()], message: None };
        if let Some(open) = &mut client {
            let result;
            (outcome, result) = open.bring(&envelope, brought.letters.is_empty()).await;
            if result.is_err() {
                client = None;
            }
        }
        brought.letters.push((Sent { letter: nth, to, size: envelope.content.len() }, outcome));
    }
    match client {
        Some(open) => open.end().await,
        None => brought.broken = true,
    }
    Ok(brought)
}

async fn guess(client: &mut MailClient, session: &MailSession) -> std::io::Result<()> {
    for (user, password) in &session.passwords {
        client.guess(user, password).await?;
    }
    Ok(())
}

fn envelope(letter: &Letter, fleet: Fleet, helo: &str, to: &[Addressed], at: Timestamp) -> Envelope {
    let named = to.first().map_or("", |first| first.recipient.as_str());
    let content = compose(&Occasion { letter, fleet, to: named, helo, at });
    Envelope { from: letter.from.clone(), to: to.iter().map(|one| one.recipient.clone()).collect(), content }
}
