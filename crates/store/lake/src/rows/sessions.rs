//! The table `sessions`: one row for each connection to the mail trap, with its transcript.

use bytes::Bytes;
use journal::Position;
use model::{AuthAttempt, ReplyMark, Session, SessionEnding, TlsSession, Transcript, TranscriptChunk};

use super::shared::{PROTOCOLS, named, read_client, write_client, write_start};
use crate::LakeError;
use crate::columns::{Column, Kind, Row, RowWriter, column};

const CHUNK: &[Column] =
    &[column("offset_us", Kind::Whole), column("kept", Kind::Whole), column("left_out", Kind::Whole)];

const REPLY: &[Column] =
    &[column("offset_us", Kind::Whole), column("after_client_bytes", Kind::Whole), column("code", Kind::Whole)];

const ATTEMPT: &[Column] =
    &[column("mechanism", Kind::Text), column("user", Kind::Text), column("password_hash", Kind::Text)];

/// The columns.
pub const COLUMNS: &[Column] = &[
    column("id", Kind::Text),
    column("at", Kind::Time),
    column("day", Kind::Day),
    column("journal_position", Kind::Whole),
    column("ended", Kind::Time),
    column("client", Kind::Text),
    column("client_port", Kind::Whole),
    column("client_identity", Kind::Text),
    column("protocol", Kind::Text),
    column("helo", Kind::Text),
    column("tls_version", Kind::Text),
    column("tls_cipher", Kind::Text),
    column("transcript", Kind::Bytes),
    column("transcript_chunks", Kind::Records(CHUNK)),
    column("replies", Kind::Records(REPLY)),
    column("auth_attempts", Kind::Records(ATTEMPT)),
    column("commands", Kind::Whole),
    column("messages", Kind::Whole),
    column("recipients", Kind::Whole),
    column("client_bytes", Kind::Whole),
    column("ending", Kind::Text),
];

const ENDINGS: [SessionEnding; 6] = [
    SessionEnding::Quit,
    SessionEnding::Dropped,
    SessionEnding::Reset,
    SessionEnding::TimedOut,
    SessionEnding::Limit,
    SessionEnding::Shutdown,
];

/// Writes a session's row.
pub fn write(row: &mut RowWriter, position: Position, session: &Session) {
    write_start(row, session.id, session.at, position);
    row.time(session.ended);
    write_client(row, &session.client);
    row.text(session.protocol.name());
    row.text(&session.helo);
    row.opt_text(session.tls.as_ref().map(|tls| tls.version.as_str()));
    row.opt_text(session.tls.as_ref().map(|tls| tls.cipher.as_str()));
    write_transcript(row, &session.transcript);
    row.records(&session.auth_attempts, |record, attempt| {
        record.opt_text(Some(&attempt.mechanism));
        record.opt_text(Some(&attempt.user));
        record.opt_hex(attempt.password_hash.as_ref());
    });
    row.whole(session.commands);
    row.whole(session.messages);
    row.whole(session.recipients);
    row.count(session.client_bytes);
    row.text(session.ending.name());
    row.end_row();
}

fn write_transcript(row: &mut RowWriter, transcript: &Transcript) {
    row.bytes_value(&transcript.bytes);
    row.records(&transcript.chunks, |record, chunk| {
        record.count(chunk.offset_us);
        record.count(chunk.kept.into());
        record.count(chunk.left_out.into());
    });
    row.records(&transcript.replies, |record, reply| {
        record.count(reply.offset_us);
        record.count(reply.after_client_bytes);
        record.count(reply.code.into());
    });
}

/// Reads a session back.
pub fn read(row: Row<'_>) -> Result<Session, LakeError> {
    let tls = row.opt_text("tls_version").zip(row.opt_text("tls_cipher"));
    Ok(Session {
        id: row.parsed("id")?,
        at: row.time("at")?,
        ended: row.time("ended")?,
        client: read_client(row, "client", "client_port", "client_identity")?,
        protocol: named(row, "protocol", &PROTOCOLS, model::MailProtocol::name)?,
        helo: row.string("helo")?,
        tls: tls.map(|(version, cipher)| TlsSession { version: version.to_owned(), cipher: cipher.to_owned() }),
        transcript: read_transcript(row)?,
        auth_attempts: row.records("auth_attempts", |attempt| {
            let password_hash = attempt.opt_digest(2)?;
            Ok(AuthAttempt { mechanism: attempt.text(0)?, user: attempt.text(1)?, password_hash })
        })?,
        commands: row.whole("commands")?,
        messages: row.whole("messages")?,
        recipients: row.whole("recipients")?,
        client_bytes: row.whole("client_bytes")?,
        ending: named(row, "ending", &ENDINGS, SessionEnding::name)?,
    })
}

fn read_transcript(row: Row<'_>) -> Result<Transcript, LakeError> {
    Ok(Transcript {
        bytes: Bytes::copy_from_slice(row.bytes("transcript")?),
        chunks: row.records("transcript_chunks", |chunk| {
            Ok(TranscriptChunk { offset_us: chunk.whole(0)?, kept: chunk.whole(1)?, left_out: chunk.whole(2)? })
        })?,
        replies: row.records("replies", |reply| {
            Ok(ReplyMark { offset_us: reply.whole(0)?, after_client_bytes: reply.whole(1)?, code: reply.whole(2)? })
        })?,
    })
}
