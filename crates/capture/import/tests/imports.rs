//! Whole imports into a sink that remembers ids, as the journal's `append_new` does. Those of real material say so and
//! pass where `../shared/data` is missing.
#![allow(clippy::unwrap_used, clippy::print_stderr)]

use std::collections::HashSet;
use std::fs;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use import::{AccessLogOptions, Cause, ImportError, MailOptions, Report, SinkError, import_access_log, import_mail};
use jiff::Timestamp;
use model::{ClientIdentity, Event, EventId, MailProtocol, Message, SiteId, Trap, Visit, VisitKind};
use trap_address::{MasterKey, Opener, Traps};

const NOW: &str = "2026-01-01T00:00:00Z";

fn data(name: &str) -> Option<PathBuf> {
    let path = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../../shared/data")).join(name);
    let there = path.exists();
    if !there {
        eprintln!("skipped: {name} is not there");
    }
    there.then_some(path)
}

fn site() -> SiteId {
    SiteId::new(42).unwrap()
}

fn master() -> MasterKey {
    MasterKey::from_bytes([7; 32])
}

fn traps(domains: &[&str]) -> Traps {
    let domains = domains.iter().map(|domain| (*domain).to_owned());
    Traps::new(Opener::new(&master(), [(site(), 0)]), domains, ["info@old.example".to_owned()])
}

/// What a journal would hold, and a fault that it can be told to have.
#[derive(Default)]
struct Store {
    ids: HashSet<EventId>,
    events: Vec<Event>,
    fails_after: Option<usize>,
}

impl Store {
    fn append_new(&mut self, events: Vec<Event>) -> Result<Vec<bool>, SinkError> {
        if self.fails_after.is_some_and(|limit| self.events.len() >= limit) {
            return Err("the journal's disk is full".into());
        }
        let mut add = |event: Event| {
            let new = self.ids.insert(event.id());
            if new {
                self.events.push(event);
            }
            new
        };
        Ok(events.into_iter().map(&mut add).collect())
    }

    fn mail(&mut self, source: &Path, options: &MailOptions, traps: &Traps) -> Result<Report, ImportError> {
        import_mail(source, options, traps, &mut |events| self.append_new(events), &mut |_| {})
    }

    fn log(&mut self, source: &Path) -> Result<Report, ImportError> {
        let options = AccessLogOptions::new(site(), NOW.parse().unwrap());
        import_access_log(source, &options, &mut |events| self.append_new(events), &mut |_| {})
    }

    fn messages(&self) -> impl Iterator<Item = &Message> {
        self.events.iter().map(|event| match event {
            Event::Message(message) => message,
            other => panic!("{:?} from mail", other.kind()),
        })
    }

    fn visits(&self) -> impl Iterator<Item = &Visit> {
        self.events.iter().map(|event| match event {
            Event::Visit(visit) => visit,
            other => panic!("{:?} from a log", other.kind()),
        })
    }
}

fn options() -> MailOptions {
    MailOptions::new(NOW.parse().unwrap())
}

fn to(address: &str) -> MailOptions {
    MailOptions { to: Some(address.to_owned()), ..options() }
}

fn spam(number: usize, recipient: &str) -> String {
    format!(
        "Return-Path: <bounce@sender.example>\r\nReceived: from pc{number} (pool.isp.example [192.0.2.{number}])\r\n\tby \
         mx.example (Postfix) with ESMTP id X{number}\r\n\tfor <{recipient}>; Mon, 22 Jul 2002 18:12:38 +0100\r\nSubject: \
         spam {number}\r\n\r\nBuy number {number}!\r\n"
    )
}

fn write(path: PathBuf, content: impl AsRef<[u8]>) -> PathBuf {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(&path, content).unwrap();
    path
}

#[test]
fn a_message_becomes_an_event_of_its_relay_at_the_time_it_was_taken() {
    let folder = tempfile::tempdir().unwrap();
    let visited: Timestamp = "2002-07-01T06:30:00Z".parse().unwrap();
    let address = master().sealer(site(), 0).seal(visited, "198.51.100.7".parse().unwrap(), 1);
    let content = spam(7, &format!("{address}@trap.example"));
    let file = write(folder.path().join("1.eml"), &content);

    let mut store = Store::default();
    let report = store.mail(&file, &options(), &traps(&["trap.example"])).unwrap();
    assert_eq!((report.accepted, report.read(), report.bytes), (1, 1, content.len() as u64));
    let message = store.messages().next().unwrap();
    assert_eq!(message.client.address.to_string(), "192.0.2.7");
    assert_eq!(message.client.identity, ClientIdentity::Imported);
    assert_eq!(message.protocol, MailProtocol::Import);
    assert_eq!(message.at, "2002-07-22T17:12:38Z".parse().unwrap());
    assert_eq!(message.id.at(), message.at);
    assert_eq!((message.helo.as_str(), message.mail_from.as_str()), ("pc7", "bounce@sender.example"));
    assert_eq!(message.content, content.as_bytes());
    assert_eq!(message.deliveries.len(), 1);
    match &message.deliveries[0].trap {
        Trap::Issued(visit) => assert_eq!(visit.at, visited),
        other => panic!("{other:?}"),
    }
}

