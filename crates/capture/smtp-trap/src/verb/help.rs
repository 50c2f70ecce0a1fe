//! HELP (RFC 5321 section 4.1.1.8): nothing that says what software this is.

use crate::dialogue::{Dialogue, Next};
use crate::reply;

impl Dialogue {
    pub(super) fn help(&mut self) -> Option<Next> {
        self.reply(reply::HELP);
        None
    }
}
