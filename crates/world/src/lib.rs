//! A simulated internet with the truth known: for the demo, for tests of accuracy, for load.
//!
//! ```text
//! seed ──▶ plan ──▶ run ──HTTP, SMTP over loopback──▶ a Trapline ──▶ what it judges ──┐
//!          who does     │                                                             ├──▶ score
//!          what, when   └──────────────▶ truth: who took what, who mailed it ─────────┘
//! ```
//!
//! The world is the autumn of 2008: harvesters at one hosting firm, botnets all over the world that mail what they
//! take, and the evening on which the firm is cut off. Its course follows the history; its figures are simulated, its
//! networks and names are reserved ones.
//!
//! Simulation stays at home. Connections go through [`LoopbackAddr`] and nowhere else; nothing here can reach
//! another machine, resolve a name, or send mail that anybody but a trap on this machine would see.
//!
//! ```
//! let plan = world::Plan::new(2008, 0.02)?;
//! assert_eq!(plan, world::Plan::new(2008, 0.02)?);
//! assert!(plan.messages() > 200);
//! # Ok::<(), world::WorldError>(())
//! ```

pub mod calendar;
mod client;
mod dialect;
mod dice;
mod error;
mod loopback;
mod mail;
mod page;
mod plan;
mod provider;
mod run;
mod site;
mod truth;

pub use error::WorldError;
pub use loopback::LoopbackAddr;
pub use page::{Mangling, Skill, addresses};
pub use plan::{
    Action, Actor, ActorKind, Crawl, Deed, Fleet, How, Letter, MAX_SCALE, MailSession, NamedRanges, Operator,
    OperatorKind, Plan, Recipient, Robots, Tool, Trade,
};
pub use provider::{NetworkFiles, Provider, ProviderRole};
pub use run::{Progress, Targets, run};
pub use site::{Site, suggest_sites};
pub use truth::{Count, JudgedDelivery, Score, TrueDelivery, TrueMessage, TruePost, TrueVisit, Truth};
