//! RSET (RFC 5321 section 4.1.1.5).

use crate::dialogue::{Dialogue, Next};
use crate::reply;

impl Dialogue {
    pub(super) fn rset(&mut self, argument: &[u8]) -> Option<Next> {
        if !argument.is_empty() {
            return self.error(reply::NO_PARAMETERS);
        }
        self.envelope = None;
        self.forwarded = None;
        self.reply(reply::OK);
        None
    }
}
