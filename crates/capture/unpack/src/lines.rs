//! Lines of a file, each bounded before it is read.

use std::io::{self, BufRead, BufReader, Read};

/// A line without its ending.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Line<'a> {
    /// What it says; the beginning of it if it is longer than the limit. LF and CRLF end a line.
    pub bytes: &'a [u8],
    /// Its number; the first is 1.
    pub number: u64,
    /// Where in the unpacked file it begins, in bytes.
    pub offset: u64,
    /// Whether it was longer than the limit; the rest of it has been skipped.
    pub too_long: bool,
}

/// Reads lines of at most so many bytes.
///
/// ```
/// let mut lines = unpack::Lines::new(&b"one\r\ntwo\nthree"[..], 4);
/// assert_eq!(lines.next_line()?.map(|line| line.bytes.to_vec()), Some(b"one".to_vec()));
/// assert_eq!(lines.next_line()?.map(|line| line.bytes.to_vec()), Some(b"two".to_vec()));
/// assert!(lines.next_line()?.is_some_and(|line| line.too_long && line.bytes == b"thre"));
/// assert_eq!(lines.next_line()?, None);
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug)]
pub struct Lines<R> {
    reader: BufReader<R>,
    limit: usize,
    line: Vec<u8>,
    number: u64,
    offset: u64,
}

impl<R: Read> Lines<R> {
    /// Reads lines of at most `limit` bytes, their ending not counted.
    pub fn new(reader: R, limit: usize) -> Self {
        Self { reader: BufReader::with_capacity(64 << 10, reader), limit, line: Vec::new(), number: 0, offset: 0 }
    }

    /// Where in the unpacked file the next line begins, in bytes.
    pub fn offset(&self) -> u64 {
        self.offset
    }

    /// The next line, or none at the end.
    ///
    /// # Errors
    /// Those of reading.
    pub fn next_line(&mut self) -> io::Result<Option<Line<'_>>> {
        self.line.clear();
        let offset = self.offset;
        let room = self.limit + 2;
        // The bound comes first: no more than a line's limit and its ending is ever gathered.
        let read = self.reader.by_ref().take(room as u64).read_until(b'\n', &mut self.line)?;
        if read == 0 {
            return Ok(None);
        }
        self.offset += read as u64;
        self.number += 1;
        if self.line.last() == Some(&b'\n') {
            self.line.pop();
            if self.line.last() == Some(&b'\r') {
                self.line.pop();
            }
        } else if read == room {
            self.offset += skip_line(&mut self.reader)?;
        }
        let too_long = self.line.len() > self.limit;
        self.line.truncate(self.limit);
        Ok(Some(Line { bytes: &self.line, number: self.number, offset, too_long }))
    }
}

/// Skips to the beginning of the next line. Returns the bytes skipped.
fn skip_line(reader: &mut impl BufRead) -> io::Result<u64> {
    let mut skipped = 0;
    loop {
        let buffered = reader.fill_buf()?;
        if buffered.is_empty() {
            return Ok(skipped);
        }
        let end = buffered.iter().position(|byte| *byte == b'\n');
        let used = end.map_or(buffered.len(), |at| at + 1);
        reader.consume(used);
        skipped += used as u64;
        if end.is_some() {
            return Ok(skipped);
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn all(text: &[u8], limit: usize) -> Vec<(Vec<u8>, u64, u64, bool)> {
        let mut lines = Lines::new(text, limit);
        let mut out = Vec::new();
        while let Some(line) = lines.next_line().unwrap() {
            out.push((line.bytes.to_vec(), line.number, line.offset, line.too_long));
        }
        assert_eq!(lines.offset(), text.len() as u64);
        out
    }

    #[test]
    fn a_line_over_the_limit_is_cut_and_the_next_is_whole() {
        let mut text = vec![b'x'; 1_000_000];
        text.extend_from_slice(b"\nnext\n");
        let lines = all(&text, 100);
        assert_eq!(lines[0], (vec![b'x'; 100], 1, 0, true));
        assert_eq!(lines[1], (b"next".to_vec(), 2, 1_000_001, false));
        assert_eq!(lines.len(), 2);
    }

    #[test]
    fn a_line_of_just_the_limit_is_whole_with_either_ending() {
        for text in [&b"1234\nx"[..], b"1234\r\nx"] {
            let lines = all(text, 4);
            assert_eq!((&lines[0].0[..], lines[0].3), (&b"1234"[..], false));
            assert_eq!((&lines[1].0[..], lines[1].3), (&b"x"[..], false));
        }
        assert!(all(b"12345\nx", 4)[0].3);
        assert!(all(b"123456\nx", 4)[0].3);
        assert!(all(b"1234567\nx", 4)[0].3);
        assert!(!all(b"1234", 4)[0].3);
    }

    #[test]
    fn an_empty_file_has_no_line_and_an_empty_line_is_one() {
        assert!(all(b"", 4).is_empty());
        assert_eq!(all(b"\n\r\n", 4), [(vec![], 1, 0, false), (vec![], 2, 1, false)]);
    }
}
