//! Trap pages, hidden links, comment forms, robots rules.
//!
//! ```text
//! bot ──▶ server ──▶ session ──▶ http ──▶ site ──▶ trap ──▶ page, with an address of its own ──▶ bot
//!         limits,    deadlines    head,    which     │
//!         PROXY                   body     one       └─▶ recorder ──▶ journal: visit, post
//! ```
//!
//! A site is reached by its own host name or by its slug, `/slug/…`, on any. Every path of a site is its trap page;
//! between two loads the address changes and nothing else. A visit is taken to be recorded before its page is sent,
//! and is durable within a second; when it can't be taken, the answer is 503 and no address is given out.
//!
//! Never recorded: the value of `Cookie`, `Authorization`, or any header but `Host`, `User-Agent` and `Referer`.
//! Never answered: anything that tells which sites there are, or that this is Trapline.

mod cache;
mod config;
mod date;
mod deadline;
mod form;
mod forwarded;
mod http;
mod metrics;
mod page;
mod recorder;
mod server;
mod session;
mod site;
mod trap;

pub use config::{ForwardedHeader, WebConfig, WebLimits};
pub use page::{LegalNotice, robots_rule, snippet};
pub use site::{Site, SiteError, Sites};
pub use trap::WebTrap;
