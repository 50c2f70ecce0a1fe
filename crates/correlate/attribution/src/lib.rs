//! Delivery to visit, with confidence and reasons.
//!
//! ```text
//! message ──▶ judge ──▶ summary, the sender's network
//!               │
//!               └─ for each delivery to an issued address:
//!                    the sealed visit ──▶ circumstances ──▶ confidence and reasons, the harvester's network
//! ```
//!
//! - [`Ranges`] name those whose addresses mean something else than they seem to: search engines, edges of content
//!   networks, shared proxies, forwarders.
//! - The [`Judge`] turns one message into one [`model::Judgement`]. It does no I/O and reads no clock, so the same
//!   message with the same ranges and the same networks is judged the same, now and in a rebuild years later.
//! - [`weigh`] argues the confidence, in prose and in code.
//! - [`through_a_cache`] tells an attribution that ends at a machine which took the address for somebody else.

mod confidence;
mod judge;
mod ranges;

pub use confidence::{Circumstances, Lag, through_a_cache, weigh};
pub use judge::Judge;
pub use ranges::{NamedRanges, Ranges};
