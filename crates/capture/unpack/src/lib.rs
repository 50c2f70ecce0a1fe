//! Reads a file whatever it is compressed with, within bounds.
//!
//! Importers are given what people have: routing tables as `.gz` and `.bz2`, mail archives as `.tar.xz`, logs as
//! they were rotated. What a file is, is told from its first bytes, never from its name. A file of a few kilobytes
//! can unpack to terabytes, so the caller says how much it will read, and decoders are held to a window of
//! [`WINDOW`] bytes.
//!
//! What every importer needs around that is here too: [`Lines`] of bounded length, and the [`Rejections`] that
//! account for what was not taken.

mod lines;
mod rejections;

use std::fs::File;
use std::io::{self, BufReader, Cursor, Read};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

pub use lines::{Line, Lines};
pub use rejections::{Rejected, Rejections};

/// The most memory that a decoder may ask for, in bytes: what `xz -9` needs, twice over.
pub const WINDOW: u64 = 128 << 20;

/// What a file is compressed with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compression {
    /// Nothing.
    None,
    /// gzip (RFC 1952), one member or more.
    Gzip,
    /// bzip2, one stream or more.
    Bzip2,
    /// xz, one stream or more.
    Xz,
    /// Zstandard (RFC 8878), one frame or more.
    Zstandard,
}

impl Compression {
    /// What these first bytes of a file say.
    pub fn detect(head: &[u8]) -> Self {
        match head {
            [0x1f, 0x8b, 8, ..] => Self::Gzip,
            [b'B', b'Z', b'h', b'1'..=b'9', 0x31 | 0x17, ..] => Self::Bzip2,
            [0xfd, b'7', b'z', b'X', b'Z', 0, ..] => Self::Xz,
            [0x28, 0xb5, 0x2f, 0xfd, ..] => Self::Zstandard,
            _ => Self::None,
        }
    }
}

/// A file's content, unpacked as it is read.
///
/// Reading more than the limit is an error of kind [`io::ErrorKind::FileTooLarge`]; a file cut short in the middle
/// of compressed data is one of kind [`io::ErrorKind::UnexpectedEof`].
pub struct Unpacked {
    reader: Box<dyn Read + Send>,
    compression: Compression,
    size: u64,
    consumed: Consumed,
    limit: u64,
    left: u64,
}

/// How many bytes of the file itself have been read so far. Clones share the count.
#[derive(Clone, Debug, Default)]
pub struct Consumed(Arc<AtomicU64>);

impl Consumed {
    /// The count, in bytes as they are on disk.
    pub fn bytes(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

impl Unpacked {
    /// Opens a file of which at most `limit` unpacked bytes will be read.
    ///
    /// # Errors
    /// Those of opening and reading its first bytes, and a header that no decoder takes.
    pub fn open(path: &Path, limit: u64) -> io::Result<Self> {
        let file = File::open(path)?;
        let size = file.metadata()?.len();
        Self::new(file, size, limit)
    }

    /// Reads from `source`, whose size in bytes is `size` as far as anyone knows.
    ///
    /// # Errors
    /// As [`Unpacked::open`].
    pub fn new(mut source: impl Read + Send + 'static, size: u64, limit: u64) -> io::Result<Self> {
        let mut head = Vec::with_capacity(6);
        source.by_ref().take(6).read_to_end(&mut head)?;
        let compression = Compression::detect(&head);
        let consumed = Consumed::default();
        let counted = Counted { source: Cursor::new(head).chain(source), consumed: consumed.clone() };
        let buffered = BufReader::with_capacity(256 << 10, counted);
        let reader: Box<dyn Read + Send> = match compression {
            Compression::None => Box::new(buffered),
            Compression::Gzip => Box::new(flate2::bufread::MultiGzDecoder::new(buffered)),
            Compression::Bzip2 => Box::new(bzip2::bufread::MultiBzDecoder::new(buffered)),
            Compression::Xz => {
                let stream = liblzma::stream::Stream::new_stream_decoder(WINDOW, liblzma::stream::CONCATENATED)?;
                Box::new(liblzma::bufread::XzDecoder::new_stream(buffered, stream))
            }
            Compression::Zstandard => {
                let mut decoder = zstd::stream::read::Decoder::with_buffer(buffered)?;
                decoder.window_log_max(WINDOW.ilog2())?;
                Box::new(decoder)
            }
        };
        Ok(Self { reader, compression, size, consumed, limit, left: limit })
    }

    /// What the file is compressed with.
    pub fn compression(&self) -> Compression {
        self.compression
    }

    /// The size of the file itself, in bytes.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// A count of the file's own bytes read so far, for a progress bar.
    pub fn consumed(&self) -> Consumed {
        self.consumed.clone()
    }

    /// How many unpacked bytes have been read so far.
    pub fn position(&self) -> u64 {
        self.limit - self.left
    }
}

impl Read for Unpacked {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        if self.left == 0 {
            // The limit itself is allowed: only a byte past it is too much.
            return match self.reader.read(&mut [0])? {
                0 => Ok(0),
                _ => Err(io::Error::new(
                    io::ErrorKind::FileTooLarge,
                    format!("it unpacks to more than {} bytes", self.limit),
                )),
            };
        }
        let room = usize::try_from(self.left).unwrap_or(usize::MAX).min(buffer.len());
        let (within, _) = buffer.split_at_mut(room);
        let read = self.reader.read(within)?;
        self.left -= read as u64;
        Ok(read)
    }
}

struct Counted<R> {
    source: R,
    consumed: Consumed,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.source.read(buffer)?;
        self.consumed.0.fetch_add(read as u64, Ordering::Relaxed);
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::io::Write;

