//! DATA (RFC 5321 section 4.1.1.4).

use crate::body::Refusal;
use crate::dialogue::{Dialogue, Next, State};
use crate::dot_stuffing::{DotStuffing, Progress};
use crate::envelope::Chunks;
use crate::reply::{self, Reply};

impl Dialogue {
    pub(super) fn data(&mut self, argument: &[u8]) -> Option<Next> {
        if !argument.is_empty() {
            return self.error(reply::NO_PARAMETERS);
        }
        let Some(envelope) = &self.envelope else {
            return self.error(reply::NEED_MAIL);
        };
        // RFC 3030 section 2: a message comes by one or the other.
        if envelope.chunks != Chunks::None {
            return self.error(reply::DATA_AMID_CHUNKS);
        }
        // A relay probe sends DATA, sees 354 and knows what it came for; so without a recipient it doesn't see it.
        if envelope.deliveries.is_empty() {
            let reply = if envelope.any_recipient { reply::NO_VALID_RECIPIENTS } else { reply::NEED_RECIPIENT };
            return self.error(reply);
        }
        self.reply(reply::GO_AHEAD);
        self.transcript.content_begins();
        self.state = State::Data(DotStuffing::default());
        None
    }

    /// Takes content of the input.
    pub(crate) fn take_content(&mut self, input: &mut &[u8]) -> Option<Next> {
        let (State::Data(dots), Some(envelope)) = (&mut self.state, &mut self.envelope) else {
            self.state = State::Command;
            return None;
        };
        let budget = &self.trap.budget;
        match dots.take(input, |bytes| envelope.body.push(bytes, budget)) {
            Progress::More => {
                self.transcript.content(input);
                *input = &[];
                None
            }
            Progress::Ended(length) => {
                let (content, rest) = input.split_at(length);
                self.transcript.content(content);
                self.transcript.content_ends();
                *input = rest;
                self.message_is_whole()
            }
        }
    }

    /// Counts why a message was not taken, and says what to answer.
    pub(crate) fn count_refusal(&self, refusal: Refusal) -> Reply {
        match refusal {
            Refusal::TooLarge => {
                self.trap.counts.too_large.increment(1);
                reply::TOO_LARGE
            }
            Refusal::NoMemory => {
                self.trap.counts.no_memory.increment(1);
                reply::NO_STORAGE
            }
        }
    }
}
