//! Host records: what each address was seen doing, folded from events in any order.
//!
//! ```text
//!                           ┌─▶ contributions ──▶ Host (Activities, Details) of each host concerned
//! event, its judgement ─────┼─▶ Totals
//!                           └─▶ mailings ──▶ MailedAddress of each address concerned ──▶ Turnaround
//! ```
//!
//! State is folded live in the journal's order, and by `trapline rebuild` in the lake's. Both must come to the same,
//! so the fold may not depend on the order. Everything here is one of three things that make sure of it:
//!
//! - a **sum** (counts, sums of times), a **minimum** or a **maximum** (first and last seen);
//! - the [`Earliest`] few of a list by a total order, whose proof stands beside it;
//! - a function of one of these: the [`Turnaround`] of an address is that of its earliest mail.
//!
//! So to merge two partial records is commutative and associative, and a record doesn't tell how its events were
//! batched. What is *not* kept for that reason: the latest values of a list (a bounded list of the latest is fine by
//! itself, but two lists would double the records), and anything that depends on what was known at the time.
//!
//! Nothing here does I/O, reads a clock, or looks at a network: a host is its address.

mod activities;
mod contribution;
mod details;
mod earliest;
mod host;
mod lags;
mod mailed;
mod totals;
mod turnaround;

pub use activities::{Activities, Taken, Tally};
pub use contribution::{Contribution, contributions};
pub use details::{ADDRESSES, Details, HELO_NAMES, SAMPLES, TEXT_BYTES, USER_AGENTS};
pub use earliest::Earliest;
pub use host::Host;
pub use lags::Lags;
pub use mailed::{MailedAddress, mailings};
pub use totals::{ProbeTotals, Totals, VisitTotals};
pub use turnaround::{FAST_WITHIN, SLOW_FROM, Turnaround, TurnaroundTally, Turnarounds};
