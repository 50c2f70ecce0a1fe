//! Messages of an mbox, byte for byte but for what the format itself added.
//!
//! An mbox (RFC 4155) is messages one after the other, each behind a line `From sender date`, an empty line after
//! each. A line of a message that begins with `From ` has a `>` put before it; mboxrd does that to `>From ` too, so
//! that it can be undone, and it is undone here. Writers that don't quote are met as well, so a `From ` line counts
//! only after an empty line, if it ends like a date and if a header follows. `Content-Length` is not looked at: those
//! who cut such files by hand leave it wrong.

use std::io::{self, BufRead, Read};

/// The longest piece of a line that is looked at whole, in bytes. `From ` lines are shorter.
const PIECE: u64 = 4096;

/// Reads an mbox message by message.
#[derive(Debug)]
pub(crate) struct Mbox<R> {
    reader: R,
    limit: usize,
    /// A piece that was looked at and is still to be read.
    ahead: Option<Vec<u8>>,
    /// The `From ` line of the next message, where it has been read.
    from: Option<Vec<u8>>,
}

/// A message of an mbox.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Boxed {
    /// The message; nothing if it is too large.
    pub content: Vec<u8>,
    /// The envelope sender that the `From ` line names.
    pub sender: String,
    /// Whether it is larger than the limit.
    pub too_large: bool,
}

impl<R: BufRead> Mbox<R> {
    /// Messages of at most `limit` bytes; the reader stands at the first `From ` line.
    pub fn new(reader: R, limit: usize) -> Self {
        Self { reader, limit, ahead: None, from: None }
    }

    /// The next message, or none at the end.
    ///
    /// # Errors
    /// Those of reading.
    pub fn next_message(&mut self) -> io::Result<Option<Boxed>> {
        let from = match self.from.take() {
            Some(from) => from,
            None => match self.piece()? {
                Some(from) => from,
                None => return Ok(None),
            },
        };
        let mut message = Boxed { content: Vec::new(), sender: sender(&from), too_large: false };
        let (mut after_empty, mut at_start) = (false, true);
        while let Some(piece) = self.piece()? {
            if at_start && after_empty && is_from_line(&piece) && self.header_follows()? {
                self.from = Some(piece);
                break;
            }
            let quoted = at_start && is_quoted(&piece);
            message.add(piece.get(usize::from(quoted)..).unwrap_or_default(), self.limit);
            after_empty = at_start && matches!(piece.as_slice(), b"\n" | b"\r\n");
            at_start = piece.last() == Some(&b'\n');
        }
        message.drop_separator();
        Ok(Some(message))
    }

    fn header_follows(&mut self) -> io::Result<bool> {
        self.ahead = self.piece()?;
        Ok(self.ahead.as_deref().is_some_and(begins_header))
    }

    /// A line, or a piece of one that is longer than [`PIECE`].
    fn piece(&mut self) -> io::Result<Option<Vec<u8>>> {
        if let Some(piece) = self.ahead.take() {
            return Ok(Some(piece));
        }
        let mut piece = Vec::new();
        let read = self.reader.by_ref().take(PIECE).read_until(b'\n', &mut piece)?;
        Ok((read > 0).then_some(piece))
    }
}

impl Boxed {
    fn add(&mut self, bytes: &[u8], limit: usize) {
        if self.content.len() + bytes.len() > limit {
            self.too_large = true;
            self.content = Vec::new();
        }
        if !self.too_large {
            self.content.extend_from_slice(bytes);
        }
    }

    /// The empty line after a message belongs to the mbox.
    fn drop_separator(&mut self) {
        if let Some(rest) = self.content.strip_suffix(b"\n\r\n").or_else(|| self.content.strip_suffix(b"\n\n")) {
            self.content.truncate(rest.len() + 1);
        }
    }
}

/// `From sender Mon Jul 22 18:12:38 2002`, in the many spellings there are: a time and a year behind the sender.
fn is_from_line(line: &[u8]) -> bool {
    let Some(rest) = line.strip_prefix(b"From ") else { return false };
    let rest = String::from_utf8_lossy(rest);
    let mut words = rest.split_whitespace().skip(1);
    let is_time = |word: &str| word.contains(':') && word.bytes().all(|b| b.is_ascii_digit() || b == b':');
    let is_year = |word: &str| word.len() == 4 && word.bytes().all(|b| b.is_ascii_digit());
    words.clone().any(is_time) && words.any(is_year)
}

