//! What can go wrong in a world.

use std::io;
use std::net::SocketAddr;

use thiserror::Error;

/// Why a world could not be planned or run to its end.
#[derive(Debug, Error)]
pub enum WorldError {
    /// A target that is not on this machine. The world speaks to loopback and to nothing else.
    #[error("{0} is not a loopback address; a simulated world speaks to 127.0.0.0/8 and ::1 only")]
    NotLoopback(SocketAddr),
    /// No site to visit.
    #[error("a world needs at least one site with at least one domain; take those of `world::suggest_sites`")]
    NoSites,
    /// A scale that is no positive number, or more than the plan is made for.
    #[error("a world's scale is above 0 and at most {max}, not {given}")]
    Scale {
        /// What was asked for.
        given: f64,
        /// The most that can be asked for.
        max: f64,
    },
    /// Nobody listens at a target, or it turns every connection away.
    #[error("cannot connect to {target}; is the trap running there? {source}")]
    Unreachable {
        /// The target.
        target: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
}
