//! What the client sent, as it sent it: the dialect of a session.
//!
//! Commands are kept whole, of message content the head and the tail, of passwords nothing. Each byte of the client's
//! is in exactly one chunk, kept or left out, so that the lengths add up to the position in the stream.

use model::{ReplyMark, Transcript, TranscriptChunk};

/// Of each message's content, so many bytes of the head are kept: how the client goes on after 354.
const CONTENT_HEAD: usize = 256;
/// And so many of the tail: how it ends a message. The message itself is stored.
const CONTENT_TAIL: usize = 64;
/// A client that sends byte after byte makes a chunk of each; after so many they are counted together.
const CHUNKS: usize = 2048;
/// Replies that are marked; those after are not.
const REPLIES: usize = 2048;

/// The first room for what is kept: a session with one message needs no more.
const FIRST_ROOM: usize = 768;

/// A transcript in the making.
#[derive(Debug)]
pub(crate) struct Recording {
    /// Bytes that may be kept in all.
    limit: usize,
    kept: Vec<u8>,
    chunks: Vec<TranscriptChunk>,
    replies: Vec<ReplyMark>,
    position: u64,
    /// Since the session began, when what is being recorded arrived.
    offset_us: u64,
    /// Whether what comes next arrived apart from what the last chunk has.
    fresh: bool,
    content_head_left: usize,
    /// The last bytes of the content so far. They are in no chunk yet: they are kept if the content ends with them.
    tail: [u8; CONTENT_TAIL],
    tail_length: usize,
}

impl Recording {
    /// An empty transcript that keeps at most `limit` bytes.
    pub(crate) fn new(limit: usize) -> Self {
        Self {
            limit,
            kept: Vec::new(),
            chunks: Vec::new(),
            replies: Vec::new(),
            position: 0,
            offset_us: 0,
            fresh: true,
            content_head_left: 0,
            tail: [0; CONTENT_TAIL],
            tail_length: 0,
        }
    }

    /// What is recorded from now on arrived together, at this time.
    pub(crate) fn arrived(&mut self, offset_us: u64) {
        self.offset_us = offset_us;
        self.fresh = true;
    }

    /// How many of the client's bytes are recorded.
    pub(crate) fn position(&self) -> u64 {
        self.position + self.tail_length as u64
    }

    /// Keeps these bytes, as far as there is room.
    pub(crate) fn keep(&mut self, bytes: &[u8]) {
        if bytes.is_empty() {
            return;
        }
        let room = self.limit.saturating_sub(self.kept.len());
        let (kept, left_out) = bytes.split_at(room.min(bytes.len()));
        let together = !self.fresh || self.chunks.len() >= CHUNKS;
        let chunk_can_go_on = together && self.chunks.last().is_some_and(|chunk| chunk.left_out == 0);
        if !chunk_can_go_on && !self.open_chunk() {
            return self.leave_out(bytes.len() as u64);
        }
        if let Some(chunk) = self.chunks.last_mut() {
            chunk.kept = chunk.kept.saturating_add(kept.len() as u32);
            chunk.left_out = chunk.left_out.saturating_add(left_out.len() as u32);
        }
        if self.kept.capacity() == 0 {
            self.kept.reserve(FIRST_ROOM.min(self.limit));
        }
        self.kept.extend_from_slice(kept);
        self.position += bytes.len() as u64;
    }

    /// Counts bytes that are not kept.
    pub(crate) fn leave_out(&mut self, count: u64) {
        if count == 0 {
            return;
        }
        if self.fresh {
            self.open_chunk();
        }
        self.leave_out_of_last(count);
    }

    /// Counts bytes that are not kept and came with, or before, the last chunk.
    fn leave_out_of_last(&mut self, count: u64) {
        if self.chunks.is_empty() && count > 0 {
            self.open_chunk();
        }
        if let Some(chunk) = self.chunks.last_mut() {
            chunk.left_out = chunk.left_out.saturating_add(u32::try_from(count).unwrap_or(u32::MAX));
        }
        self.position += count;
    }

    /// Takes the last `count` bytes recorded out again: they turned out to be nothing that may be kept.
    pub(crate) fn redact_last(&mut self, count: usize) {
        let mut left = u32::try_from(count).unwrap_or(u32::MAX);
        for chunk in self.chunks.iter_mut().rev() {
            left -= left.min(chunk.left_out);
            let redacted = left.min(chunk.kept);
            chunk.kept -= redacted;
            chunk.left_out += redacted;
            left -= redacted;
            self.kept.truncate(self.kept.len() - redacted as usize);
            if left == 0 {
                break;
            }
        }
    }

    /// A message's content begins.
    pub(crate) fn content_begins(&mut self) {
        self.content_head_left = CONTENT_HEAD;
    }

