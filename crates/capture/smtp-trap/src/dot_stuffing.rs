//! The end of a message under DATA, and the transparency of dots (RFC 5321 section 4.5.2).
//!
//! The end is CRLF.CRLF and nothing else. What other servers took for an end (a bare LF or CR around the dot, "SMTP
//! smuggling") stays content, byte for byte, so that nothing that a client writes into a message can become a command.
//!
//! Of a line that begins with a dot the dot is taken away, as the section says, and a line ends with CRLF only: in
//! CRLF `.` LF the dot is the first of a line that goes on after the LF.

use memchr::memmem;

/// How far into the content the client is. Holds no content, so it costs nothing while a client is slow.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum DotStuffing {
    /// After CRLF. A message begins here: the CRLF of DATA itself counts (section 4.1.1.4).
    #[default]
    LineStart,
    /// Within a line.
    Text,
    /// After a CR within a line.
    Cr,
    /// After a dot at the start of a line; the dot is withheld.
    Dot,
    /// After that dot and a CR; both are withheld.
    DotCr,
}

/// What became of some bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Progress {
    /// All were content.
    More,
    /// The message ended after this many of them.
    Ended(usize),
}

impl DotStuffing {
    /// Goes through `bytes`, hands the content among them to `content`, and stops after the end of the message.
    pub(crate) fn take(&mut self, bytes: &[u8], mut content: impl FnMut(&[u8])) -> Progress {
        let mut at = 0;
        while let Some(&byte) = bytes.get(at) {
            match (*self, byte) {
                (Self::LineStart, b'.') => *self = Self::Dot,
                (Self::Dot, b'\r') => *self = Self::DotCr,
                (Self::DotCr, b'\n') => {
                    *self = Self::LineStart;
                    return Progress::Ended(at + 1);
                }
                (Self::DotCr, _) => {
                    content(b"\r");
                    *self = Self::Cr;
                    continue;
                }
                (Self::Cr, b'\n') => {
                    content(b"\n");
                    *self = Self::LineStart;
                }
                (Self::LineStart | Self::Text | Self::Cr | Self::Dot, _) => {
                    at += self.take_text(&bytes[at..], &mut content);
                    continue;
                }
            }
            at += 1;
        }
        Progress::More
    }

    /// Content up to the next dot that begins a line, or all of it. Returns how many bytes that were: at least one.
    fn take_text(&mut self, bytes: &[u8], content: &mut impl FnMut(&[u8])) -> usize {
        let text = memmem::find(bytes, b"\r\n.").map_or(bytes, |line_end| &bytes[..line_end + 2]);
        content(text);
        *self = match text {
            [.., b'\r', b'\n'] => Self::LineStart,
            [.., b'\r'] => Self::Cr,
            _ => Self::Text,
        };
        text.len()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use proptest::prelude::*;

    use super::*;

    /// The content of what a client sent after 354, cut into pieces of these lengths, and what follows the end.
    fn receive(sent: &[u8], cuts: &[usize]) -> (Vec<u8>, Option<Vec<u8>>) {
        let mut state = DotStuffing::default();
        let mut content = Vec::new();
        let mut rest = sent;
        let mut cuts = cuts.iter().copied().chain(std::iter::repeat(usize::MAX));
        while !rest.is_empty() {
            let (piece, after) = rest.split_at(cuts.next().unwrap().clamp(1, rest.len()));
            if let Progress::Ended(length) = state.take(piece, |bytes| content.extend_from_slice(bytes)) {
                return (content, Some([&piece[length..], after].concat()));
            }
            rest = after;
        }
        (content, None)
    }

    /// What RFC 5321 section 4.5.2 has a client send for this content.
    fn stuffed(content: &[u8]) -> Vec<u8> {
        let mut sent = Vec::new();
        for line in content.split_inclusive(|byte| *byte == b'\n') {
            // A line ends with CRLF, so a dot after a bare LF is not at the start of one.
            if line.starts_with(b".") && (sent.is_empty() || sent.ends_with(b"\r\n")) {
                sent.push(b'.');
            }
            sent.extend_from_slice(line);
        }
        if !sent.is_empty() && !sent.ends_with(b"\r\n") {
            sent.extend_from_slice(b"\r\n");
        }
        sent.extend_from_slice(b".\r\n");
        sent
    }

    #[test]
    fn only_crlf_dot_crlf_ends_a_message() {
        let smuggling = [
            "\n.\n",
            "\n.\r\n",
            "\r\n.\n",
            "\r.\r",
            "\r.\r\n",
            "\r\n.\r",
            "\n.\r",
            "\r.\n",
            "\r\n.\r\r\n",
            "\r\r\n.\n\r\n",
            "\r\n.\0\r\n",
            "\r\n. \r\n",
            "\n\n.\r\n",
        ];
        for form in smuggling {
            let sent = format!("a{form}MAIL FROM:<smuggler@example.com>\r\n");
            let (content, end) = receive(sent.as_bytes(), &[]);
            assert_eq!(end, None, "{form:?} ended the message");
            let undone = sent.replace("\r\n.", "\r\n");
            assert_eq!(content, undone.as_bytes(), "{form:?} did not stay as it was");
        }
    }

    #[test]
    fn what_follows_the_end_is_left_for_commands() {
        let (content, rest) = receive(b"Subject: x\r\n\r\n..\r\n.\r\nQUIT\r\n", &[]);
        assert_eq!(content, b"Subject: x\r\n\r\n.\r\n");
        assert_eq!(rest.unwrap(), b"QUIT\r\n");
    }

    #[test]
    fn an_empty_message_is_a_message() {
        assert_eq!(receive(b".\r\n", &[]), (Vec::new(), Some(Vec::new())));
    }

    proptest! {
        #[test]
        fn whatever_a_client_stuffs_comes_out_as_it_was(
            content in prop::collection::vec(prop::sample::select(b"a.\r\n\0\xff".to_vec()), 0..60),
            cuts in prop::collection::vec(1usize..5, 0..40),
        ) {
            let mut expected = content.clone();
            if !content.is_empty() && !content.ends_with(b"\r\n") {
                expected.extend_from_slice(b"\r\n");
            }
            prop_assert_eq!(receive(&stuffed(&content), &cuts), (expected, Some(Vec::new())));
        }

        #[test]
        fn the_network_may_cut_anywhere(
            sent in prop::collection::vec(prop::sample::select(b"a.\r\n".to_vec()), 0..60),
            cuts in prop::collection::vec(1usize..5, 0..40),
        ) {
            prop_assert_eq!(receive(&sent, &cuts), receive(&sent, &[]));
        }
    }
}
