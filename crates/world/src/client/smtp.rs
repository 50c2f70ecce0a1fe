//! An SMTP client in the dialect of its fleet.

use std::fmt::Write;
use std::io;
use std::net::IpAddr;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use tokio::io::{AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

use super::{open, patiently, read_line};
use crate::dialect::{Dialect, Ending};
use crate::{LoopbackAddr, WorldError};

/// The longest answer, in bytes.
const REPLY: u64 = 16 << 10;

/// An answer: its code, and its text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Reply {
    pub(crate) code: u16,
    text: String,
}

impl Reply {
    /// Whether it is a yes (RFC 5321 section 4.2.1).
    fn is_yes(&self) -> bool {
        (200..300).contains(&self.code)
    }
}

/// A message with its envelope.
#[derive(Clone, Debug)]
pub(crate) struct Envelope {
    /// The sender; empty for the null sender.
    pub(crate) from: String,
    /// The recipients.
    pub(crate) to: Vec<String>,
    /// The message; lines end in CRLF.
    pub(crate) content: String,
}

/// What became of a message. A code is missing where no answer came.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Outcome {
    /// The answers to its recipients.
    pub(crate) recipients: Vec<Option<u16>>,
    /// The answer to the message.
    pub(crate) message: Option<u16>,
}

/// A session.
#[derive(Debug)]
pub(crate) struct MailClient {
    connection: BufReader<TcpStream>,
    dialect: Dialect,
    pipelines: bool,
    parameters: bool,
}

impl MailClient {
    /// Connects and greets. The inner error is this one session's.
    ///
    /// # Errors
    /// [`WorldError::Unreachable`] if no connection can be opened.
    pub(crate) async fn greet(
        target: LoopbackAddr,
        client: IpAddr,
        dialect: Dialect,
        helo: &str,
    ) -> Result<io::Result<Self>, WorldError> {
        let stream = match open(target, client).await? {
            Ok(stream) => stream,
            Err(error) => return Ok(Err(error)),
        };
        let connection = BufReader::new(stream);
        let mut session = Self { connection, dialect, pipelines: false, parameters: false };
        Ok(session.exchange_greetings(helo).await.map(|()| session))
    }

    async fn exchange_greetings(&mut self, helo: &str) -> io::Result<()> {
        let banner = self.reply().await?;
        let verb = if self.dialect.extended { "EHLO" } else { "HELO" };
        let verb = self.spelled(verb);
        let hello = self.command(&format!("{verb} {helo}\r\n")).await?;
        if !banner.is_yes() || !hello.is_yes() {
            return Err(io::ErrorKind::ConnectionRefused.into());
        }
        let offers = |keyword: &str| {
            hello
                .text
                .lines()
                .any(|line| line.get(4..).is_some_and(|line| line.to_ascii_uppercase().starts_with(keyword)))
        };
        self.pipelines = self.dialect.pipelines && offers("PIPELINING");
        self.parameters = self.dialect.parameters && offers("SIZE") && offers("8BITMIME");
        Ok(())
    }

    /// Brings a message. The outcome has what was answered before a connection broke.
    pub(crate) async fn bring(&mut self, envelope: &Envelope, first: bool) -> (Outcome, io::Result<()>) {
        let mut outcome = Outcome { recipients: vec![None; envelope.to.len()], message: None };
        let result = self.try_bring(envelope, first, &mut outcome).await;
        (outcome, result)
    }

