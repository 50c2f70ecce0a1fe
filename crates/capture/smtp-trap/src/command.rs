//! A command line: verb and argument, paths, parameters.
//!
//! ESMTP parameters are read by smtp-proto's grammar. Verbs and paths are ours: that grammar takes `DATA now` for
//! DATA and lets CRs stand anywhere, where the difference is what tells clients apart; and it refuses a path without
//! angle brackets, which many bots send and whose mail is wanted. Nor does it read the size of BDAT: past 20 digits
//! its count starts again at a small number, and the client's content would be taken for commands.

use std::borrow::Cow;

use smtp_proto::request::parser::Rfc5321Parser;
use smtp_proto::{Error, MailFrom, RcptTo};

use crate::reply::{self, Reply};

/// Bytes of a path that are taken. RFC 5321 section 4.5.3.1.3 asks for 256.
const PATH_BYTES: usize = 512;

/// What a client asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verb {
    Ehlo,
    Helo,
    Lhlo,
    Mail,
    Rcpt,
    Data,
    Bdat,
    Rset,
    Noop,
    Vrfy,
    Expn,
    Help,
    Quit,
    Auth,
    StartTls,
    XForward,
    /// Known verbs that no server need have: ETRN, TURN, SEND and its like.
    NotImplemented,
    Unknown,
}

const VERBS: [(&[u8], Verb); 23] = [
    (b"EHLO", Verb::Ehlo),
    (b"HELO", Verb::Helo),
    (b"LHLO", Verb::Lhlo),
    (b"MAIL", Verb::Mail),
    (b"RCPT", Verb::Rcpt),
    (b"DATA", Verb::Data),
    (b"BDAT", Verb::Bdat),
    (b"RSET", Verb::Rset),
    (b"NOOP", Verb::Noop),
    (b"VRFY", Verb::Vrfy),
    (b"EXPN", Verb::Expn),
    (b"HELP", Verb::Help),
    (b"QUIT", Verb::Quit),
    (b"AUTH", Verb::Auth),
    (b"STARTTLS", Verb::StartTls),
    (b"XFORWARD", Verb::XForward),
    (b"ETRN", Verb::NotImplemented),
    (b"ATRN", Verb::NotImplemented),
    (b"TURN", Verb::NotImplemented),
    (b"SEND", Verb::NotImplemented),
    (b"SOML", Verb::NotImplemented),
    (b"SAML", Verb::NotImplemented),
    (b"BURL", Verb::NotImplemented),
];

/// The verb and the argument of a line without its end.
pub(crate) fn parse(line: &[u8]) -> (Verb, &[u8]) {
    // RFC 5321 sections 2.3.8 and 4.1.1: neither NUL nor a bare CR can be in a command.
    if line.iter().any(|byte| matches!(byte, 0 | b'\r')) {
        return (Verb::Unknown, &[]);
    }
    let end = line.iter().position(|byte| is_blank(*byte)).unwrap_or(line.len());
    let (verb, argument) = line.split_at(end);
    let known = VERBS.iter().find(|(name, _)| name.eq_ignore_ascii_case(verb));
    (known.map_or(Verb::Unknown, |(_, verb)| *verb), trim(argument))
}

/// The path after `FROM:` or `TO:`, and the parameters after that. `None` if there is none.
///
/// Blanks around the colon are allowed, and so is a path without angle brackets: bots send both.
pub(crate) fn path<'a>(argument: &'a [u8], keyword: &[u8]) -> Option<(&'a [u8], &'a [u8])> {
    let (given, rest) = argument.split_at_checked(keyword.len())?;
    if !given.eq_ignore_ascii_case(keyword) {
        return None;
    }
    let rest = trim(trim(rest).strip_prefix(b":")?);
    let (path, parameters) = match rest.strip_prefix(b"<") {
        Some(inner) => {
            let end = closing_bracket(inner)?;
            (trim(&inner[..end]), &inner[end + 1..])
        }
        None => {
            let end = rest.iter().position(|byte| is_blank(*byte)).unwrap_or(rest.len());
            if end == 0 {
                return None;
            }
            rest.split_at(end)
        }
    };
    let parameters_apart = parameters.first().is_none_or(|byte| is_blank(*byte));
    (parameters_apart && path.len() <= PATH_BYTES).then_some((path, parameters))
}

