//! The body of a request: read to its end, kept up to a bound.

use bytes::{Buf, BytesMut};
use httparse::Status;

use super::{Framing, Refusal};

/// The longest line that gives a chunk's size, its extension counted in; and the most that may follow the last chunk.
const CHUNK_LINE: usize = 256;
const TRAILER_BYTES: usize = 4_096;
const TRAILER_FIELDS: usize = 32;

/// What was posted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Body {
    /// Its bytes, as many as may be kept.
    pub(crate) bytes: Vec<u8>,
    /// Whether there were more.
    pub(crate) truncated: bool,
}

/// Takes a body out of the bytes of a connection, in whatever pieces they come.
#[derive(Debug)]
pub(crate) struct BodyReader {
    state: State,
    body: Body,
    most: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// This many bytes are left of a body of known length.
    Length(u64),
    /// The line with a chunk's size comes next.
    ChunkSize,
    /// This many bytes are left of a chunk.
    Chunk(u64),
    /// The line end after a chunk comes next.
    ChunkEnd,
    /// The fields after the last chunk, and the empty line, come next.
    Trailer,
    Done,
}

/// How far a body is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Progress {
    /// More bytes are needed.
    More,
    /// It is there whole; what is left of the bytes is the next request.
    Done,
    /// It is longer than may be kept. The rest isn't read, so the connection cannot go on.
    Over,
}

impl BodyReader {
    /// A reader of a body framed like this, of which at most `most` bytes are kept.
    pub(crate) fn new(framing: Framing, most: usize) -> Self {
        let state = match framing {
            Framing::None => State::Done,
            Framing::Length(length) => State::Length(length),
            Framing::Chunked => State::ChunkSize,
        };
        Self { state, body: Body::default(), most }
    }

    /// Takes what belongs to the body.
    ///
    /// # Errors
    /// [`Refusal::Malformed`] if the chunks are not what RFC 9112, section 7.1 says.
    pub(crate) fn take(&mut self, bytes: &mut BytesMut) -> Result<Progress, Refusal> {
        loop {
            self.state = match self.state {
                State::Done => return Ok(Progress::Done),
                State::Length(0) => State::Done,
                State::Chunk(0) => State::ChunkEnd,
                State::Length(_) | State::Chunk(_) if bytes.is_empty() => return Ok(Progress::More),
                State::Length(_) | State::Chunk(_) if self.body.bytes.len() >= self.most => {
                    self.body.truncated = true;
                    return Ok(Progress::Over);
                }
                State::Length(left) => State::Length(left - self.keep(left, bytes)),
                State::Chunk(left) => State::Chunk(left - self.keep(left, bytes)),
                State::ChunkSize => match chunk_size(bytes)? {
                    None => return Ok(Progress::More),
                    Some(0) => State::Trailer,
                    Some(size) => State::Chunk(size),
                },
                State::ChunkEnd => match bytes.first_chunk::<2>() {
                    None => return Ok(Progress::More),
                    Some(b"\r\n") => {
                        bytes.advance(2);
                        State::ChunkSize
                    }
                    Some(_) => return Err(Refusal::Malformed),
                },
                State::Trailer => {
                    if !trailer(bytes)? {
                        return Ok(Progress::More);
                    }
                    State::Done
                }
            };
        }
    }

    /// What was kept; cut if the end hasn't come.
    pub(crate) fn finish(mut self) -> Body {
        self.body.truncated |= self.state != State::Done;
        self.body
    }

    /// Keeps as much as there is, belongs to it and may be kept. Returns how much.
    fn keep(&mut self, left: u64, bytes: &mut BytesMut) -> u64 {
        let room = self.most - self.body.bytes.len();
        let count = bytes.len().min(room).min(usize::try_from(left).unwrap_or(usize::MAX));
        self.body.bytes.extend_from_slice(&bytes[..count]);
        bytes.advance(count);
        count as u64
    }
}

/// The size that the next line gives, if the line is there.
fn chunk_size(bytes: &mut BytesMut) -> Result<Option<u64>, Refusal> {
    let window = &bytes[..bytes.len().min(CHUNK_LINE)];
    match httparse::parse_chunk_size(window) {
        Ok(Status::Complete((length, size))) => {
            // httparse takes a line without digits as 0, and a bare LF as part of an extension. Others would not.
            let line = &window[..length.saturating_sub(2)];
            if !line.first().is_some_and(u8::is_ascii_hexdigit) || line.contains(&b'\n') {
                return Err(Refusal::Malformed);
            }
            bytes.advance(length);
            Ok(Some(size))
        }
        Ok(Status::Partial) if window.len() < CHUNK_LINE => Ok(None),
        _ => Err(Refusal::Malformed),
    }
}