#[test]
fn recipients_come_from_every_header_and_each_trap_counts_once() {
    let folder = tempfile::tempdir().unwrap();
    let content = format!(
        "Delivered-To: somebody@x.example\r\nX-Original-To: sales@trap.example\r\n{}",
        spam(1, "Sales@Trap.example").replace(
            "Subject:",
            "To: <a@elsewhere.example>, \"Old\" <info@old.example>\r\nCc: group: b@trap.example, INFO@old.example;\r\nSubject:"
        )
    );
    let file = write(folder.path().join("1.eml"), content);
    let mut store = Store::default();
    store.mail(&file, &options(), &traps(&["trap.example"])).unwrap();
    let message = store.messages().next().unwrap();
    let found: Vec<_> = message.deliveries.iter().map(|d| (d.recipient.as_str(), d.trap.name())).collect();
    assert_eq!(
        found,
        [("Sales@Trap.example", "dictionary"), ("info@old.example", "static"), ("b@trap.example", "dictionary")]
    );
    let ids: HashSet<_> = message.deliveries.iter().map(|delivery| delivery.id).collect();
    assert_eq!(ids.len(), 3);
}

#[test]
fn a_message_to_no_trap_is_rejected_unless_the_operator_says_where_it_came_to() {
    let folder = tempfile::tempdir().unwrap();
    let file = write(folder.path().join("1.eml"), spam(1, "a@elsewhere.example"));
    let mut store = Store::default();
    let report = store.mail(&file, &options(), &traps(&["trap.example"])).unwrap();
    assert_eq!(report.rejected.count("no recipient is a trap of this deployment"), 1);
    let report = store.mail(&file, &to("Catch@All.example"), &traps(&["trap.example"])).unwrap();
    assert_eq!(report.accepted, 1);
    let delivery = &store.messages().next().unwrap().deliveries[0];
    assert_eq!(delivery.recipient, "Catch@All.example");
    assert_eq!(delivery.trap, Trap::Static("catch@all.example".to_owned()));
    let error = store.mail(&file, &to("nobody"), &traps(&["trap.example"])).unwrap_err();
    assert!(matches!(error.cause, Cause::Recipient(_)), "{error}");
}

#[test]
fn the_same_message_is_one_whether_it_comes_from_an_mbox_a_maildir_or_an_archive() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let all: Vec<String> = (1..=3).map(|number| spam(number, "a@trap.example")).collect();
    let mbox: String = all
        .iter()
        .map(|message| format!("From x@y.example Mon Jul 22 18:12:38 2002\n{}\n", message.replace("\r\n", "\n")))
        .collect();
    for (number, message) in all.iter().enumerate() {
        write(at(&format!("maildir/cur/{number}:2,S")), message);
    }
    write(at("maildir/new/9"), spam(9, "a@trap.example"));
    write(at("maildir/tmp/half"), "Subj");
    write(at("maildir/dovecot.index"), [0; 100]);
    let mut archive = tar::Builder::new(Vec::new());
    archive.append_dir_all("mail", at("maildir/cur")).unwrap();
    let archive = archive.into_inner().unwrap();
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    gzip.write_all(mbox.as_bytes()).unwrap();

    let traps = traps(&["trap.example"]);
    let mut store = Store::default();
    for (source, new, known) in [
        (write(at("mbox"), &mbox), 3, 0),
        (at("maildir"), 1, 3),
        (write(at("no-suffix"), archive), 0, 3),
        (write(at("mbox.log"), gzip.finish().unwrap()), 0, 3),
        (folder.path().to_owned(), 0, 4 + 3 * 3),
    ] {
        let report = store.mail(&source, &options(), &traps).unwrap();
        assert_eq!((report.accepted, report.duplicates, report.rejected.total()), (new, known, 0), "{source:?}");
    }
}

