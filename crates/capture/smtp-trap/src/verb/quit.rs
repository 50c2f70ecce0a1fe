//! QUIT (RFC 5321 section 4.1.1.10).

use model::SessionEnding;

use crate::dialogue::{Dialogue, Next, State};
use crate::reply;

impl Dialogue {
    pub(super) fn quit(&mut self, argument: &[u8]) -> Option<Next> {
        if !argument.is_empty() {
            return self.error(reply::NO_PARAMETERS);
        }
        self.envelope = None;
        self.reply(reply::BYE);
        self.state = State::Over;
        Some(Next::Close(SessionEnding::Quit))
    }
}
