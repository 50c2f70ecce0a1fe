//! Events as bytes: protobuf, by the schema in `proto/trapline/event/v1/event.proto`.
//!
//! ```
//! use model::{Event, EventId, Client, Probe, ProbeKind, wire};
//! let at = "2008-11-11T21:30:00Z".parse()?;
//! let event = Event::Probe(Probe {
//!     id: EventId::new(at, 1),
//!     at,
//!     session: None,
//!     client: Client::direct("192.0.2.7".parse()?, 4711),
//!     kind: ProbeKind::Relay,
//!     target: "someone@elsewhere.example".into(),
//!     helo: "User".into(),
//! });
//! assert_eq!(wire::decode(wire::encode(&event).into())?, event);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use std::net::IpAddr;

use bytes::Bytes;
use jiff::Timestamp;
use prost::Message as _;

use crate::{self as model, Event, EventId, SiteId, VisitorNet};

#[allow(missing_docs, clippy::all, unreachable_pub)]
mod proto {
    include!(concat!(env!("OUT_DIR"), "/trapline.event.v1.rs"));
}

/// Bytes that are not an event. The message says which part is wrong; nothing of it was taken.
#[derive(Debug, thiserror::Error)]
pub enum DecodeError {
    /// Not protobuf of this schema.
    #[error("not an event: {0}")]
    Protobuf(#[from] prost::DecodeError),
    /// A field that every event of this kind has is missing or impossible.
    #[error("not an event: field {0} is missing or has no meaning")]
    Field(&'static str),
}

/// The event's encoding.
pub fn encode(event: &Event) -> Vec<u8> {
    let kind = match event {
        Event::Visit(e) => proto::event::Kind::Visit(visit(e)),
        Event::Post(e) => proto::event::Kind::Post(post(e)),
        Event::Message(e) => proto::event::Kind::Message(message(e)),
        Event::Session(e) => proto::event::Kind::Session(session(e)),
        Event::Probe(e) => proto::event::Kind::Probe(probe(e)),
    };
    proto::Event { kind: Some(kind) }.encode_to_vec()
}

/// The event encoded in these bytes. Message content is shared with them, not copied.
pub fn decode(bytes: Bytes) -> Result<Event, DecodeError> {
    let event = proto::Event::decode(bytes)?;
    Ok(match event.kind.ok_or(DecodeError::Field("kind"))? {
        proto::event::Kind::Visit(e) => Event::Visit(read_visit(e)?),
        proto::event::Kind::Post(e) => Event::Post(read_post(e)?),
        proto::event::Kind::Message(e) => Event::Message(read_message(e)?),
        proto::event::Kind::Session(e) => Event::Session(read_session(e)?),
        proto::event::Kind::Probe(e) => Event::Probe(read_probe(e)?),
    })
}

fn id(id: EventId) -> Vec<u8> {
    id.as_bytes().to_vec()
}

fn read_id(bytes: &[u8]) -> Result<EventId, DecodeError> {
    bytes.try_into().map(EventId::from_bytes).map_err(|_| DecodeError::Field("id"))
}

fn read_optional_id(bytes: &[u8]) -> Result<Option<EventId>, DecodeError> {
    if bytes.is_empty() { Ok(None) } else { read_id(bytes).map(Some) }
}

fn read_time(microseconds: i64) -> Result<Timestamp, DecodeError> {
    Timestamp::from_microsecond(microseconds).map_err(|_| DecodeError::Field("at_us"))
}

fn read_site(number: u32) -> Result<SiteId, DecodeError> {
    SiteId::new(number).ok_or(DecodeError::Field("site"))
}

fn read_digest(bytes: &[u8], field: &'static str) -> Result<Option<[u8; 32]>, DecodeError> {
    if bytes.is_empty() { Ok(None) } else { bytes.try_into().map(Some).map_err(|_| DecodeError::Field(field)) }
}

fn digest(digest: Option<&[u8; 32]>) -> Vec<u8> {
    digest.map(|d| d.to_vec()).unwrap_or_default()
}

fn non_empty(text: String) -> Option<String> {
    (!text.is_empty()).then_some(text)
}

fn address(address: IpAddr) -> Vec<u8> {
    match address {
        IpAddr::V4(v4) => v4.octets().to_vec(),
        IpAddr::V6(v6) => v6.octets().to_vec(),
    }
}

fn read_address(bytes: &[u8]) -> Result<IpAddr, DecodeError> {
    if let Ok(v4) = <[u8; 4]>::try_from(bytes) {
        Ok(v4.into())
    } else if let Ok(v6) = <[u8; 16]>::try_from(bytes) {
        Ok(v6.into())
    } else {
        Err(DecodeError::Field("client.address"))
    }
}

fn client(client: model::Client) -> proto::Client {
    let identity = match client.identity {
        model::ClientIdentity::Direct => proto::ClientIdentity::Direct,
        model::ClientIdentity::ProxyProtocol => proto::ClientIdentity::ProxyProtocol,
        model::ClientIdentity::Forwarded => proto::ClientIdentity::Forwarded,
        model::ClientIdentity::Imported => proto::ClientIdentity::Imported,
    };
    proto::Client { address: address(client.address), port: client.port.into(), identity: identity.into() }
}

fn read_client(client: Option<proto::Client>) -> Result<model::Client, DecodeError> {
    let client = client.ok_or(DecodeError::Field("client"))?;
    let identity = match client.identity() {
        proto::ClientIdentity::Direct => model::ClientIdentity::Direct,
        proto::ClientIdentity::ProxyProtocol => model::ClientIdentity::ProxyProtocol,
        proto::ClientIdentity::Forwarded => model::ClientIdentity::Forwarded,
        proto::ClientIdentity::Imported => model::ClientIdentity::Imported,
        proto::ClientIdentity::Unspecified => return Err(DecodeError::Field("client.identity")),
    };
    let port = u16::try_from(client.port).map_err(|_| DecodeError::Field("client.port"))?;
    Ok(model::Client { address: read_address(&client.address)?, port, identity })
}

fn request(request: &model::Request) -> proto::Request {
    proto::Request {
        method: request.method.clone(),
        host: request.host.clone(),
        path: request.path.clone(),
        http_version: request.http_version.clone(),
        header_names: request.header_names.clone(),
        user_agent: request.user_agent.clone(),
        referer: request.referer.clone(),
    }
}

fn read_request(request: Option<proto::Request>) -> Result<model::Request, DecodeError> {
    let request = request.ok_or(DecodeError::Field("request"))?;
    Ok(model::Request {
        method: request.method,
        host: request.host,
        path: request.path,
        http_version: request.http_version,
        header_names: request.header_names,
        user_agent: request.user_agent,
        referer: request.referer,
    })
}

fn visit(visit: &model::Visit) -> proto::Visit {
    let kind = match visit.kind {
        model::VisitKind::TrapPage => proto::VisitKind::TrapPage,
        model::VisitKind::Robots => proto::VisitKind::Robots,
        model::VisitKind::ForbiddenPath => proto::VisitKind::ForbiddenPath,
        model::VisitKind::Imported => proto::VisitKind::Imported,
    };
    proto::Visit {
        id: id(visit.id),
        at_us: visit.at.as_microsecond(),
        site: visit.site.get(),
        client: Some(client(visit.client)),
        kind: kind.into(),
        request: Some(request(&visit.request)),
        address: visit.address.clone().unwrap_or_default(),
        notice_digest: digest(visit.notice_digest.as_ref()),
        status: visit.status.into(),
    }
}

fn read_visit(visit: proto::Visit) -> Result<model::Visit, DecodeError> {
    let kind = match visit.kind() {
        proto::VisitKind::TrapPage => model::VisitKind::TrapPage,
        proto::VisitKind::Robots => model::VisitKind::Robots,
        proto::VisitKind::ForbiddenPath => model::VisitKind::ForbiddenPath,
        proto::VisitKind::Imported => model::VisitKind::Imported,
        proto::VisitKind::Unspecified => return Err(DecodeError::Field("visit.kind")),
    };
    Ok(model::Visit {
        id: read_id(&visit.id)?,
        at: read_time(visit.at_us)?,
        site: read_site(visit.site)?,
        client: read_client(visit.client)?,
        kind,
        request: read_request(visit.request)?,
        address: non_empty(visit.address),
        notice_digest: read_digest(&visit.notice_digest, "notice_digest")?,
        status: u16::try_from(visit.status).map_err(|_| DecodeError::Field("status"))?,
    })
}

fn post(post: &model::Post) -> proto::Post {
    proto::Post {
        id: id(post.id),
        at_us: post.at.as_microsecond(),
        site: post.site.get(),
        client: Some(client(post.client)),
        request: Some(request(&post.request)),
        fields: post
            .fields
            .iter()
            .map(|field| proto::Field { name: field.name.clone(), value: field.value.clone() })
            .collect(),
        body_bytes: post.body_bytes,
        truncated: post.truncated,
        address: post.address.clone().unwrap_or_default(),
    }
}

fn read_post(post: proto::Post) -> Result<model::Post, DecodeError> {
    Ok(model::Post {
        id: read_id(&post.id)?,
        at: read_time(post.at_us)?,
        site: read_site(post.site)?,
        client: read_client(post.client)?,
        request: read_request(post.request)?,
        fields: post
            .fields
            .into_iter()
            .map(|field| model::FormField { name: field.name, value: field.value })
            .collect(),
        body_bytes: post.body_bytes,
        truncated: post.truncated,
        address: non_empty(post.address),
    })
}

fn sealed(sealed: &model::SealedVisit) -> proto::SealedVisit {
    proto::SealedVisit {
        site: sealed.site.get(),
        at_s: sealed.at.as_second(),
        visitor: match sealed.visitor {
            VisitorNet::V4(v4) => v4.octets().to_vec(),
            VisitorNet::V6(high) => high.to_be_bytes().to_vec(),
        },
        nonce: sealed.nonce.into(),
        key_generation: sealed.key_generation.into(),
    }
}

fn read_sealed(sealed: proto::SealedVisit) -> Result<model::SealedVisit, DecodeError> {
    let visitor = if let Ok(v4) = <[u8; 4]>::try_from(sealed.visitor.as_slice()) {
        VisitorNet::V4(v4.into())
    } else if let Ok(high) = <[u8; 8]>::try_from(sealed.visitor.as_slice()) {
        VisitorNet::V6(u64::from_be_bytes(high))
    } else {
        return Err(DecodeError::Field("issued.visitor"));
    };
    Ok(model::SealedVisit {
        site: read_site(sealed.site)?,
        at: Timestamp::from_second(sealed.at_s).map_err(|_| DecodeError::Field("issued.at_s"))?,
        visitor,
        nonce: u16::try_from(sealed.nonce).map_err(|_| DecodeError::Field("issued.nonce"))?,
        key_generation: u16::try_from(sealed.key_generation)
            .map_err(|_| DecodeError::Field("issued.key_generation"))?,
    })
}

fn delivery(delivery: &model::Delivery) -> proto::Delivery {
    proto::Delivery {
        id: id(delivery.id),
        recipient: delivery.recipient.clone(),
        trap: Some(match &delivery.trap {
            model::Trap::Issued(visit) => proto::delivery::Trap::Issued(sealed(visit)),
            model::Trap::Static(address) => proto::delivery::Trap::Static(address.clone()),
            model::Trap::Dictionary => proto::delivery::Trap::Dictionary(true),
        }),
    }
}

fn read_delivery(delivery: proto::Delivery) -> Result<model::Delivery, DecodeError> {
    Ok(model::Delivery {
        id: read_id(&delivery.id)?,
        recipient: delivery.recipient,
        trap: match delivery.trap.ok_or(DecodeError::Field("delivery.trap"))? {
            proto::delivery::Trap::Issued(visit) => model::Trap::Issued(read_sealed(visit)?),
            proto::delivery::Trap::Static(address) => model::Trap::Static(address),
            proto::delivery::Trap::Dictionary(_) => model::Trap::Dictionary,
        },
    })
}

fn protocol(protocol: model::MailProtocol) -> i32 {
    match protocol {
        model::MailProtocol::Smtp => proto::MailProtocol::Smtp,
        model::MailProtocol::Lmtp => proto::MailProtocol::Lmtp,
        model::MailProtocol::Import => proto::MailProtocol::Import,
    }
    .into()
}

fn read_protocol(protocol: proto::MailProtocol) -> Result<model::MailProtocol, DecodeError> {
    match protocol {
        proto::MailProtocol::Smtp => Ok(model::MailProtocol::Smtp),
        proto::MailProtocol::Lmtp => Ok(model::MailProtocol::Lmtp),
        proto::MailProtocol::Import => Ok(model::MailProtocol::Import),
        proto::MailProtocol::Unspecified => Err(DecodeError::Field("protocol")),
    }
}

fn message(message: &model::Message) -> proto::Message {
    proto::Message {
        id: id(message.id),
        at_us: message.at.as_microsecond(),
        session: message.session.map(id).unwrap_or_default(),
        client: Some(client(message.client)),
        protocol: protocol(message.protocol),
        helo: message.helo.clone(),
        mail_from: message.mail_from.clone(),
        deliveries: message.deliveries.iter().map(delivery).collect(),
        content: message.content.clone(),
        received: message.received.clone(),
        tls: message.tls,
    }
}

fn read_message(message: proto::Message) -> Result<model::Message, DecodeError> {
    Ok(model::Message {
        id: read_id(&message.id)?,
        at: read_time(message.at_us)?,
        session: read_optional_id(&message.session)?,
        protocol: read_protocol(message.protocol())?,
        client: read_client(message.client)?,
        helo: message.helo,
        mail_from: message.mail_from,
        deliveries: message.deliveries.into_iter().map(read_delivery).collect::<Result<_, _>>()?,
        content: message.content,
        received: message.received,
        tls: message.tls,
    })
}

fn session(session: &model::Session) -> proto::Session {
    let ending = match session.ending {
        model::SessionEnding::Quit => proto::SessionEnding::Quit,
        model::SessionEnding::Dropped => proto::SessionEnding::Dropped,
        model::SessionEnding::Reset => proto::SessionEnding::Reset,
        model::SessionEnding::TimedOut => proto::SessionEnding::TimedOut,
        model::SessionEnding::Limit => proto::SessionEnding::Limit,
        model::SessionEnding::Shutdown => proto::SessionEnding::Shutdown,
    };
    proto::Session {
        id: id(session.id),
        at_us: session.at.as_microsecond(),
        ended_us: session.ended.as_microsecond(),
        client: Some(client(session.client)),
        protocol: protocol(session.protocol),
        helo: session.helo.clone(),
        tls: session.tls.as_ref().map(|tls| proto::Tls { version: tls.version.clone(), cipher: tls.cipher.clone() }),
        transcript: Some(transcript(&session.transcript)),
        auth_attempts: session
            .auth_attempts
            .iter()
            .map(|attempt| proto::AuthAttempt {
                mechanism: attempt.mechanism.clone(),
                user: attempt.user.clone(),
                password_hash: digest(attempt.password_hash.as_ref()),
            })
            .collect(),
        commands: session.commands,
        messages: session.messages,
        recipients: session.recipients,
        client_bytes: session.client_bytes,
        ending: ending.into(),
    }
}

fn transcript(transcript: &model::Transcript) -> proto::Transcript {
    proto::Transcript {
        bytes: transcript.bytes.clone(),
        chunks: transcript
            .chunks
            .iter()
            .map(|c| proto::TranscriptChunk { offset_us: c.offset_us, kept: c.kept, left_out: c.left_out })
            .collect(),
        replies: transcript
            .replies
            .iter()
            .map(|r| proto::ReplyMark {
                offset_us: r.offset_us,
                after_client_bytes: r.after_client_bytes,
                code: r.code.into(),
            })
            .collect(),
    }
}

fn read_transcript(transcript: proto::Transcript) -> Result<model::Transcript, DecodeError> {
    let reply = |r: proto::ReplyMark| {
        let code = u16::try_from(r.code).map_err(|_| DecodeError::Field("reply.code"))?;
        Ok(model::ReplyMark { offset_us: r.offset_us, after_client_bytes: r.after_client_bytes, code })
    };
    Ok(model::Transcript {
        bytes: transcript.bytes,
        chunks: transcript
            .chunks
            .into_iter()
            .map(|c| model::TranscriptChunk { offset_us: c.offset_us, kept: c.kept, left_out: c.left_out })
            .collect(),
        replies: transcript.replies.into_iter().map(reply).collect::<Result<_, DecodeError>>()?,
    })
}

fn read_session(session: proto::Session) -> Result<model::Session, DecodeError> {
    let ending = match session.ending() {
        proto::SessionEnding::Quit => model::SessionEnding::Quit,
        proto::SessionEnding::Dropped => model::SessionEnding::Dropped,
        proto::SessionEnding::Reset => model::SessionEnding::Reset,
        proto::SessionEnding::TimedOut => model::SessionEnding::TimedOut,
        proto::SessionEnding::Limit => model::SessionEnding::Limit,
        proto::SessionEnding::Shutdown => model::SessionEnding::Shutdown,
        proto::SessionEnding::Unspecified => return Err(DecodeError::Field("session.ending")),
    };
    let attempt = |attempt: proto::AuthAttempt| {
        Ok(model::AuthAttempt {
            mechanism: attempt.mechanism,
            user: attempt.user,
            password_hash: read_digest(&attempt.password_hash, "password_hash")?,
        })
    };
    Ok(model::Session {
        id: read_id(&session.id)?,
        at: read_time(session.at_us)?,
        ended: read_time(session.ended_us)?,
        protocol: read_protocol(session.protocol())?,
        client: read_client(session.client)?,
        helo: session.helo,
        tls: session.tls.map(|tls| model::TlsSession { version: tls.version, cipher: tls.cipher }),
        transcript: read_transcript(session.transcript.unwrap_or_default())?,
        auth_attempts: session.auth_attempts.into_iter().map(attempt).collect::<Result<_, DecodeError>>()?,
        commands: session.commands,
        messages: session.messages,
        recipients: session.recipients,
        client_bytes: session.client_bytes,
        ending,
    })
}

fn probe(probe: &model::Probe) -> proto::Probe {
    let kind = match probe.kind {
        model::ProbeKind::Dictionary => proto::ProbeKind::Dictionary,
        model::ProbeKind::Relay => proto::ProbeKind::Relay,
        model::ProbeKind::Auth => proto::ProbeKind::Auth,
        model::ProbeKind::Verify => proto::ProbeKind::Verify,
    };
    proto::Probe {
        id: id(probe.id),
        at_us: probe.at.as_microsecond(),
        session: probe.session.map(id).unwrap_or_default(),
        client: Some(client(probe.client)),
        kind: kind.into(),
        target: probe.target.clone(),
        helo: probe.helo.clone(),
    }
}

fn read_probe(probe: proto::Probe) -> Result<model::Probe, DecodeError> {
    let kind = match probe.kind() {
        proto::ProbeKind::Dictionary => model::ProbeKind::Dictionary,
        proto::ProbeKind::Relay => model::ProbeKind::Relay,
        proto::ProbeKind::Auth => model::ProbeKind::Auth,
        proto::ProbeKind::Verify => model::ProbeKind::Verify,
        proto::ProbeKind::Unspecified => return Err(DecodeError::Field("probe.kind")),
    };
    Ok(model::Probe {
        id: read_id(&probe.id)?,
        at: read_time(probe.at_us)?,
        session: read_optional_id(&probe.session)?,
        client: read_client(probe.client)?,
        kind,
        target: probe.target,
        helo: probe.helo,
    })
}
