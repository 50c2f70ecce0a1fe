//! What a raw message says: its headers, and the chain of hosts that passed it on.
//!
//! ```text
//!              ┌─▶ summary ──▶ MessageSummary    what the sender claims: subject, From, Message-ID
//! content ─▶ headers
//!              └─▶ received ─▶ relay ─▶ Relay    who handed it to the first host that is to be believed
//! ```
//!
//! Nothing here looks at the body, so that a message costs a few microseconds beside its digest whatever it weighs
//! and however its parts are nested. Everything is bounded: [`HEADER_BYTES`] of headers are looked at,
//! [`VALUE_BYTES`] of each.
//!
//! ```
//! let content = b"Received: from pc (pool.isp.example [240.7.1.2]) by mx.example with SMTP;\r\n\
//!     \tMon, 22 Jul 2002 18:12:38 +0100\r\nSubject: =?utf-8?q?Caf=C3=A9?=\r\n\r\nBuy!\r\n";
//! assert_eq!(message::summary(content).subject, "Café");
//! let relay = message::relay(content, &[])?;
//! assert_eq!(relay.address.to_string(), "240.7.1.2");
//! assert_eq!(relay.helo, "pc");
//! # Ok::<(), message::NoRelay>(())
//! ```

mod headers;
mod peer;
mod received;
mod relay;
mod sign_up;
mod summary;

pub use headers::{HEADER_BYTES, Header, Headers, VALUE_BYTES, addresses, date, headers};
pub use received::{HOPS, Received, received};
pub use relay::{NoRelay, Relay, relay};
pub use summary::summary;
