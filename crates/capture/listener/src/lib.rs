//! What every listener shares: PROXY protocol, trusted proxies, limits on connections, the clock that is passed in.

mod clock;

pub use clock::{Clock, ClockHand};
