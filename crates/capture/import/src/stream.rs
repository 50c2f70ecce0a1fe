//! Messages of one file: a single message, an mbox, or a tar archive of such.

use std::io::{self, BufReader, Cursor, Read};

use crate::mbox::{Mbox, begins_header};

/// How much of a stream's beginning is looked at, in bytes: a block of a tar archive.
const HEAD: usize = 512;

/// The longest name of an archived file that is shown, in bytes.
const NAME: usize = 4096;

/// What is read of a stream.
#[derive(Debug)]
pub(crate) enum Item {
    /// A message.
    Message {
        /// Byte for byte.
        content: Vec<u8>,
        /// The envelope sender that an mbox names; empty if there is none.
        sender: String,
    },
    /// Something that isn't one, and why.
    Rejected(&'static str),
}

/// Why a stream was not read to its end.
#[derive(Debug)]
pub(crate) enum Stopped<E> {
    /// It couldn't be.
    Read(io::Error),
    /// Who was given the items didn't want more.
    Taker(E),
}

impl<E> From<io::Error> for Stopped<E> {
    fn from(error: io::Error) -> Self {
        Self::Read(error)
    }
}

/// Gives each message of a stream, and what isn't one, to `take`, with the place within the stream.
pub(crate) fn read<E>(
    source: impl Read,
    limit: usize,
    take: &mut dyn FnMut(Item, &str) -> Result<(), E>,
) -> Result<(), Stopped<E>> {
    let (head, source) = peek(source)?;
    if is_tar(&head) { read_archive(source, limit, take) } else { read_mail(&head, source, limit, "", take) }
}

fn peek(mut source: impl Read) -> io::Result<(Vec<u8>, impl Read)> {
    let mut head = Vec::with_capacity(HEAD);
    source.by_ref().take(HEAD as u64).read_to_end(&mut head)?;
    Ok((head.clone(), Cursor::new(head).chain(source)))
}

/// Whether this block is the header of an archived file: its checksum is right (POSIX.1-1988 ustar and before).
fn is_tar(head: &[u8]) -> bool {
    let Some(block) = head.first_chunk::<HEAD>() else { return false };
    let sum: u32 =
        block.iter().enumerate().map(|(at, b)| if (148..156).contains(&at) { 32 } else { u32::from(*b) }).sum();
    block[0] != 0 && tar::Header::from_byte_slice(block).cksum().is_ok_and(|said| said == sum)
}

fn read_archive<E>(
    source: impl Read,
    limit: usize,
    take: &mut dyn FnMut(Item, &str) -> Result<(), E>,
) -> Result<(), Stopped<E>> {
    let mut archive = tar::Archive::new(source);
    let mut long_name = None;
    // Raw, since the library reads a long name whole, whatever its length.
    for entry in archive.entries()?.raw(true) {
        let mut entry = entry?;
        let kind = entry.header().entry_type();
        if kind.is_gnu_longname() {
            let mut name = Vec::new();
            entry.take(NAME as u64).read_to_end(&mut name)?;
            long_name = Some(name);
            continue;
        }
        if !kind.is_file() {
            continue;
        }
        let name = long_name.take().unwrap_or_else(|| entry.path_bytes().into_owned());
        let name = String::from_utf8_lossy(&name).trim_end_matches('\0').to_owned();
        let (head, entry) = peek(&mut entry)?;
        read_mail(&head, entry, limit, &name, take)?;
    }
    Ok(())
}

fn read_mail<E>(
    head: &[u8],
    source: impl Read,
    limit: usize,
    name: &str,
    take: &mut dyn FnMut(Item, &str) -> Result<(), E>,
) -> Result<(), Stopped<E>> {
    let mut give = |item, place: &str| take(item, place).map_err(Stopped::Taker);
    if head.starts_with(b"From ") {
        let mut mbox = Mbox::new(BufReader::with_capacity(64 << 10, source), limit);
        let mut number = 0u64;
        while let Some(message) = mbox.next_message()? {
            number += 1;
            let item = match message.too_large {
                true => Item::Rejected(TOO_LARGE),
                false => Item::Message { content: message.content, sender: message.sender },
            };
            give(item, format!("{name} message {number}").trim_start())?;
        }
        return Ok(());
    }
    if head.is_empty() {
        return give(Item::Rejected("empty file"), name);
    }
    if !is_message(head) {
        return give(Item::Rejected("not a mail message"), name);
    }
    let mut content = Vec::new();
    source.take(limit as u64 + 1).read_to_end(&mut content)?;
    let item = match content.len() > limit {
        true => Item::Rejected(TOO_LARGE),
        false => Item::Message { content, sender: String::new() },
    };
    give(item, name)
}

const TOO_LARGE: &str = "message larger than the limit";

/// Whether the first line that says anything is a header field.
fn is_message(head: &[u8]) -> bool {
    head.split(|byte| *byte == b'\n').find(|line| !line.trim_ascii().is_empty()).is_some_and(begins_header)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn all(source: &[u8], limit: usize) -> Vec<(String, Result<Vec<u8>, &'static str>)> {
        let mut found = Vec::new();
        let mut take = |item, place: &str| {
            found.push((
                place.to_owned(),
                match item {
                    Item::Message { content, .. } => Ok(content),
                    Item::Rejected(reason) => Err(reason),
                },
            ));
            Ok::<(), ()>(())
        };
        read(source, limit, &mut take).unwrap();
        found
    }

    fn archive(files: &[(&str, &[u8])]) -> Vec<u8> {
        let mut builder = tar::Builder::new(Vec::new());
        for (name, content) in files {
            let mut header = tar::Header::new_gnu();
            header.set_size(content.len() as u64);
            builder.append_data(&mut header, name, *content).unwrap();
        }
        builder.into_inner().unwrap()
    }

    #[test]
    fn an_archive_of_messages_gives_each_with_its_name() {
        let long = "folder/".repeat(40) + "4.eml";
        let archive = archive(&[
            ("1.eml", b"Subject: 1\n\n"),
            ("LICENSE", b"   Licence\n\nAll of it.\n"),
            ("2.eml", b"From a@x.example Mon Jul 22 18:12:38 2002\nSubject: 2\n\nbody\n"),
            ("empty", b""),
            (&long, b"Subject: 4\n\n"),
        ]);
        let found = all(&archive, 1000);
        let expected: [(&str, Result<Vec<u8>, &str>); 5] = [
            ("1.eml", Ok(b"Subject: 1\n\n".to_vec())),
            ("LICENSE", Err("not a mail message")),
            ("2.eml message 1", Ok(b"Subject: 2\n\nbody\n".to_vec())),
            ("empty", Err("empty file")),
            (&long, Ok(b"Subject: 4\n\n".to_vec())),
        ];
        assert_eq!(found, expected.map(|(name, result)| (name.to_owned(), result)));
    }

    #[test]
    fn a_single_message_is_one_and_one_over_the_limit_is_not() {
        assert_eq!(all(b"Subject: x\n\nFrom me\n", 100), [(String::new(), Ok(b"Subject: x\n\nFrom me\n".to_vec()))]);
        assert_eq!(all(&[b"Subject: x\n\n", &[b'x'; 1000][..]].concat(), 100)[0].1, Err(TOO_LARGE));
        assert_eq!(all(&[0; 4096], 100)[0].1, Err("not a mail message"));
    }
}
