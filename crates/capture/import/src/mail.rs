//! Mail from elsewhere, as events.

use std::path::Path;

use bytes::Bytes;
use ipnet::IpNet;
use jiff::{SignedDuration, Timestamp};
use message::{Relay, addresses, date, headers, relay};
use model::{Client, ClientIdentity, Delivery, Event, MailProtocol, Message, Trap};
use trap_address::{Recipient, Traps};
use unpack::Unpacked;

use crate::batch::Batch;
use crate::files;
use crate::identity::{digest_of_message, id};
use crate::recipients::traps_of;
use crate::report::{Cause, ImportError, Progress, Report, Sink, SinkError};
use crate::stream::{self, Item, Stopped};

/// How mail is imported.
#[derive(Clone, Debug)]
pub struct MailOptions {
    /// Hosts whose `Received` headers are believed: the operator's own servers and forwarders. Loopback and private
    /// ranges are, without being named.
    pub trusted: Vec<IpNet>,
    /// The recipient to record for a message in which no recipient is a trap. The operator says by this that it came to
    /// a trap; without it such a message is rejected.
    pub to: Option<String>,
    /// The time now. A message cannot be from the future.
    pub now: Timestamp,
    /// The largest message taken, in bytes.
    pub message_bytes: usize,
    /// How many bytes a file may unpack to.
    pub unpacked_bytes: u64,
}

impl MailOptions {
    /// Nobody trusted but loopback and private ranges, messages up to 64 MiB, files that unpack to 64 GiB.
    pub fn new(now: Timestamp) -> Self {
        Self { trusted: Vec::new(), to: None, now, message_bytes: 64 << 20, unpacked_bytes: 64 << 30 }
    }
}

/// Imports a message, an mbox, a tar archive of those (each compressed or not), a Maildir or a folder of any of these.
///
/// Each message needs a relay (see [`message::relay()`]) and a date, and a recipient that is a trap. Its client is the
/// relay, its time that at which the believed host took it, failing that its `Date`.
///
/// # Errors
/// What stopped it, with the account so far. A file within a folder that can't be read to its end stops nothing: it
/// is counted as rejected.
pub fn import_mail(
    source: &Path,
    options: &MailOptions,
    traps: &Traps,
    sink: Sink<'_>,
    progress: &mut dyn FnMut(Progress),
) -> Result<Report, ImportError> {
    let mut batch = Batch::new(sink);
    let outcome = run(source, options, traps, &mut batch, progress);
    // What came before an error is kept.
    let flushed = batch.flush().map_err(Cause::Sink);
    let report = std::mem::take(&mut batch.report);
    match outcome.and(flushed) {
        Ok(()) => Ok(report),
        Err(cause) => Err(ImportError { cause, report }),
    }
}

fn run(
    source: &Path,
    options: &MailOptions,
    traps: &Traps,
    batch: &mut Batch<'_>,
    progress: &mut dyn FnMut(Progress),
) -> Result<(), Cause> {
    let fallback = options.to.as_deref().map(|to| named_recipient(to, traps, options.now)).transpose()?;
    let unread = |error| Cause::Read { path: source.to_owned(), error };
    let files = files::of(source).map_err(unread)?;
    let is_folder = files.paths.first().is_none_or(|first| first != source);
    let reader = Reader { options, traps, fallback };
    for path in &files.paths {
        let before = batch.report.bytes;
        let outcome = Unpacked::open(path, options.unpacked_bytes).map_err(Stopped::Read).and_then(|unpacked| {
            let consumed = unpacked.consumed();
            let name =
                if is_folder { path.strip_prefix(source).unwrap_or(path).display().to_string() } else { String::new() };
            let read = stream::read(unpacked, options.message_bytes, &mut |item, place| {
                let place = [name.as_str(), place].join(" ");
                reader.take(item, place.trim(), batch)?;
                batch.report.bytes = before + consumed.bytes();
                progress(Progress { bytes: batch.report.bytes, size: files.size, read: batch.read() });
                Ok(())
            });
            batch.report.bytes = before + consumed.bytes();
            read
        });
        match outcome {
            Ok(()) => {}
            Err(Stopped::Taker(error)) => return Err(Cause::Sink(error)),
            Err(Stopped::Read(error)) if is_folder => {
                batch
                    .report
                    .rejected
                    .reject("file that can't be read to its end", || format!("{}: {error}", path.display()));
            }
            Err(Stopped::Read(error)) => return Err(unread(error)),
        }
    }
    Ok(())
}

