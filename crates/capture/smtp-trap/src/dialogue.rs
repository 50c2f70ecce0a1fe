//! One session's side of the dialogue, apart from any I/O: bytes go in, replies and facts come out.
//!
//! It is fed whatever the network brings, in whatever pieces, and says through [`Next`] what has to be done before it
//! goes on. So a packet with many commands (PIPELINING, RFC 2920) is answered in one write, and the same bytes give
//! the same replies and facts wherever they were cut.

use std::borrow::Cow;
use std::sync::Arc;

use bytes::{Buf, Bytes};
use jiff::Timestamp;
use listener::Lease;
use memchr::memchr;
use model::{
    AuthAttempt, Client, Event, EventId, MailProtocol, Message, Probe, ProbeKind, Session, SessionEnding, TlsSession,
};

use crate::command::{self, Verb};
use crate::dot_stuffing::DotStuffing;
use crate::envelope::Envelope;
use crate::reply::{self, Farewell, Reply};
use crate::transcript::Recording;
use crate::trap::Shared;
use crate::verb::{AuthStep, Chunk};

/// Replies are sent once so many bytes of them wait, even if there is more of the client's to answer.
const REPLIES_AT_ONCE: usize = 16 << 10;
/// Probes are handed over once there are so many.
const PROBES_AT_ONCE: usize = 32;
/// Bytes of a client's name for itself that are kept: a domain has at most 255 (RFC 5321 section 4.5.3.1.2).
const HELO_BYTES: usize = 255;

/// What has to be done before the dialogue goes on.
#[derive(Debug)]
pub(crate) enum Next {
    /// Send the replies, read more of the client's.
    Read,
    /// Send the replies, then [`Dialogue::resume`].
    Write,
    /// Hand over [`Dialogue::take_probes`], then `resume`.
    Record,
    /// Make the message durable, say so by [`Dialogue::committed`], then `resume`.
    Append(Box<Message>),
    /// Send the replies, negotiate TLS, say so by [`Dialogue::secured`], read on.
    Secure,
    /// Send the replies, close.
    Close(SessionEnding),
}

/// Where the dialogue is between two reads.
#[derive(Debug)]
pub(crate) enum State {
    /// A command line comes next.
    Command,
    /// An answer to a challenge of AUTH comes next.
    Auth(AuthStep),
    /// Content under DATA.
    Data(DotStuffing),
    /// Content under BDAT.
    Chunk(Chunk),
    /// The session is over; what still comes is counted.
    Over,
}

/// A message that the journal is being asked to keep.
#[derive(Debug)]
struct Committing {
    /// Its memory, leased until it is gone.
    _lease: Option<Lease>,
    id: EventId,
    recipients: usize,
    bytes: usize,
}

/// Who a message comes from where the peer is an MTA in front (XFORWARD).
#[derive(Clone, Debug)]
pub(crate) struct Forwarded {
    pub(crate) client: Client,
    pub(crate) helo: Option<String>,
}

/// A session's dialogue.
pub(crate) struct Dialogue {
    pub(crate) trap: Arc<Shared>,
    id: EventId,
    at: Timestamp,
    client: Client,
    pub(crate) protocol: MailProtocol,
    /// Whether the peer may name clients with XFORWARD.
    pub(crate) may_forward: bool,
    pub(crate) forwarded: Option<Box<Forwarded>>,
    pub(crate) state: State,
    pub(crate) helo: String,
    pub(crate) extended: bool,
    pub(crate) tls: Option<TlsSession>,
    pub(crate) envelope: Option<Box<Envelope>>,
    committing: Option<Committing>,
    /// A command line of which the end hasn't come.
    line: Vec<u8>,
    /// Bytes of that line that are too many.
    line_excess: usize,
    /// What was read and not looked at yet.
    pending: Bytes,
    out: Vec<u8>,
    pub(crate) transcript: Recording,
    /// Since the session began, when what is being answered arrived.
    offset_us: u64,
    pub(crate) auth_attempts: Vec<AuthAttempt>,
    /// AUTH was the last command that was known: what isn't one may be a password.
    after_auth: bool,
    probes: Vec<Event>,
    probed: u32,
    commands: u32,
    errors: u32,
    long_lines: u32,
    messages: u32,
    recipients: u32,
}

