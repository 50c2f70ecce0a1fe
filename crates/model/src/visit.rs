//! A visit to a trap site.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{Client, EventId, SiteId};

/// One HTTP request, as far as it tells who asks. The values of `Cookie`, `Authorization` and the like are never here.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    /// `GET`, `POST`, or what else was sent.
    pub method: String,
    /// The `Host` header or the authority asked for; empty if neither.
    pub host: String,
    /// Path and query as sent.
    pub path: String,
    /// `1.0`, `1.1` or `2`.
    pub http_version: String,
    /// Header names in the order and spelling received.
    pub header_names: Vec<String>,
    /// The `User-Agent` header.
    pub user_agent: Option<String>,
    /// The `Referer` header.
    pub referer: Option<String>,
}

/// Somebody asked a trap site for something.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Visit {
    /// The event's id.
    pub id: EventId,
    /// When the request was read.
    pub at: Timestamp,
    /// The site asked.
    pub site: SiteId,
    /// The visitor.
    pub client: Client,
    /// What was asked for.
    pub kind: VisitKind,
    /// The request.
    pub request: Request,
    /// The trap address served, with its domain, where one was.
    pub address: Option<String>,
    /// SHA-256 of the legal notice as served, where one was.
    pub notice_digest: Option<[u8; 32]>,
    /// The HTTP status of the answer.
    pub status: u16,
}

/// What a visit asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VisitKind {
    /// A trap page, served with an address of its own.
    TrapPage,
    /// `robots.txt`.
    Robots,
    /// A path that `robots.txt` forbids: a rule break.
    ForbiddenPath,
    /// A request to a site of the operator's own, from an imported access log.
    Imported,
}

impl VisitKind {
    /// The name used in tables and output.
    pub fn name(self) -> &'static str {
        match self {
            Self::TrapPage => "trap_page",
            Self::Robots => "robots",
            Self::ForbiddenPath => "forbidden_path",
            Self::Imported => "imported",
        }
    }
}