/// Where the bracket is that ends a path: not one within a quoted local part (RFC 5321 section 4.1.2).
fn closing_bracket(path: &[u8]) -> Option<usize> {
    let (mut quoted, mut escaped) = (false, false);
    path.iter().position(|byte| {
        if escaped {
            escaped = false;
            return false;
        }
        match byte {
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            b'>' => return !quoted,
            _ => {}
        }
        false
    })
}

/// The mailbox of a path, without a source route, which is to be ignored (RFC 5321 section 4.1.1.3 and appendix C).
pub(crate) fn mailbox(path: &str) -> &str {
    match path.strip_prefix('@').and_then(|route| route.split_once(':')) {
        Some((_, mailbox)) => mailbox,
        None => path,
    }
}

/// MAIL's parameters.
pub(crate) fn mail_parameters(parameters: &[u8]) -> Result<MailFrom<Cow<'static, str>>, Reply> {
    with_parser(parameters, |parser| match parser.mail_from_parameters(Cow::Borrowed("")) {
        Ok(MailFrom { flags, size, .. }) => Ok(MailFrom { flags, size, ..MailFrom::default() }),
        Err(error) => Err(parameter_error(&error)),
    })
}

/// Whether RCPT's parameters are well-formed; none of them means anything here.
pub(crate) fn check_rcpt_parameters(parameters: &[u8]) -> Result<(), Reply> {
    with_parser(parameters, |parser| match parser.rcpt_to_parameters(Cow::Borrowed("")) {
        Ok(RcptTo { .. }) => Ok(()),
        Err(error) => Err(parameter_error(&error)),
    })
}

fn with_parser<T: Default>(
    parameters: &[u8],
    parse: impl FnOnce(&mut Rfc5321Parser<'_, '_>) -> Result<T, Reply>,
) -> Result<T, Reply> {
    let parameters = trim(parameters);
    if parameters.is_empty() {
        return Ok(T::default());
    }
    let line = [parameters, b"\n"].concat();
    parse(&mut Rfc5321Parser::new(&mut line.iter()))
}

fn parameter_error(error: &Error) -> Reply {
    match error {
        Error::UnsupportedParameter { .. } => reply::UNKNOWN_PARAMETER,
        _ => reply::BAD_PARAMETER,
    }
}

/// BDAT's size and whether it is the last (RFC 3030 section 2). `None` if that can't be told.
pub(crate) fn chunk(argument: &[u8]) -> Option<(u64, bool)> {
    let mut words = argument.split(|byte| is_blank(*byte)).filter(|word| !word.is_empty());
    let digits = words.next().filter(|word| word.iter().all(u8::is_ascii_digit))?;
    let size = std::str::from_utf8(digits).ok()?.parse().ok()?;
    match (words.next(), words.next()) {
        (None, _) => Some((size, false)),
        (Some(last), None) if last.eq_ignore_ascii_case(b"LAST") => Some((size, true)),
        _ => None,
    }
}

/// From where on a command line may be a secret: what follows AUTH and its mechanism, or something like it.
///
/// `None` if nothing is. A line that is no command at all is left to the caller, who knows what came before.
pub(crate) fn secret_from(line: &[u8]) -> Option<usize> {
    let word_end = |from: usize| line[from..].iter().position(|byte| is_blank(*byte)).map(|length| from + length);
    let word_start = |from: usize| line[from..].iter().position(|byte| !is_blank(*byte)).map(|length| from + length);
    let first_start = word_start(0)?;
    let first_end = word_end(first_start).unwrap_or(line.len());
    let verb = &line[first_start..first_end];
    if !verb.to_ascii_uppercase().windows(4).any(|letters| letters == b"AUTH") {
        return None;
    }
    let second_start = word_start(first_end)?;
    let second_end = word_end(second_start).unwrap_or(line.len());
    let is_mechanism = verb.eq_ignore_ascii_case(b"AUTH") && mechanism(&line[second_start..second_end]).is_some();
    let secret = if is_mechanism { word_start(second_end)? } else { second_start };
    (secret < line.len()).then_some(secret)
}

/// The name of a SASL mechanism in upper case, if it can be one (RFC 4422 section 3.1).
pub(crate) fn mechanism(word: &[u8]) -> Option<String> {
    let fits = (1..=20).contains(&word.len())
        && word.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
    fits.then(|| String::from_utf8_lossy(word).to_ascii_uppercase())
}

/// Text of the client's as a string of at most `limit` bytes, whatever bytes it was.
pub(crate) fn text(bytes: &[u8], limit: usize) -> String {
    let mut text = String::from_utf8_lossy(&bytes[..bytes.len().min(limit)]).into_owned();
    // What isn't UTF-8 has become longer.
    text.truncate(text.floor_char_boundary(limit));
    text
}