/// Whether the trailer was there whole; it is thrown away (RFC 9110, section 6.5.1 lets a receiver do so).
fn trailer(bytes: &mut BytesMut) -> Result<bool, Refusal> {
    let window = &bytes[..bytes.len().min(TRAILER_BYTES)];
    let mut fields = [httparse::EMPTY_HEADER; TRAILER_FIELDS];
    match httparse::parse_headers(window, &mut fields) {
        Ok(Status::Complete((length, _))) => {
            bytes.advance(length);
            Ok(true)
        }
        Ok(Status::Partial) if window.len() < TRAILER_BYTES => Ok(false),
        _ => Err(Refusal::Malformed),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use proptest::prelude::*;

    use super::*;

    /// Reads a body that comes in pieces of this size. What is left, and the body.
    fn read(framing: Framing, bytes: &[u8], piece: usize, most: usize) -> Result<(Progress, Body, Vec<u8>), Refusal> {
        let mut reader = BodyReader::new(framing, most);
        let (mut buffer, mut progress) = (BytesMut::new(), Progress::More);
        for piece in bytes.chunks(piece.max(1)) {
            buffer.extend_from_slice(piece);
            if progress == Progress::More {
                progress = reader.take(&mut buffer)?;
            }
        }
        Ok((progress, reader.finish(), buffer.to_vec()))
    }

    #[test]
    fn chunks_are_put_together_and_the_next_request_is_left() {
        let bytes = b"5\r\nhello\r\n6;name=\"v\"\r\n world\r\n0\r\nTrailer: x\r\n\r\nGET /";
        for piece in 1..bytes.len() {
            let (progress, body, rest) = read(Framing::Chunked, bytes, piece, 100).unwrap();
            assert_eq!((progress, &*body.bytes, &*rest), (Progress::Done, &b"hello world"[..], &b"GET /"[..]));
            assert!(!body.truncated);
        }
    }

    #[test]
    fn a_body_of_known_length_ends_there() {
        let (progress, body, rest) = read(Framing::Length(3), b"abcGET /", 2, 100).unwrap();
        assert_eq!((progress, &*body.bytes, &*rest), (Progress::Done, &b"abc"[..], &b"GET /"[..]));
    }

    #[test]
    fn more_than_may_be_kept_is_cut_and_said_to_be() {
        for (framing, bytes) in
            [(Framing::Length(9), &b"123456789"[..]), (Framing::Chunked, b"9\r\n123456789\r\n0\r\n\r\n")]
        {
            let (progress, body, _) = read(framing, bytes, 4, 5).unwrap();
            assert_eq!((progress, &*body.bytes, body.truncated), (Progress::Over, &b"12345"[..], true));
        }
    }

    #[test]
    fn a_body_that_breaks_off_is_said_to_be_cut() {
        let (progress, body, _) = read(Framing::Length(9), b"123", 4, 5).unwrap();
        assert_eq!((progress, &*body.bytes, body.truncated), (Progress::More, &b"123"[..], true));
    }

    #[test]
    fn chunks_that_another_reader_could_take_otherwise_are_refused() {
        for bytes in [
            &b"\r\n"[..],
            b"5\nhello\r\n",
            b"5\r\nhelloX\r\n",
            b"5\r\nhello\n0\r\n\r\n",
            b"5;a\nb\r\nhello\r\n",
            b"-5\r\n",
            b"0x5\r\n",
            b" 5\r\nhello",
            b"11111111111111111\r\n",
            &[b'0'; 300],
            &[&b"5;"[..], &[b'a'; 300]].concat(),
            &[&b"0\r\na:"[..], &[b'a'; 5_000]].concat(),
        ] {
            assert_eq!(read(Framing::Chunked, bytes, 7, 100), Err(Refusal::Malformed), "{}", bytes.escape_ascii());
        }
    }

    proptest! {
        #[test]
        fn how_the_network_cuts_a_body_changes_nothing(
            bytes in prop::collection::vec(prop_oneof![Just(b'\r'), Just(b'\n'), Just(b'0'), Just(b'3'), Just(b';'), any::<u8>()], 0..60),
            piece in 1usize..9,
        ) {
            let (whole, cut) = (read(Framing::Chunked, &bytes, 1_000, 20), read(Framing::Chunked, &bytes, piece, 20));
            match (whole, cut) {
                (Ok((progress, body, rest)), Ok(other)) => prop_assert_eq!((progress, body, rest), other),
                (whole, cut) => prop_assert_eq!(whole.is_err(), cut.is_err()),
            }
        }
    }
}
