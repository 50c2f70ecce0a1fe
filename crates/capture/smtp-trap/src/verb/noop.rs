//! NOOP (RFC 5321 section 4.1.1.9): its argument is ignored.

use crate::dialogue::{Dialogue, Next};
use crate::reply;

impl Dialogue {
    pub(super) fn noop(&mut self) -> Option<Next> {
        self.reply(reply::OK);
        None
    }
}