pub(crate) fn trim(bytes: &[u8]) -> &[u8] {
    let start = bytes.iter().position(|byte| !is_blank(*byte)).unwrap_or(bytes.len());
    let end = bytes.iter().rposition(|byte| !is_blank(*byte)).map_or(start, |last| last + 1);
    &bytes[start..end]
}

fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t')
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn verbs_are_known_in_any_case_and_only_whole() {
        assert_eq!(parse(b"ehlo  there "), (Verb::Ehlo, &b"there"[..]));
        assert_eq!(parse(b"QUIT"), (Verb::Quit, &b""[..]));
        for unknown in ["EHLOthere", "", " EHLO there", "EH\rLO there", "EHLO the\0re", "\u{feff}EHLO x"] {
            assert_eq!(parse(unknown.as_bytes()).0, Verb::Unknown, "{unknown:?}");
        }
    }

    #[test]
    fn a_path_is_found_however_sloppily_it_is_given() {
        let given = |argument: &str| {
            path(argument.as_bytes(), b"TO").map(|(path, rest)| {
                (String::from_utf8_lossy(path).into_owned(), String::from_utf8_lossy(rest).into_owned())
            })
        };
        let found = |path: &str, rest: &str| Some((path.to_owned(), rest.to_owned()));
        assert_eq!(given("TO:<a@b.example>"), found("a@b.example", ""));
        assert_eq!(given("to: < a@b.example > NOTIFY=NEVER"), found("a@b.example", " NOTIFY=NEVER"));
        assert_eq!(given("TO : a@b.example ORCPT=x"), found("a@b.example", " ORCPT=x"));
        assert_eq!(given(r#"TO:<"a> b\">"@b.example>"#), found(r#""a> b\">"@b.example"#, ""));
        assert_eq!(given("TO:<>"), found("", ""));
        for nothing in ["TO", "TO:", "TO:<a@b.example", "TO:<a@b.example>x", "FROM:<a@b.example>", "T"] {
            assert_eq!(given(nothing), None, "{nothing:?}");
        }
    }

    #[test]
    fn a_source_route_is_not_part_of_the_mailbox() {
        assert_eq!(mailbox("@one.example,@two.example:a@b.example"), "a@b.example");
        assert_eq!(mailbox("a@b.example"), "a@b.example");
    }

    #[test]
    fn no_size_of_a_chunk_is_taken_for_another() {
        assert_eq!(chunk(b"10"), Some((10, false)));
        assert_eq!(chunk(b"0 last"), Some((0, true)));
        for lie in ["", "-1", "+1", "0x10", "10 LAST LAST", "10 FIRST", "184467440737095516150", "1 0"] {
            assert_eq!(chunk(lie.as_bytes()), None, "{lie:?}");
        }
    }

    #[test]
    fn whatever_follows_something_like_auth_may_be_a_secret() {
        let kept = |line: &str| line[..secret_from(line.as_bytes()).unwrap_or(line.len())].to_owned();
        assert_eq!(kept("AUTH PLAIN AHVzZXIAcGFzcw=="), "AUTH PLAIN ");
        assert_eq!(kept(" auth  login   dXNlcg=="), " auth  login   ");
        assert_eq!(kept("AUTH LOGIN"), "AUTH LOGIN");
        assert_eq!(kept("AUTHPLAIN AHVzZXIAcGFzcw=="), "AUTHPLAIN ");
        assert_eq!(kept("AUTH AHVzZXIAcGFzcw=="), "AUTH ");
        assert_eq!(kept("Authorization: Basic dXNlcjpwYXNz"), "Authorization: ");
        assert_eq!(kept("MAIL FROM:<auth@b.example>"), "MAIL FROM:<auth@b.example>");
    }

    #[test]
    fn parameters_are_read_and_unknown_ones_named_as_such() {
        assert_eq!(mail_parameters(b" SIZE=100 BODY=8BITMIME SMTPUTF8").unwrap().size, 100);
        assert!(mail_parameters(b"").is_ok());
        assert_eq!(mail_parameters(b" XYZZY=1").unwrap_err(), reply::UNKNOWN_PARAMETER);
        assert_eq!(mail_parameters(b" SIZE=lots").unwrap_err(), reply::BAD_PARAMETER);
        assert!(check_rcpt_parameters(b" NOTIFY=NEVER ORCPT=rfc822;a@b.example").is_ok());
    }
}