    async fn try_bring(&mut self, envelope: &Envelope, first: bool, outcome: &mut Outcome) -> io::Result<()> {
        if self.dialect.resets && !first {
            self.command("RSET\r\n").await?;
        }
        let commands = self.envelope(envelope);
        let goes_on = if self.pipelines {
            // RFC 2920 section 3.1: DATA may end a group, its answer is waited for before the message is sent.
            self.connection.get_mut().write_all((commands.concat() + "DATA\r\n").as_bytes()).await?;
            self.reply().await?;
            for code in &mut outcome.recipients {
                *code = Some(self.reply().await?.code);
            }
            self.reply().await?
        } else {
            for (nth, command) in commands.iter().enumerate() {
                let reply = self.command(command).await?;
                if let Some(code) = nth.checked_sub(1).and_then(|nth| outcome.recipients.get_mut(nth)) {
                    *code = Some(reply.code);
                }
            }
            if !outcome.recipients.iter().flatten().any(|code| (200..300).contains(code)) {
                // Nobody to send it to: the next message needs a clean slate (RFC 5321 section 4.1.1.5).
                return self.command("RSET\r\n").await.map(drop);
            }
            let data = self.spelled("DATA");
            self.command(&format!("{data}\r\n")).await?
        };
        if goes_on.code == 354 {
            let content = stuffed(&envelope.content);
            outcome.message = Some(self.command(&content).await?.code);
        }
        Ok(())
    }

    /// MAIL and one RCPT for each recipient.
    fn envelope(&self, envelope: &Envelope) -> Vec<String> {
        let space = if self.dialect.spaced { " " } else { "" };
        let mut mail = format!("{}:{space}<{}>", self.spelled("MAIL FROM"), envelope.from);
        if self.parameters {
            // Writing to a string cannot fail.
            let _ = write!(mail, " SIZE={} BODY=8BITMIME", envelope.content.len());
        }
        let rcpt = self.spelled("RCPT TO");
        let recipients = envelope.to.iter().map(|to| format!("{rcpt}:{space}<{to}>\r\n"));
        std::iter::once(mail + "\r\n").chain(recipients).collect()
    }

    /// Tries a user name and a password by AUTH LOGIN.
    pub(crate) async fn guess(&mut self, user: &str, password: &str) -> io::Result<()> {
        if self.command("AUTH LOGIN\r\n").await?.code == 334
            && self.command(&format!("{}\r\n", STANDARD.encode(user))).await?.code == 334
        {
            self.command(&format!("{}\r\n", STANDARD.encode(password))).await?;
        }
        Ok(())
    }

    /// Ends the session as the dialect does. What goes wrong by now doesn't matter to anybody.
    pub(crate) async fn end(mut self) {
        let _ = match self.dialect.ending {
            Ending::Quit => self.command("QUIT\r\n").await.map(drop),
            Ending::HastyQuit => self.connection.get_mut().write_all(b"QUIT\r\n").await,
            Ending::Drop => Ok(()),
        };
    }

    fn spelled(&self, verb: &str) -> String {
        if self.dialect.lower_case { verb.to_ascii_lowercase() } else { verb.to_owned() }
    }

    async fn command(&mut self, line: &str) -> io::Result<Reply> {
        self.connection.get_mut().write_all(line.as_bytes()).await?;
        self.reply().await
    }

    /// An answer, of one line or more (RFC 5321 section 4.2.1).
    async fn reply(&mut self) -> io::Result<Reply> {
        patiently(read_reply(&mut self.connection)).await
    }
}

async fn read_reply(connection: &mut BufReader<TcpStream>) -> io::Result<Reply> {
    let mut left = REPLY;
    let mut text = String::new();
    loop {
        let line = read_line(connection, &mut left).await?;
        let code = line.get(..3).and_then(|code| code.parse().ok()).ok_or(io::ErrorKind::InvalidData)?;
        text.push_str(&line);
        text.push('\n');
        if !line[3..].starts_with('-') {
            return Ok(Reply { code, text });
        }
    }
}

/// A message as it goes over the line: dots stuffed (RFC 5321 section 4.5.2), its end marked.
fn stuffed(content: &str) -> String {
    let mut out = content.replace("\r\n.", "\r\n..");
    if out.starts_with('.') {
        out.insert(0, '.');
    }
    if !out.ends_with("\r\n") {
        out.push_str("\r\n");
    }
    out + ".\r\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dots_are_stuffed_and_the_end_is_marked() {
        assert_eq!(stuffed(".a\r\n.\r\nb"), "..a\r\n..\r\nb\r\n.\r\n");
        assert_eq!(stuffed("a\r\n"), "a\r\n.\r\n");
    }
}
