//! STARTTLS (RFC 3207).

use crate::dialogue::{Dialogue, Next};
use crate::reply;

impl Dialogue {
    pub(super) fn starttls(&mut self, argument: &[u8]) -> Option<Next> {
        if self.trap.tls.is_none() {
            return self.error(reply::NOT_IMPLEMENTED);
        }
        if self.tls.is_some() {
            return self.error(reply::TLS_ACTIVE);
        }
        if !argument.is_empty() {
            return self.error(reply::NO_PARAMETERS);
        }
        self.reply(reply::READY_FOR_TLS);
        Some(Next::Secure)
    }
}