impl Dialogue {
    /// A dialogue with this client, which is greeted.
    pub(crate) fn new(trap: Arc<Shared>, client: Client, protocol: MailProtocol, may_forward: bool) -> Self {
        let at = trap.clock.now();
        let mut dialogue = Self {
            id: trap.ids.next(at),
            at,
            client,
            protocol,
            may_forward,
            forwarded: None,
            state: State::Command,
            helo: String::new(),
            extended: false,
            tls: None,
            envelope: None,
            committing: None,
            line: Vec::new(),
            line_excess: 0,
            pending: Bytes::new(),
            out: Vec::new(),
            transcript: Recording::new(trap.config.limits.transcript_bytes),
            offset_us: 0,
            auth_attempts: Vec::new(),
            after_auth: false,
            probes: Vec::new(),
            probed: 0,
            commands: 0,
            errors: 0,
            long_lines: 0,
            messages: 0,
            recipients: 0,
            trap,
        };
        dialogue.greet();
        dialogue
    }

    /// These bytes came, so many microseconds after the session began.
    pub(crate) fn receive(&mut self, bytes: &[u8], offset_us: u64) -> Next {
        self.offset_us = offset_us;
        self.transcript.arrived(offset_us);
        let mut input = bytes;
        let next = self.advance(&mut input);
        if !input.is_empty() {
            self.pending = Bytes::copy_from_slice(input);
        }
        next
    }

    /// What was asked for by [`Next`] is done.
    pub(crate) fn resume(&mut self, offset_us: u64) -> Next {
        self.offset_us = offset_us;
        let mut pending = std::mem::take(&mut self.pending);
        let mut input = &pending[..];
        let next = self.advance(&mut input);
        let rest = input.len();
        pending.advance(pending.len() - rest);
        if rest > 0 {
            self.pending = pending;
        }
        next
    }

    /// Whether the journal has the message of [`Next::Append`].
    pub(crate) fn committed(&mut self, result: Result<(), journal::AppendError>, offset_us: u64) {
        self.offset_us = offset_us;
        let Some(committing) = self.committing.take() else { return };
        let counts = &self.trap.counts;
        match result {
            Ok(()) => {
                counts.messages.increment(1);
                counts.message_bytes.increment(committing.bytes as u64);
                self.messages += 1;
                let queued = format!("250 2.0.0 Ok: queued as {}\r\n", crate::received::queue_id(committing.id));
                self.reply_each(&queued, committing.recipients);
            }
            Err(journal::AppendError::Full) => {
                counts.journal_full.increment(1);
                self.reply_each(reply::NO_STORAGE, committing.recipients);
            }
            Err(journal::AppendError::Closed | journal::AppendError::Failed(_)) => {
                counts.journal_failed.increment(1);
                self.reply_each(reply::NOT_NOW, committing.recipients);
            }
        }
    }

    /// TLS was negotiated. Everything the client said before counts for nothing (RFC 3207 section 4.2).
    pub(crate) fn secured(&mut self, tls: TlsSession) {
        self.tls = Some(tls);
        self.extended = false;
        self.envelope = None;
    }

    /// Says why the session ends before the client ends it.
    pub(crate) fn farewell(&mut self, farewell: Farewell, offset_us: u64) {
        self.offset_us = offset_us;
        let reply = farewell.reply(&self.trap.config.hostname);
        self.reply(&reply);
        self.state = State::Over;
    }

    /// The replies that wait to be sent.
    pub(crate) fn replies(&mut self) -> &mut Vec<u8> {
        &mut self.out
    }

    /// The probes seen since this was last asked.
    pub(crate) fn take_probes(&mut self) -> Vec<Event> {
        std::mem::take(&mut self.probes)
    }

    /// Whether the client is in the middle of a message.
    pub(crate) fn in_transaction(&self) -> bool {
        self.envelope.is_some()
    }

    /// The session as it was, and the probes not yet taken.
    pub(crate) fn finish(mut self, ended: Timestamp, ending: SessionEnding) -> Vec<Event> {
        self.redact_unfinished_line();
        self.transcript.leave_out(self.pending.len() as u64);
        let client_bytes = self.transcript.position();
        self.trap.counts.client_bytes.increment(client_bytes);
        let mut events = self.probes;
        events.push(Event::Session(Session {
            id: self.id,
            at: self.at,
            ended,
            client: self.client,
            protocol: self.protocol,
            helo: self.helo,
            tls: self.tls,
            transcript: self.transcript.finish(),
            auth_attempts: self.auth_attempts,
            commands: self.commands,
            messages: self.messages,
            recipients: self.recipients,
            client_bytes,
            ending,
        }));
        events
    }