    use super::*;

    fn unpack(packed: Vec<u8>, limit: u64) -> io::Result<Vec<u8>> {
        let size = packed.len() as u64;
        let mut out = Vec::new();
        Unpacked::new(Cursor::new(packed), size, limit)?.read_to_end(&mut out)?;
        Ok(out)
    }

    fn packed(text: &[u8]) -> Vec<(Compression, Vec<u8>)> {
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        gzip.write_all(text).unwrap();
        let mut bzip2 = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::default());
        bzip2.write_all(text).unwrap();
        let mut xz = liblzma::write::XzEncoder::new(Vec::new(), 6);
        xz.write_all(text).unwrap();
        vec![
            (Compression::None, text.to_vec()),
            (Compression::Gzip, gzip.finish().unwrap()),
            (Compression::Bzip2, bzip2.finish().unwrap()),
            (Compression::Xz, xz.finish().unwrap()),
            (Compression::Zstandard, zstd::encode_all(text, 3).unwrap()),
        ]
    }

    #[test]
    fn each_compression_is_told_from_its_content_and_undone() {
        for (compression, bytes) in packed(b"From spammer@example Mon Jul 22 18:12:38 2002\n") {
            assert_eq!(Compression::detect(&bytes), compression);
            let text = unpack(bytes, 1000).unwrap();
            assert_eq!(text, b"From spammer@example Mon Jul 22 18:12:38 2002\n", "{compression:?}");
        }
    }

    #[test]
    fn a_bomb_is_stopped_at_the_limit() {
        for (compression, bytes) in packed(&vec![0; 1 << 20]) {
            let error = unpack(bytes.clone(), (1 << 20) - 1).unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::FileTooLarge, "{compression:?}");
            assert_eq!(unpack(bytes, 1 << 20).unwrap().len(), 1 << 20, "{compression:?}: just the limit is allowed");
        }
    }

    #[test]
    fn a_file_cut_short_is_an_error_rather_than_an_end() {
        let text: Vec<u8> = (0..50_000u32).flat_map(|n| n.wrapping_mul(0x9e37_79b9).to_le_bytes()).collect();
        for (compression, bytes) in packed(&text).into_iter().skip(1) {
            let half = bytes[..bytes.len() / 2].to_vec();
            assert!(unpack(half, u64::MAX).is_err(), "{compression:?}");
        }
    }

    #[test]
    fn progress_counts_the_bytes_on_disk() {
        let (_, bytes) = packed(&vec![7; 100_000]).swap_remove(1);
        let size = bytes.len() as u64;
        let mut unpacked = Unpacked::new(Cursor::new(bytes), size, u64::MAX).unwrap();
        let consumed = unpacked.consumed();
        io::copy(&mut unpacked, &mut io::sink()).unwrap();
        assert_eq!(consumed.bytes(), size);
        assert_eq!(unpacked.position(), 100_000);
    }
}
