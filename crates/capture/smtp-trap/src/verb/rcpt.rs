//! RCPT (RFC 5321 section 4.1.1.3): which trap a recipient is, if it is one.
//!
//! Every local part of a trap domain is accepted. Spammers drop recipients that a server rejects (Stringhini et al.,
//! "B@bel", USENIX Security 2012), so a refusal would cost evidence. Nothing is relayed: another domain is refused.

use model::{Delivery, ProbeKind, Trap};
use trap_address::Recipient;

use crate::command;
use crate::dialogue::{Dialogue, Next};
use crate::reply;

impl Dialogue {
    pub(super) fn rcpt(&mut self, argument: &[u8]) -> Option<Next> {
        let Some(envelope) = &mut self.envelope else {
            return self.error(reply::NEED_MAIL);
        };
        let Some((path, parameters)) = command::path(argument, b"TO") else {
            return self.error(reply::RCPT_SYNTAX);
        };
        if let Err(reply) = command::check_rcpt_parameters(parameters) {
            return self.error(reply);
        }
        envelope.any_recipient = true;
        if envelope.deliveries.len() >= self.trap.config.limits.recipients {
            self.trap.counts.too_many.increment(1);
            self.reply(reply::TOO_MANY_RECIPIENTS);
            return None;
        }
        let recipient = String::from_utf8_lossy(path).into_owned();
        match self.classify(&recipient) {
            Recipient::Trap(trap) => self.accept_recipient(recipient, trap),
            Recipient::Foreign => {
                self.trap.counts.foreign.increment(1);
                self.reply(reply::RELAYING_DENIED);
                self.probe(ProbeKind::Relay, recipient)
            }
            Recipient::Malformed => {
                self.trap.counts.malformed.increment(1);
                self.error(reply::BAD_RECIPIENT)
            }
        }
    }

    fn classify(&self, recipient: &str) -> Recipient {
        let mailbox = command::mailbox(recipient);
        // RFC 5321 section 4.5.1: the postmaster is there without a domain too.
        if mailbox.eq_ignore_ascii_case("postmaster") {
            return Recipient::Trap(Trap::Dictionary);
        }
        self.trap.traps.borrow().classify(mailbox, self.trap.clock.now())
    }

    fn accept_recipient(&mut self, recipient: String, trap: Trap) -> Option<Next> {
        self.trap.counts.recipient(&trap);
        let guessed = (trap == Trap::Dictionary).then(|| recipient.clone());
        let id = self.trap.ids.next(self.trap.clock.now());
        if let Some(envelope) = &mut self.envelope {
            envelope.deliveries.push(Delivery { id, recipient, trap });
        }
        self.recipient_accepted();
        self.reply(reply::RECIPIENT_OK);
        guessed.and_then(|target| self.probe(ProbeKind::Dictionary, target))
    }
}