    /// Goes through the input as far as it can.
    fn advance(&mut self, input: &mut &[u8]) -> Next {
        loop {
            if self.probes.len() >= PROBES_AT_ONCE {
                return Next::Record;
            }
            if self.out.len() >= REPLIES_AT_ONCE {
                return Next::Write;
            }
            if input.is_empty() && !self.state_ends_without_input() {
                return Next::Read;
            }
            let next = match &self.state {
                State::Command | State::Auth(_) => self.take_line(input),
                State::Data(_) => self.take_content(input),
                State::Chunk(_) => self.take_chunk(input),
                State::Over => {
                    self.transcript.leave_out(input.len() as u64);
                    *input = &[];
                    None
                }
            };
            match next {
                // What came with STARTTLS came in the clear: acted upon under TLS it would be an attacker's
                // commands in the client's session (CVE-2011-0411).
                Some(next @ (Next::Secure | Next::Close(_))) => {
                    self.transcript.leave_out(input.len() as u64);
                    *input = &[];
                    return next;
                }
                Some(next) => return next,
                None => {}
            }
        }
    }

    /// A chunk of no bytes is whole at once.
    fn state_ends_without_input(&self) -> bool {
        matches!(&self.state, State::Chunk(chunk) if chunk.left == 0)
    }

    /// Takes a line of the input, or what there is of it, and acts on it if it is whole.
    fn take_line(&mut self, input: &mut &[u8]) -> Option<Next> {
        let end = memchr(b'\n', input);
        let (piece, rest) = input.split_at(end.unwrap_or(input.len()));
        let room = self.trap.config.limits.line_bytes.saturating_sub(self.line.len() + 1);
        let (fits, too_much) = piece.split_at(room.min(piece.len()));
        self.transcript.keep(fits);
        let Some((_, rest)) = end.and_then(|_| rest.split_first()) else {
            self.line.extend_from_slice(fits);
            self.line_excess = self.line_excess.saturating_add(too_much.len());
            self.transcript.leave_out(too_much.len() as u64);
            *input = rest;
            return None;
        };
        *input = rest;
        let line = if self.line.is_empty() {
            Cow::Borrowed(fits)
        } else {
            self.line.extend_from_slice(fits);
            Cow::Owned(std::mem::take(&mut self.line))
        };
        self.redact(&line);
        self.transcript.leave_out(too_much.len() as u64);
        self.transcript.keep(b"\n");
        if std::mem::take(&mut self.line_excess) > 0 || !too_much.is_empty() {
            return self.line_was_too_long();
        }
        self.act_on(line.strip_suffix(b"\r").unwrap_or(&line))
    }

    /// RFC 5321 section 4.5.3.1.4: 500, and the rest of the line is not a command.
    fn line_was_too_long(&mut self) -> Option<Next> {
        self.state = State::Command;
        self.long_lines += 1;
        if self.long_lines > self.trap.config.limits.long_lines {
            return Some(self.end_with(Farewell::TooManyErrors));
        }
        self.error(reply::LINE_TOO_LONG)
    }

    fn act_on(&mut self, line: &[u8]) -> Option<Next> {
        if matches!(self.state, State::Auth(_)) {
            return self.auth_continues(line);
        }
        self.commands = self.commands.saturating_add(1);
        let (verb, argument) = command::parse(line);
        if verb != Verb::Unknown {
            self.after_auth = verb == Verb::Auth;
        }
        self.obey(verb, argument)
    }

    /// Takes out of the transcript what may be a password in the line that it has last.
    fn redact(&mut self, line: &[u8]) {
        let text = line.strip_suffix(b"\r").unwrap_or(line);
        let secret_from = match &self.state {
            State::Auth(_) if text == b"*" => None,
            State::Auth(_) => Some(0),
            // A client that goes on with credentials after they were refused, or that sends them unasked.
            _ if self.after_auth && command::parse(text).0 == Verb::Unknown => Some(0),
            _ => command::secret_from(text),
        };
        if let Some(from) = secret_from {
            self.transcript.redact_last(line.len() - from + self.line_excess);
        }
    }

    fn redact_unfinished_line(&mut self) {
        if matches!(self.state, State::Command | State::Auth(_)) && !self.line.is_empty() {
            let line = std::mem::take(&mut self.line);
            self.redact(&line);
        }
    }
}

