//! What each verb does: one file a verb.

mod auth;
mod bdat;
mod data;
mod hello;
mod help;
mod mail;
mod noop;
mod quit;
mod rcpt;
mod rset;
mod starttls;
mod verify;
mod xforward;

pub(crate) use auth::AuthStep;
pub(crate) use bdat::Chunk;
pub(crate) use hello::Greetings;

use crate::command::Verb;
use crate::dialogue::{Dialogue, Next};
use crate::reply;

impl Dialogue {
    /// Does what a command asks for.
    pub(crate) fn obey(&mut self, verb: Verb, argument: &[u8]) -> Option<Next> {
        match verb {
            Verb::Ehlo | Verb::Helo | Verb::Lhlo => self.hello(verb, argument),
            Verb::Mail => self.mail(argument),
            Verb::Rcpt => self.rcpt(argument),
            Verb::Data => self.data(argument),
            Verb::Bdat => self.bdat(argument),
            Verb::Rset => self.rset(argument),
            Verb::Noop => self.noop(),
            Verb::Vrfy | Verb::Expn => self.verify(verb, argument),
            Verb::Help => self.help(),
            Verb::Quit => self.quit(argument),
            Verb::Auth => self.auth(argument),
            Verb::StartTls => self.starttls(argument),
            Verb::XForward => self.xforward(argument),
            Verb::NotImplemented => self.error(reply::NOT_IMPLEMENTED),
            Verb::Unknown => self.error(reply::NOT_UNDERSTOOD),
        }
    }
}
