//! What every listener shares: PROXY protocol, trusted proxies, limits on connections, the clock that is passed in.
//!
//! A connection goes through the parts in this order:
//!
//! ```text
//! TCP accept ──▶ ConnectionGate ──▶ accept (PROXY header, if the peer is trusted) ──▶ the protocol's own session
//!                limits in all,      who the client is, and how                        MemoryBudget: bytes held
//!                and per address     that was learned                                  EventIds, Clock: what it records
//! ```
//!
//! Everything here is bounded: a header has a longest length, a wait has a longest time, and what is kept for a
//! connection goes when the connection does.

mod accept;
mod clock;
mod event_ids;
mod gate;
mod memory;
pub mod proxy_header;
mod trusted;

pub use accept::{AcceptError, Accepted, ProxyMode, ProxyPolicy, accept};
pub use clock::{Clock, ClockHand};
pub use event_ids::EventIds;
pub use gate::{ConnectionGate, ConnectionLimits, Permit, Refused};
pub use memory::{Lease, MemoryBudget};
pub use trusted::TrustedProxies;
