//! AUTH (RFC 4954): PLAIN (RFC 4616) and LOGIN, taken as evidence and always refused.
//!
//! Refused with 535, since 235 was read as success by those who guess, and sold on. Base64 is read as it came: a trap
//! that lower-cased its input lost all of it. Of a password only a keyed hash leaves this file.

use base64::Engine;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use model::{AuthAttempt, MailProtocol, ProbeKind};

use crate::command;
use crate::dialogue::{Dialogue, Next, State};
use crate::reply;

/// Bytes of a user name that are kept.
const USER_BYTES: usize = 256;

/// Bots pad badly.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// Which answer of the client's is waited for.
#[derive(Debug)]
pub(crate) enum AuthStep {
    /// PLAIN's only one.
    Plain,
    /// LOGIN's first.
    LoginUser,
    /// LOGIN's second, after this user name.
    LoginPassword(String),
}

impl Dialogue {
    pub(super) fn auth(&mut self, argument: &[u8]) -> Option<Next> {
        if self.protocol == MailProtocol::Lmtp {
            return self.error(reply::NOT_IMPLEMENTED);
        }
        // Section 4: not during a mail transaction.
        if self.envelope.is_some() {
            return self.error(reply::AUTH_AMID_MAIL);
        }
        let end = argument.iter().position(|byte| matches!(byte, b' ' | b'\t')).unwrap_or(argument.len());
        let (mechanism, initial) = argument.split_at(end);
        let Some(mechanism) = command::mechanism(mechanism) else {
            return self.error(reply::AUTH_SYNTAX);
        };
        let step = match mechanism.as_str() {
            "PLAIN" => AuthStep::Plain,
            "LOGIN" => AuthStep::LoginUser,
            _ => return self.attempted(mechanism, String::new(), None, reply::NO_SUCH_MECHANISM),
        };
        match command::trim(initial) {
            b"" => self.challenge(step),
            // Section 4: a lone equals sign is an answer of no bytes.
            b"=" => self.answered(step, b""),
            initial => self.answered_in_base64(step, initial),
        }
    }

    /// A line that answers a challenge.
    pub(crate) fn auth_continues(&mut self, line: &[u8]) -> Option<Next> {
        let State::Auth(step) = std::mem::replace(&mut self.state, State::Command) else { return None };
        if line == b"*" {
            return self.cancelled(step);
        }
        self.answered_in_base64(step, command::trim(line))
    }

    fn challenge(&mut self, step: AuthStep) -> Option<Next> {
        self.reply(match step {
            AuthStep::Plain => reply::RESPONSE_WANTED,
            AuthStep::LoginUser => reply::USER_WANTED,
            AuthStep::LoginPassword(_) => reply::PASSWORD_WANTED,
        });
        self.state = State::Auth(step);
        None
    }

    /// Section 4: the client gave up. A user name that it gave is kept.
    fn cancelled(&mut self, step: AuthStep) -> Option<Next> {
        match step {
            AuthStep::LoginPassword(user) => self.attempted("LOGIN".to_owned(), user, None, reply::AUTH_CANCELLED),
            AuthStep::Plain | AuthStep::LoginUser => self.error(reply::AUTH_CANCELLED),
        }
    }

    fn answered_in_base64(&mut self, step: AuthStep, answer: &[u8]) -> Option<Next> {
        match BASE64.decode(answer) {
            Ok(answer) => self.answered(step, &answer),
            Err(_) => self.error(reply::AUTH_MALFORMED),
        }
    }

    fn answered(&mut self, step: AuthStep, answer: &[u8]) -> Option<Next> {
        match step {
            AuthStep::LoginUser => self.challenge(AuthStep::LoginPassword(command::text(answer, USER_BYTES))),
            AuthStep::LoginPassword(user) => {
                let hash = self.trap.passwords.hash(answer);
                self.attempted("LOGIN".to_owned(), user, Some(hash), reply::NOT_AUTHENTICATED)
            }
            AuthStep::Plain => {
                // RFC 4616 section 2: authorization identity, NUL, user, NUL, password.
                let mut fields = answer.splitn(3, |byte| *byte == 0);
                let (_, Some(user), Some(password)) = (fields.next(), fields.next(), fields.next()) else {
                    return self.error(reply::AUTH_MALFORMED);
                };
                let hash = self.trap.passwords.hash(password);
                let user = command::text(user, USER_BYTES);
                self.attempted("PLAIN".to_owned(), user, Some(hash), reply::NOT_AUTHENTICATED)
            }
        }
    }

    fn attempted(
        &mut self,
        mechanism: String,
        user: String,
        password_hash: Option<[u8; 32]>,
        reply: reply::Reply,
    ) -> Option<Next> {
        self.trap.counts.passwords.increment(1);
        self.auth_attempts.push(AuthAttempt { mechanism, user: user.clone(), password_hash });
        self.note_probe(ProbeKind::Auth, user);
        self.error(reply)
    }
}
