//! The steps by which a world's time moves on.

use std::collections::HashSet;
use std::ops::Range;

use jiff::{SignedDuration, Timestamp};

use super::{Action, Deed, Recipient};

/// No step spans more time than this, so the server's times are right to the hour, and those of mail to an address
/// just taken to the minute.
const SPAN: SignedDuration = SignedDuration::from_hours(1);
/// No step has more actions than this.
const ACTIONS: usize = 64;

/// Actions that are done together, at one time of the world.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Moment {
    /// The time: that of the first of them.
    pub(crate) at: Timestamp,
    /// Which actions, as indexes into the plan's.
    pub(crate) actions: Range<usize>,
}

/// Splits actions, in the order of their times, into moments. Mail never shares a moment with the crawl that takes
/// its recipient's address, nor does mail of one moment wait for another of the same.
pub(crate) fn moments(actions: &[Action]) -> Vec<Moment> {
    let mut moments: Vec<Moment> = Vec::new();
    let mut crawls = HashSet::new();
    for (index, action) in actions.iter().enumerate() {
        match moments.last_mut() {
            Some(moment)
                if action.at.duration_since(moment.at) < SPAN
                    && moment.actions.len() < ACTIONS
                    && !awaits(action, &crawls) =>
            {
                moment.actions.end = index + 1;
            }
            _ => {
                crawls.clear();
                moments.push(Moment { at: action.at, actions: index..index + 1 });
            }
        }
        if let Deed::Crawl(crawl) = &action.deed {
            crawls.insert(crawl.id);
        }
    }
    moments
}

/// Whether an action mails an address that one of these crawls takes.
fn awaits(action: &Action, crawls: &HashSet<usize>) -> bool {
    let Deed::Mail(session) = &action.deed else { return false };
    session
        .letters
        .iter()
        .flat_map(|letter| &letter.recipients)
        .any(|recipient| matches!(recipient, Recipient::Taken { crawl, .. } if crawls.contains(crawl)))
}
