//! How often a harvested address was mailed, and when.

use jiff::{SignedDuration, Timestamp};
use model::{Event, Judgement, SealedVisit};

use crate::Tally;
use crate::contribution::pinned_harvests;

/// How often an address was mailed, and when first and last.
pub type MailedAddress = Tally;

/// For each delivery to an address that was harvested by a host that can be blamed for it: that harvest, and when the
/// mail came. A harvest through a cache or a shared proxy isn't among them: how long the real harvester took isn't
/// known.
pub fn mailings<'a>(
    event: &'a Event,
    judgement: Option<&'a Judgement>,
) -> impl Iterator<Item = (SealedVisit, Timestamp)> {
    let message = match event {
        Event::Message(message) => Some(message),
        _ => None,
    };
    message
        .into_iter()
        .flat_map(move |message| pinned_harvests(message, judgement).map(|(_, harvest)| (harvest, message.at)))
}

/// From harvest to the address's first spam.
pub(crate) fn turnaround(harvest: &SealedVisit, mailed: &MailedAddress) -> SignedDuration {
    mailed.first.duration_since(harvest.at)
}
