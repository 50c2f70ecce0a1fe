//! A comment form filled in on a trap page.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{Client, EventId, Request, SiteId};

/// One field of a form, bounded by the web trap's limits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FormField {
    /// The field's name.
    pub name: String,
    /// What was filled in.
    pub value: String,
}

/// Somebody filled in the comment form of a trap page, which no person is asked to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Post {
    /// The event's id.
    pub id: EventId,
    /// When the body had been read.
    pub at: Timestamp,
    /// The site posted to.
    pub site: SiteId,
    /// The poster.
    pub client: Client,
    /// The request.
    pub request: Request,
    /// The fields in order, as far as the limits let them in.
    pub fields: Vec<FormField>,
    /// Bytes of the body read.
    pub body_bytes: u64,
    /// Whether a limit cut the body or the fields.
    pub truncated: bool,
    /// The trap address of the page that carried the form, where the post names it.
    pub address: Option<String>,
}
