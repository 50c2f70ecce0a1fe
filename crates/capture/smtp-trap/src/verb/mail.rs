//! MAIL (RFC 5321 section 4.1.1.2), with SIZE (RFC 1870), BODY (RFC 6152) and SMTPUTF8 (RFC 6531).
//!
//! No greeting is asked for first: spam that comes without one is wanted all the same, and the transcript shows it.

use smtp_proto::MAIL_SMTPUTF8;

use crate::command;
use crate::dialogue::{Dialogue, Next};
use crate::envelope::Envelope;
use crate::reply::{self, Farewell};

impl Dialogue {
    pub(super) fn mail(&mut self, argument: &[u8]) -> Option<Next> {
        if self.envelope.is_some() {
            return self.error(reply::NESTED_MAIL);
        }
        if self.has_had_its_messages() {
            return Some(self.end_with(Farewell::TooMuchMail));
        }
        let Some((path, parameters)) = command::path(argument, b"FROM") else {
            return self.error(reply::MAIL_SYNTAX);
        };
        if path.iter().any(u8::is_ascii_control) {
            return self.error(reply::BAD_SENDER);
        }
        let parameters = match command::mail_parameters(parameters) {
            Ok(parameters) => parameters,
            Err(reply) => return self.error(reply),
        };
        let limit = self.trap.config.limits.message_bytes;
        if parameters.size > limit {
            // RFC 1870 section 6.1. Not an error of the client's: that is what it declares the size for.
            self.trap.counts.too_large.increment(1);
            self.reply(reply::TOO_LARGE);
            return None;
        }
        let sender = String::from_utf8_lossy(path).into_owned();
        self.envelope = Some(Box::new(Envelope::new(sender, parameters.flags & MAIL_SMTPUTF8 != 0, limit)));
        self.reply(reply::SENDER_OK);
        None
    }
}
