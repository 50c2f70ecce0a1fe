//! BDAT (CHUNKING, RFC 3030).
//!
//! The octets announced are taken even if the command is refused (section 2), since otherwise they would be read as
//! commands. Where the size itself can't be read there is no going on, and the session ends.

use crate::dialogue::{Dialogue, Next, State};
use crate::envelope::Chunks;
use crate::reply::{self, Reply};
use crate::{command, reply::Farewell};

/// A chunk that is being taken.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Chunk {
    /// Octets that haven't come.
    pub(crate) left: u64,
    last: bool,
    /// What to answer once they have; none if they are content.
    refusal: Option<Reply>,
}

impl Dialogue {
    pub(super) fn bdat(&mut self, argument: &[u8]) -> Option<Next> {
        let Some((size, last)) = command::chunk(argument) else {
            self.trap.counts.command_errors.increment(1);
            self.reply(reply::BDAT_SYNTAX);
            return Some(self.end_with(Farewell::TooManyErrors));
        };
        let refusal = match &self.envelope {
            None => Some(reply::NEED_MAIL),
            Some(envelope) if envelope.chunks == Chunks::Failed => Some(reply::CHUNKS_FAILED),
            Some(envelope) if envelope.deliveries.is_empty() && envelope.any_recipient => {
                Some(reply::NO_VALID_RECIPIENTS)
            }
            Some(envelope) if envelope.deliveries.is_empty() => Some(reply::NEED_RECIPIENT),
            Some(_) => None,
        };
        self.transcript.content_begins();
        self.state = State::Chunk(Chunk { left: size, last, refusal });
        None
    }

    /// Takes octets of the chunk.
    pub(crate) fn take_chunk(&mut self, input: &mut &[u8]) -> Option<Next> {
        let State::Chunk(chunk) = &mut self.state else { return None };
        let length = usize::try_from(chunk.left).unwrap_or(usize::MAX).min(input.len());
        let (octets, rest) = input.split_at(length);
        *input = rest;
        chunk.left -= length as u64;
        let chunk = *chunk;
        self.transcript.content(octets);
        if let (None, Some(envelope)) = (chunk.refusal, &mut self.envelope) {
            envelope.body.push(octets, &self.trap.budget);
        }
        if chunk.left > 0 {
            return None;
        }
        self.transcript.content_ends();
        self.state = State::Command;
        self.chunk_is_whole(chunk)
    }

    fn chunk_is_whole(&mut self, chunk: Chunk) -> Option<Next> {
        let envelope = match (chunk.refusal, &mut self.envelope) {
            (Some(refusal), _) => return self.error(refusal),
            (None, None) => return self.error(reply::NEED_MAIL),
            (None, Some(envelope)) => envelope,
        };
        if chunk.last {
            return self.message_is_whole();
        }
        match envelope.body.refusal() {
            None => {
                envelope.chunks = Chunks::Begun;
                self.reply(reply::OK);
            }
            Some(refusal) => {
                envelope.chunks = Chunks::Failed;
                let reply = self.count_refusal(refusal);
                self.reply(reply);
            }
        }
        None
    }
}