    /// Raw content: the head of it is kept.
    pub(crate) fn content(&mut self, bytes: &[u8]) {
        let (head, rest) = bytes.split_at(self.content_head_left.min(bytes.len()));
        self.content_head_left -= head.len();
        self.keep(head);
        let overflow = (self.tail_length + rest.len()).saturating_sub(CONTENT_TAIL);
        let from_tail = overflow.min(self.tail_length);
        self.leave_out_of_last(from_tail as u64);
        self.leave_out((overflow - from_tail) as u64);
        self.tail.copy_within(from_tail..self.tail_length, 0);
        self.tail_length -= from_tail;
        let rest = &rest[overflow - from_tail..];
        self.tail[self.tail_length..self.tail_length + rest.len()].copy_from_slice(rest);
        self.tail_length += rest.len();
    }

    /// The content is over: the tail of it is kept.
    pub(crate) fn content_ends(&mut self) {
        let (tail, length) = (self.tail, std::mem::take(&mut self.tail_length));
        self.keep(&tail[..length]);
    }

    /// A reply with this code goes out.
    pub(crate) fn replied(&mut self, code: u16, offset_us: u64) {
        if self.replies.len() < REPLIES {
            self.replies.push(ReplyMark { offset_us, after_client_bytes: self.position(), code });
        }
    }

    /// The transcript.
    pub(crate) fn finish(mut self) -> Transcript {
        self.content_ends();
        Transcript { bytes: self.kept.into(), chunks: self.chunks, replies: self.replies }
    }

    /// Begins a chunk, if there may be one more.
    fn open_chunk(&mut self) -> bool {
        let may = self.chunks.len() < CHUNKS;
        if may {
            self.chunks.push(TranscriptChunk { offset_us: self.offset_us, kept: 0, left_out: 0 });
            self.fresh = false;
        }
        may
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use proptest::prelude::*;

    use super::*;

    fn chunk(offset_us: u64, kept: u32, left_out: u32) -> TranscriptChunk {
        TranscriptChunk { offset_us, kept, left_out }
    }

    #[test]
    fn what_arrived_together_is_one_chunk_and_what_came_later_another() {
        let mut recording = Recording::new(100);
        recording.arrived(5);
        recording.keep(b"EHLO a\r\n");
        recording.keep(b"MAIL");
        recording.arrived(9);
        recording.keep(b" FROM:<>\r\n");
        let transcript = recording.finish();
        assert_eq!(transcript.chunks, [chunk(5, 12, 0), chunk(9, 10, 0)]);
        assert_eq!(&transcript.bytes[..], b"EHLO a\r\nMAIL FROM:<>\r\n");
    }

    #[test]
    fn of_content_the_head_and_the_tail_are_kept() {
        let mut recording = Recording::new(10_000);
        recording.arrived(1);
        recording.content_begins();
        recording.content(&[b'h'; 300]);
        recording.content(&[b'm'; 5_000]);
        recording.arrived(2);
        recording.content(b"end\r\n.\r\n");
        recording.content_ends();
        recording.keep(b"QUIT\r\n");
        assert_eq!(recording.position(), 300 + 5_000 + 8 + 6);
        let transcript = recording.finish();
        assert_eq!(transcript.chunks, [chunk(1, 256, 44 + 5_000 + 8 - 64), chunk(2, 70, 0)]);
        assert!(transcript.bytes.ends_with(b"mend\r\n.\r\nQUIT\r\n"));
    }

    #[test]
    fn a_secret_that_came_in_pieces_is_taken_out_of_all_of_them() {
        let mut recording = Recording::new(100);
        recording.keep(b"AUTH PLAIN AHV");
        recording.arrived(7);
        recording.keep(b"zZXIA");
        recording.redact_last(8);
        recording.keep(b"\r\n");
        let transcript = recording.finish();
        assert_eq!(&transcript.bytes[..], b"AUTH PLAIN \r\n");
        assert_eq!(transcript.chunks, [chunk(0, 11, 3), chunk(7, 0, 5), chunk(7, 2, 0)]);
    }

    proptest! {
        #[test]
        fn every_byte_is_counted_once_and_memory_is_bounded(
            steps in prop::collection::vec((0u8..6, 0usize..400), 0..200),
        ) {
            let mut recording = Recording::new(1_000);
            let mut sent = 0;
            for (step, length) in steps {
                let bytes = vec![b'x'; length];
                match step {
                    0 => recording.keep(&bytes),
                    1 => recording.leave_out(length as u64),
                    2 => recording.content_begins(),
                    3 => recording.content_ends(),
                    4 => recording.content(&bytes),
                    _ => recording.arrived(length as u64),
                }
                sent += if matches!(step, 0 | 1 | 4) { length as u64 } else { 0 };
                prop_assert_eq!(recording.position(), sent);
            }
            let transcript = recording.finish();
            let kept: u64 = transcript.chunks.iter().map(|chunk| u64::from(chunk.kept)).sum();
            let left_out: u64 = transcript.chunks.iter().map(|chunk| u64::from(chunk.left_out)).sum();
            prop_assert_eq!(kept, transcript.bytes.len() as u64);
            prop_assert_eq!(kept + left_out, sent);
            prop_assert!(transcript.bytes.len() <= 1_000);
        }
    }
}
