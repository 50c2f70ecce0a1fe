//! One mail transaction: from MAIL to the end of the content (RFC 5321 section 3.3).

use model::Delivery;

use crate::body::Body;

/// Sender, recipients and content so far.
#[derive(Debug)]
pub(crate) struct Envelope {
    /// As the client gave it, without brackets; empty for the null sender.
    pub(crate) mail_from: String,
    /// Whether SMTPUTF8 was asked for (RFC 6531).
    pub(crate) smtputf8: bool,
    /// One for each recipient accepted.
    pub(crate) deliveries: Vec<Delivery>,
    /// Whether any recipient was named: to tell a client which names none from one whose all were refused.
    pub(crate) any_recipient: bool,
    /// The content.
    pub(crate) body: Body,
    /// How far the content has come by BDAT.
    pub(crate) chunks: Chunks,
}

/// How far content by BDAT is (RFC 3030 section 2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Chunks {
    /// There was none.
    None,
    /// Some came.
    Begun,
    /// One was refused: what comes after it cannot be a whole message any more.
    Failed,
}

impl Envelope {
    /// A transaction without recipients or content.
    pub(crate) fn new(mail_from: String, smtputf8: bool, message_bytes: usize) -> Self {
        Self {
            mail_from,
            smtputf8,
            deliveries: Vec::new(),
            any_recipient: false,
            body: Body::new(message_bytes),
            chunks: Chunks::None,
        }
    }
}
