//! What a message says of itself.

use mail_parser::HeaderValue;
use mail_parser::parsers::MessageStream;
use model::MessageSummary;
use sha2::{Digest, Sha256};

use crate::headers::{Header, addresses, headers};
use crate::sign_up::is_confirmation;

/// The longest subject and Message-ID kept, in bytes: a line of RFC 5322, section 2.1.1.
const LINE: usize = 998;

/// The longest address kept, in bytes: local part, `@` and domain of RFC 5321, section 4.5.3.1.
const ADDRESS: usize = 64 + 1 + 255;

/// Reads what a message's own headers say. All of it is the sender's claim, and any of it can be missing.
///
/// Where a header comes more than once the first counts. Control characters become spaces; what is too long is
/// cut.
pub fn summary(content: &[u8]) -> MessageSummary {
    let (mut subject, mut from, mut message_id) = (None, None, None);
    for header in headers(content) {
        if subject.is_none() && header.is("Subject") {
            subject = Some(bounded(header.decoded(), LINE));
        } else if from.is_none() && header.is("From") {
            from = Some(first_address(header));
        } else if message_id.is_none() && header.is("Message-ID") {
            message_id = Some(bounded(id(header), LINE));
        }
        if subject.is_some() && from.is_some() && message_id.is_some() {
            break;
        }
    }
    let subject = subject.unwrap_or_default();
    MessageSummary {
        size: content.len() as u64,
        digest: Sha256::digest(content).into(),
        sign_up_confirmation: is_confirmation(&subject),
        subject,
        from: from.unwrap_or_default(),
        message_id: message_id.unwrap_or_default(),
    }
}

fn first_address(header: Header<'_>) -> String {
    bounded(addresses(header.value, 1).pop().unwrap_or_default(), ADDRESS)
}

fn id(header: Header<'_>) -> String {
    match MessageStream::new(header.value).parse_id() {
        HeaderValue::Text(id) => id.into_owned(),
        HeaderValue::TextList(ids) => ids.first().map(ToString::to_string).unwrap_or_default(),
        // Bots write ids without angle brackets.
        _ => header.text().trim_matches(['<', '>']).to_owned(),
    }
}

fn bounded(mut text: String, bytes: usize) -> String {
    text.truncate(text.floor_char_boundary(bytes));
    if text.contains(char::is_control) {
        text = text.replace(char::is_control, " ");
    }
    text.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encoded_words_are_decoded_and_addresses_are_bare() {
        let summary = summary(
            b"From: =?iso-8859-1?q?Andr=E9?= <andre@x.example>\r\nSubject: =?utf-8?b?w4RwZmVs?= for\r\n you\r\n\
              Message-ID: <1@x.example>\r\nSubject: second\r\n\r\nbody\r\n",
        );
        assert_eq!(summary.subject, "Äpfel for you");
        assert_eq!(summary.from, "andre@x.example");
        assert_eq!(summary.message_id, "1@x.example");
        assert!(!summary.sign_up_confirmation);
    }

    #[test]
    fn what_is_missing_is_empty_and_what_is_too_long_is_cut() {
        let nothing = summary(b"\r\nSubject: in the body\r\n");
        assert_eq!((nothing.subject.as_str(), nothing.from.as_str(), nothing.size), ("", "", 24));
        let long = format!("Subject: {}\nFrom: {}@x\n\n", "ä".repeat(100_000), "a".repeat(100_000));
        let long = summary(long.as_bytes());
        assert!(long.subject.len() <= LINE && long.from.len() <= ADDRESS);
    }

    #[test]
    fn control_characters_do_not_reach_whoever_reads_it() {
        assert_eq!(summary(b"Subject: a\x1b[31m\0b\n\n").subject, "a [31m b");
        assert_eq!(summary(b"Subject: =?utf-8?q?a=0D=0Ab?=\n\n").subject, "a  b");
    }
}