#[test]
fn a_date_that_cannot_be_gives_way_to_the_next_and_then_the_message_is_rejected() {
    let folder = tempfile::tempdir().unwrap();
    let future = spam(1, "a@trap.example").replace("2002", "2092");
    let dated = future.replace("Subject:", "Date: Mon, 22 Jul 2002 10:00:00 +0000\r\nSubject:");
    let mut store = Store::default();
    let source = write(folder.path().join("a/1"), future);
    write(folder.path().join("a/2"), dated);
    let report = store.mail(source.parent().unwrap(), &options(), &traps(&["trap.example"])).unwrap();
    assert_eq!((report.accepted, report.rejected.count("no date that can be")), (1, 1));
    assert_eq!(store.messages().next().unwrap().at, "2002-07-22T10:00:00Z".parse().unwrap());
}

#[test]
fn what_came_before_a_cut_is_kept_and_the_whole_file_adds_the_rest() {
    let folder = tempfile::tempdir().unwrap();
    // Text that compresses badly, so that half of the file holds about half of the messages.
    let noise =
        |number: usize| (0..2000).map(|n| format!("{:x}", (n * 7919 + number * 104_729) % 65_521)).collect::<String>();
    let mbox: String = (0..200)
        .map(|n| format!("From x@y.example Mon Jul 22 18:12:38 2002\n{}{}\n\n", spam(n, "a@trap.example"), noise(n)))
        .collect();
    let mut xz = liblzma::write::XzEncoder::new(Vec::new(), 0);
    xz.write_all(mbox.as_bytes()).unwrap();
    let packed = xz.finish().unwrap();
    let traps = traps(&["trap.example"]);
    let mut cut = Store::default();
    let half = write(folder.path().join("half.xz"), &packed[..packed.len() / 2]);
    let error = cut.mail(&half, &options(), &traps).unwrap_err();
    assert!(
        matches!(&error.cause, Cause::Read { error, .. } if error.kind() == io::ErrorKind::UnexpectedEof),
        "{error}"
    );
    assert!(error.to_string().contains("half.xz") && error.to_string().contains("whole"), "{error}");
    assert!(error.report.accepted > 0 && error.report.accepted < 200, "{error}");
    assert_eq!(cut.events.len() as u64, error.report.accepted);

    let file = write(folder.path().join("whole.xz"), &packed);
    let again = cut.mail(&file, &options(), &traps).unwrap();
    assert_eq!(again.duplicates, error.report.accepted);
    let mut whole = Store::default();
    assert_eq!(whole.mail(&file, &options(), &traps).unwrap().accepted, 200);
    assert_eq!(cut.ids, whole.ids);
}

#[test]
fn a_file_of_a_folder_that_is_damaged_does_not_stop_the_others() {
    let folder = tempfile::tempdir().unwrap();
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    gzip.write_all(spam(1, "a@trap.example").as_bytes()).unwrap();
    let packed = gzip.finish().unwrap();
    write(folder.path().join("1.gz"), &packed[..packed.len() - 20]);
    write(folder.path().join("2"), spam(2, "a@trap.example"));
    let mut store = Store::default();
    let report = store.mail(folder.path(), &options(), &traps(&["trap.example"])).unwrap();
    assert_eq!((report.accepted, report.rejected.count("file that can't be read to its end")), (1, 1));
}

#[test]
fn a_full_journal_stops_the_import_and_running_it_again_completes_it() {
    let Some(log) = data("access-log-2015.xz") else { return };
    let mut store = Store { fails_after: Some(5000), ..Store::default() };
    let error = store.log(&log).unwrap_err();
    assert!(matches!(error.cause, Cause::Sink(_)) && error.to_string().contains("disk is full"), "{error}");
    store.fails_after = None;
    let report = store.log(&log).unwrap();
    assert_eq!(report.duplicates, error.report.accepted);
    assert_eq!(report.accepted + report.duplicates + report.rejected.total(), 10_000);
}

#[test]
fn a_real_access_log_goes_in_line_by_line_and_once() {
    let Some(log) = data("access-log-2015.xz") else { return };
    let mut store = Store::default();
    let report = store.log(&log).unwrap();
    assert_eq!(report.read(), 10_000);
    assert_eq!(report.accepted, 10_000, "{}", report.rejected);
    assert!(store.visits().all(|visit| visit.kind == VisitKind::Imported && visit.site == site()));
    let bots =
        store.visits().filter(|visit| visit.request.user_agent.as_deref().is_some_and(|a| a.contains("Googlebot")));
    assert!(bots.count() > 100);
    let again = store.log(&log).unwrap();
    assert_eq!((again.accepted, again.duplicates), (0, report.accepted));
}

