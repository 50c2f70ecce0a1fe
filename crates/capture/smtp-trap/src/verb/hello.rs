//! EHLO and HELO (RFC 5321 section 4.1.1.1), LHLO (RFC 2033 section 4.1), and the greeting before them.

use std::fmt::Write;

use model::MailProtocol;

use crate::command::Verb;
use crate::config::SmtpConfig;
use crate::dialogue::{Dialogue, Next};
use crate::reply;

/// The greeting and the answers to EHLO, made once.
pub(crate) struct Greetings {
    smtp: String,
    lmtp: String,
    extensions: String,
    auth: &'static str,
    xforward: &'static str,
    starttls: &'static str,
}

impl Greetings {
    pub(crate) fn new(config: &SmtpConfig, starttls: bool) -> Self {
        let (hostname, size) = (&config.hostname, config.limits.message_bytes);
        Self {
            // RFC 5321 section 4.3.1: the name first, so that a client can tell whom it reached. No software's name.
            smtp: format!("220 {hostname} ESMTP\r\n"),
            lmtp: format!("220 {hostname} LMTP\r\n"),
            extensions: format!("250-{hostname}\r\n250-PIPELINING\r\n250-SIZE {size}\r\n"),
            auth: "250-AUTH PLAIN LOGIN\r\n",
            xforward: "250-XFORWARD NAME ADDR PORT PROTO HELO IDENT SOURCE\r\n",
            starttls: if starttls { "250-STARTTLS\r\n" } else { "" },
        }
    }
}

const LAST_EXTENSIONS: &str = "250-ENHANCEDSTATUSCODES\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250 CHUNKING\r\n";

impl Dialogue {
    /// Speaks first.
    pub(crate) fn greet(&mut self) {
        let trap = self.trap.clone();
        self.reply(if self.protocol == MailProtocol::Lmtp { &trap.greetings.lmtp } else { &trap.greetings.smtp });
    }

    pub(super) fn hello(&mut self, verb: Verb, argument: &[u8]) -> Option<Next> {
        // RFC 2033 section 4.1: each protocol refuses the other's word.
        if (verb == Verb::Lhlo) != (self.protocol == MailProtocol::Lmtp) {
            return self.error(reply::NOT_UNDERSTOOD);
        }
        if argument.is_empty() {
            return self.error(reply::HELLO_SYNTAX);
        }
        self.introduced(argument, verb != Verb::Helo);
        if verb == Verb::Helo {
            let reply = format!("250 {}\r\n", self.trap.config.hostname);
            self.reply(&reply);
        } else {
            self.announce();
        }
        None
    }

    fn announce(&mut self) {
        let greetings = &self.trap.greetings;
        let starttls = if self.tls.is_none() { greetings.starttls } else { "" };
        let auth = if self.protocol == MailProtocol::Smtp { greetings.auth } else { "" };
        let xforward = if self.may_forward { greetings.xforward } else { "" };
        let mut reply = String::with_capacity(256);
        // Writing to a string does not fail.
        let _ = write!(reply, "{}{starttls}{auth}{xforward}{LAST_EXTENSIONS}", greetings.extensions);
        self.reply(&reply);
    }
}