/// The recipient that the operator named, and the trap that it is by their word.
fn named_recipient(to: &str, traps: &Traps, now: Timestamp) -> Result<(String, Trap), Cause> {
    match traps.classify(to, now) {
        Recipient::Trap(trap) => Ok((to.to_owned(), trap)),
        Recipient::Foreign => Ok((to.to_owned(), Trap::Static(to.to_lowercase()))),
        Recipient::Malformed => Err(Cause::Recipient(to.to_owned())),
    }
}

struct Reader<'a> {
    options: &'a MailOptions,
    traps: &'a Traps,
    fallback: Option<(String, Trap)>,
}

impl Reader<'_> {
    fn take(&self, item: Item, place: &str, batch: &mut Batch<'_>) -> Result<(), SinkError> {
        let event = match item {
            Item::Message { content, sender } => self.event(content, sender),
            Item::Rejected(reason) => Err(reason.to_owned()),
        };
        match event {
            Ok(event) => batch.push(event),
            Err(reason) => {
                batch.report.rejected.reject(reason, || place.to_owned());
                Ok(())
            }
        }
    }

    fn event(&self, content: Vec<u8>, sender: String) -> Result<Event, String> {
        let relay = relay(&content, &self.options.trusted).map_err(|error| error.to_string())?;
        let at = self.time(&content, &relay).ok_or("no date that can be")?;
        let mut recipients = traps_of(&content, &relay, self.traps, at);
        if recipients.is_empty() {
            recipients.extend(self.fallback.clone());
        }
        if recipients.is_empty() {
            return Err("no recipient is a trap of this deployment".to_owned());
        }
        let digest = digest_of_message(&content);
        let addresses: Vec<String> = recipients.iter().map(|(address, _)| address.to_lowercase()).collect();
        let parts: Vec<&[u8]> = [&digest[..]].into_iter().chain(addresses.iter().map(String::as_bytes)).collect();
        let message_id = id(at, "imported message", &parts);
        let delivery = |(recipient, trap): (String, Trap)| {
            let parts = [message_id.as_bytes().as_slice(), recipient.as_bytes()];
            Delivery { id: id(at, "imported delivery", &parts), recipient, trap }
        };
        Ok(Event::Message(Message {
            id: message_id,
            at,
            session: None,
            client: Client { address: relay.address, port: 0, identity: ClientIdentity::Imported },
            protocol: MailProtocol::Import,
            helo: relay.helo,
            mail_from: envelope_sender(&content).unwrap_or(sender),
            deliveries: recipients.into_iter().map(delivery).collect(),
            content: Bytes::from(content),
            received: String::new(),
            tls: false,
        }))
    }

    /// When the believed host took the message, failing that what it says itself. Mail is no older than SMTP
    /// (RFC 821 is of August 1982), and a clock may be a day ahead.
    fn time(&self, content: &[u8], relay: &Relay) -> Option<Timestamp> {
        const OLDEST: i64 = 397_000_000;
        let latest = self.options.now.saturating_add(SignedDuration::from_hours(24)).unwrap_or(Timestamp::MAX);
        let can_be = |at: &Timestamp| at.as_second() >= OLDEST && *at <= latest;
        let dated = || headers(content).find(|header| header.is("Date")).and_then(|header| date(header.value));
        relay.at.filter(can_be).or_else(|| dated().filter(can_be))
    }
}

/// What the delivering server wrote down as envelope sender: the topmost `Return-Path` (RFC 5321, section 4.4).
fn envelope_sender(content: &[u8]) -> Option<String> {
    let header = headers(content).find(|header| header.is("Return-Path"))?;
    Some(addresses(header.value, 1).pop().unwrap_or_default())
}
