//! VRFY and EXPN (RFC 5321 sections 4.1.1.6 and 4.1.1.7): nothing is said, and the question is kept.

use model::ProbeKind;

use crate::command::{self, Verb};
use crate::dialogue::{Dialogue, Next};
use crate::reply;

/// Bytes of the name asked for that are kept.
const NAME_BYTES: usize = 512;

impl Dialogue {
    pub(super) fn verify(&mut self, verb: Verb, argument: &[u8]) -> Option<Next> {
        if argument.is_empty() {
            return self.error(reply::VRFY_SYNTAX);
        }
        // Section 7.3: 252 gives nothing away, and a client that guesses goes on.
        self.reply(if verb == Verb::Vrfy { reply::CANNOT_VERIFY } else { reply::NOT_IMPLEMENTED });
        self.probe(ProbeKind::Verify, command::text(argument, NAME_BYTES))
    }
}