/// Whether a line is one that mboxrd put a `>` before.
fn is_quoted(line: &[u8]) -> bool {
    let unquoted = line.iter().position(|byte| *byte != b'>').unwrap_or(0);
    unquoted > 0 && line.get(unquoted..).is_some_and(|rest| rest.starts_with(b"From "))
}

/// Whether a line begins as a header field of mail does: `Received:`. Other text that has a colon (JSON, a log) is
/// told from it by its quotes, slashes and digits.
pub(crate) fn begins_header(line: &[u8]) -> bool {
    let Some(colon) = line.iter().take(100).position(|byte| *byte == b':') else { return false };
    let name = line.get(..colon).unwrap_or_default().trim_ascii_end();
    let of_names = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    name.first().is_some_and(u8::is_ascii_alphabetic) && name.iter().all(of_names)
}

/// The envelope sender of a `From ` line; empty for those that stand for none.
fn sender(from: &[u8]) -> String {
    let line = String::from_utf8_lossy(from.strip_prefix(b"From ").unwrap_or_default());
    let sender = line.split_whitespace().next().unwrap_or_default();
    let known = sender.contains('@') && sender.len() <= 320;
    if known { sender.trim_matches(['<', '>']).to_owned() } else { String::new() }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn messages(text: &[u8], limit: usize) -> Vec<Boxed> {
        let mut mbox = Mbox::new(text, limit);
        std::iter::from_fn(|| mbox.next_message().unwrap()).collect()
    }

    const TWO: &[u8] = b"\
From a@x.example Mon Jul 22 18:12:38 2002\n\
Subject: one\n\
\n\
From here on it goes\n\
\n\
From there at 10:30 in 2002 it did not\n\
>From quoted\n\
>>From quoted twice\n\
\n\
From MAILER-DAEMON  Tue Jul 23 18:12:38 2002\n\
Subject: two\n\
\n\
end\n";

    #[test]
    fn messages_come_apart_at_their_from_lines_and_quoting_is_undone() {
        let found = messages(TWO, 1000);
        assert_eq!(found.len(), 2);
        assert_eq!(found[0].sender, "a@x.example");
        assert_eq!(
            String::from_utf8_lossy(&found[0].content),
            "Subject: one\n\nFrom here on it goes\n\nFrom there at 10:30 in 2002 it did not\nFrom quoted\n>From quoted \
             twice\n"
        );
        assert_eq!(found[1].sender, "");
        assert_eq!(found[1].content, b"Subject: two\n\nend\n");
    }

    #[test]
    fn crlf_is_kept() {
        let text = String::from_utf8_lossy(TWO).replace('\n', "\r\n");
        let found = messages(text.as_bytes(), 1000);
        assert_eq!(found.len(), 2);
        assert!(found[0].content.ends_with(b">From quoted twice\r\n"));
    }

    #[test]
    fn a_message_over_the_limit_is_told_and_the_next_is_whole() {
        let mut text = b"From a@x.example Mon Jul 22 18:12:38 2002\nSubject: ".to_vec();
        text.resize(1 << 20, b'x');
        text.extend_from_slice(b"\n\nFrom b@x.example Mon Jul 22 18:12:38 2002\nSubject: two\n\n");
        let found = messages(&text, 1000);
        assert_eq!(found.len(), 2);
        assert!(found[0].too_large && found[0].content.is_empty());
        assert_eq!(found[1].content, b"Subject: two\n");
    }

    #[test]
    fn text_with_a_colon_is_not_taken_for_a_header() {
        assert!(begins_header(b"Received: from x"));
        assert!(begins_header(b"X-Spam-Status : no"));
        for line in [&b"{\"a\": 1}"[..], b"10:30 lunch", b"http//x: y", b"two words: no", b":", b"", b"no colon"] {
            assert!(!begins_header(line), "{:?}", String::from_utf8_lossy(line));
        }
    }
}