#[test]
fn the_same_line_twice_is_two_visits_and_a_log_that_has_grown_adds_what_came() {
    let folder = tempfile::tempdir().unwrap();
    let line = "192.0.2.7 - - [17/May/2015:10:05:03 +0000] \"GET / HTTP/1.1\" 200 1 \"-\" \"-\"\n";
    let mut store = Store::default();
    let log = write(folder.path().join("access.log"), line.repeat(2));
    assert_eq!(store.log(&log).unwrap().accepted, 2);
    write(log.clone(), line.repeat(3));
    let report = store.log(&log).unwrap();
    assert_eq!((report.accepted, report.duplicates), (1, 2));
}

#[test]
fn a_line_without_end_nuls_and_garbage_are_rejected_and_counted() {
    let folder = tempfile::tempdir().unwrap();
    let line = b"192.0.2.7 - - [17/May/2015:10:05:03 +0000] \"GET / HTTP/1.1\" 200 1 \"-\" \"-\"\n";
    let mut log = line.to_vec();
    log.resize(log.len() + (4 << 20), b'x');
    log.extend_from_slice(b"\n\0\0\0\0\n\xff\xfe\n\n");
    log.extend_from_slice(line);
    let mut store = Store::default();
    let report = store.log(&write(folder.path().join("access.log"), log)).unwrap();
    assert_eq!((report.accepted, report.rejected.total(), report.read()), (2, 3, 5), "{}", report.rejected);

    let mail = [spam(1, "a@trap.example").as_bytes(), &[0; 1000]].concat();
    let report =
        store.mail(&write(folder.path().join("nul.eml"), mail), &options(), &traps(&["trap.example"])).unwrap();
    assert_eq!(report.accepted, 1);
}

/// How many files an archive has, and how many of them are named so.
fn files_in(archive: &Path, suffix: &str) -> (u64, u64) {
    let mut archive = tar::Archive::new(liblzma::read::XzDecoder::new(fs::File::open(archive).unwrap()));
    let (mut files, mut named) = (0, 0);
    for entry in archive.entries().unwrap() {
        let mut entry = entry.unwrap();
        if entry.header().entry_type().is_file() {
            files += 1;
            named += u64::from(entry.path().unwrap().to_string_lossy().ends_with(suffix));
            io::copy(&mut entry.by_ref().take(u64::MAX), &mut io::sink()).unwrap();
        }
    }
    (files, named)
}

#[test]
fn real_spam_and_wanted_mail_go_in_whole_and_once() {
    // Of the wanted mail, 631 messages are feeds made on the very host, and 135 have lost their `Received` headers.
    for (name, messages, inside, without) in
        [("spamassassin-spam-1.tar.xz", 500, 0, 0), ("spamassassin-easy-ham-1.tar.xz", 2500, 631, 135)]
    {
        let Some(archive) = data(name) else { return };
        let (files, emls) = files_in(&archive, ".eml");
        assert_eq!(emls, messages);
        let options = to("everything@caught.example");
        let mut store = Store::default();
        let report = store.mail(&archive, &options, &traps(&["trap.example"])).unwrap();
        assert_eq!(report.read(), files, "{name}: one item a file");
        assert_eq!(report.rejected.count("not a mail message"), files - messages, "{name}");
        assert_eq!(report.rejected.count("no Received header names a host from outside"), inside, "{name}");
        assert_eq!(report.rejected.count("no Received header"), without, "{name}");
        assert_eq!(report.accepted + report.duplicates, messages - inside - without, "{name}: {}", report.rejected);
        let years: HashSet<_> = store.messages().map(|message| message.at.strftime("%Y").to_string()).collect();
        assert!(years.contains("2002"), "{years:?}");
        assert!(store.messages().all(|message| !message.content.starts_with(b"From ")), "{name}");
        let again = store.mail(&archive, &options, &traps(&["trap.example"])).unwrap();
        assert_eq!(again.accepted, 0);
        assert_eq!(again.read(), report.read());
    }
}

#[test]
fn awkward_mime_goes_through_and_the_counts_add_up() {
    let Some(archive) = data("mime-cases.tar.xz") else { return };
    let (files, emls) = files_in(&archive, ".eml");
    assert!(emls >= 107);
    let mut store = Store::default();
    let report = store.mail(&archive, &to("everything@caught.example"), &traps(&["trap.example"])).unwrap();
    // An item a file, but for files that are an mbox: most of these were written to test MIME, and passed no host.
    assert!(report.read() >= files, "{}", report.rejected);
    assert_eq!(report.accepted, 1, "{}", report.rejected);
    assert_eq!(report.rejected.count("not a mail message"), files - emls, "{}", report.rejected);
}