/// What the verbs need.
impl Dialogue {
    /// Sends this, later, with whatever else there is to say.
    pub(crate) fn reply(&mut self, reply: &str) {
        self.out.extend_from_slice(reply.as_bytes());
        self.transcript.replied(reply::code(reply), self.offset_us);
    }

    /// The answer to a whole message: in LMTP one for each recipient (RFC 2033 section 4.2).
    pub(crate) fn reply_each(&mut self, reply: &str, recipients: usize) {
        let times = if self.protocol == MailProtocol::Lmtp { recipients.max(1) } else { 1 };
        for _ in 0..times {
            self.reply(reply);
        }
    }

    /// A reply to something that was wrong; after too many of those the session ends.
    pub(crate) fn error(&mut self, reply: Reply) -> Option<Next> {
        self.trap.counts.command_errors.increment(1);
        self.reply(reply);
        self.errors += 1;
        (self.errors >= self.trap.config.limits.errors).then(|| self.end_with(Farewell::TooManyErrors))
    }

    /// Ends the session because of a limit of ours.
    pub(crate) fn end_with(&mut self, farewell: Farewell) -> Next {
        self.farewell(farewell, self.offset_us);
        Next::Close(SessionEnding::Limit)
    }

    /// Records a probe; after too many of those the session ends.
    pub(crate) fn probe(&mut self, kind: ProbeKind, target: String) -> Option<Next> {
        self.note_probe(kind, target);
        (self.probed >= self.trap.config.limits.probes).then(|| self.end_with(Farewell::TooManyErrors))
    }

    /// Records a probe that counts as an error too.
    pub(crate) fn note_probe(&mut self, kind: ProbeKind, target: String) {
        let at = self.trap.clock.now();
        self.probes.push(Event::Probe(Probe {
            id: self.trap.ids.next(at),
            at,
            session: Some(self.id),
            client: *self.sender(),
            kind,
            target,
            helo: self.sender_helo().to_owned(),
        }));
        self.probed += 1;
    }

    /// Whether this session has brought as many messages as it may.
    pub(crate) fn has_had_its_messages(&self) -> bool {
        self.messages >= self.trap.config.limits.messages
    }

    pub(crate) fn recipient_accepted(&mut self) {
        self.recipients = self.recipients.saturating_add(1);
    }

    /// Keeps what the client calls itself, and ends any transaction (RFC 5321 section 4.1.4).
    pub(crate) fn introduced(&mut self, name: &[u8], extended: bool) {
        self.helo = command::text(name, HELO_BYTES);
        self.extended = extended;
        self.envelope = None;
    }

    /// Who a message or a probe comes from.
    pub(crate) fn sender(&self) -> &Client {
        self.forwarded.as_ref().map_or(&self.client, |forwarded| &forwarded.client)
    }

    fn sender_helo(&self) -> &str {
        self.forwarded.as_ref().and_then(|forwarded| forwarded.helo.as_deref()).unwrap_or(&self.helo)
    }

    /// The content is whole: it is to be kept, or its refusal said.
    pub(crate) fn message_is_whole(&mut self) -> Option<Next> {
        self.state = State::Command;
        let envelope = *self.envelope.take()?;
        let recipients = envelope.deliveries.len();
        let (content, lease) = match envelope.body.finish() {
            Ok(whole) => whole,
            Err(refusal) => {
                let reply = self.count_refusal(refusal);
                self.reply_each(reply, recipients);
                self.forwarded = None;
                return None;
            }
        };
        let at = self.trap.clock.now();
        let id = self.trap.ids.next(at);
        let received = crate::received::Trace {
            helo: self.sender_helo(),
            client: self.sender(),
            hostname: &self.trap.config.hostname,
            protocol: self.protocol,
            extended: self.extended,
            smtputf8: envelope.smtputf8,
            tls: self.tls.is_some(),
            id,
            at,
        }
        .header();
        self.committing = Some(Committing { _lease: lease, id, recipients, bytes: content.len() });
        let message = Message {
            id,
            at,
            session: Some(self.id),
            client: *self.sender(),
            protocol: self.protocol,
            helo: self.sender_helo().to_owned(),
            mail_from: envelope.mail_from,
            deliveries: envelope.deliveries,
            content: content.into(),
            received,
            tls: self.tls.is_some(),
        };
        self.forwarded = None;
        Some(Next::Append(Box::new(message)))
    }
}
