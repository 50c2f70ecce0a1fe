//! Runs a plan against a Trapline on this machine.
//!
//! The world's time moves in moments: all that happens in one is done at the same time, over a bounded number of
//! connections, then the clock moves on. So the server's times are the world's, and the truth doesn't depend on
//! which of two connections was quicker.

mod crawl;
mod post;
mod record;

use std::net::SocketAddr;

use futures::{StreamExt, TryStreamExt};
use jiff::Timestamp;
use serde::Serialize;

use crate::plan::{Action, Deed, Moment, Plan, moments};
use crate::truth::Truth;
use crate::{LoopbackAddr, WorldError};
use record::{Done, Record};

/// Where the Trapline is that a world is run against. Both are on this machine, and trust it as a proxy: each
/// connection tells its client's address by a PROXY header.
#[derive(Clone, Copy, Debug)]
pub struct Targets {
    web: LoopbackAddr,
    smtp: LoopbackAddr,
    connections: usize,
}

impl Targets {
    /// A web trap and a mail trap.
    ///
    /// # Errors
    /// [`WorldError::NotLoopback`] if either isn't on this machine.
    pub fn new(web: SocketAddr, smtp: SocketAddr) -> Result<Self, WorldError> {
        Ok(Self { web: LoopbackAddr::new(web)?, smtp: LoopbackAddr::new(smtp)?, connections: 24 })
    }

    /// With at most this many connections open at once, at least one.
    pub fn with_connections(self, connections: usize) -> Self {
        Self { connections: connections.max(1), ..self }
    }
}

/// How far a world has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Progress {
    /// The world's time.
    pub at: Timestamp,
    /// Actions done.
    pub actions: usize,
    /// Actions in all.
    pub of: usize,
    /// Pages read, robots.txt not counted.
    pub pages: usize,
    /// Messages brought.
    pub messages: usize,
}

/// Runs a world to its end and tells what really happened in it.
///
/// `clock` is told each moment of the world before anything happens in it, and the world's end when all is done; the
/// server has to take its time from there. `progress` is told after each moment.
///
/// # Errors
/// [`WorldError::Unreachable`] if a target takes no connections. A connection that breaks is no error: the truth
/// counts it.
pub async fn run(
    plan: &Plan,
    targets: Targets,
    clock: &mut (dyn FnMut(Timestamp) + Send),
    progress: &mut (dyn FnMut(Progress) + Send),
) -> Result<Truth, WorldError> {
    let mut record = Record::new(plan);
    for moment in moments(plan.actions()) {
        clock(moment.at);
        let done = act(plan, targets, &moment, &record).await?;
        for (index, done) in done {
            record.take(moment.at, &plan.actions()[index], done);
        }
        let (pages, messages) = record.so_far();
        progress(Progress { at: moment.at, actions: moment.actions.end, of: plan.actions().len(), pages, messages });
    }
    clock(plan.span().1);
    Ok(record.finish())
}

/// Does all of a moment, and gives what came of it in the plan's order.
async fn act(
    plan: &Plan,
    targets: Targets,
    moment: &Moment,
    record: &Record<'_>,
) -> Result<Vec<(usize, Done)>, WorldError> {
    let actions = moment.actions.clone().zip(&plan.actions()[moment.actions.clone()]);
    let deeds = actions.map(|(index, action)| async move {
        Ok::<_, WorldError>((index, perform(plan, targets, moment.at, action, record).await?))
    });
    let mut done: Vec<_> = futures::stream::iter(deeds).buffer_unordered(targets.connections).try_collect().await?;
    done.sort_unstable_by_key(|(index, _)| *index);
    Ok(done)
}

async fn perform(
    plan: &Plan,
    targets: Targets,
    at: Timestamp,
    action: &Action,
    record: &Record<'_>,
) -> Result<Done, WorldError> {
    let actor = &plan.actors()[action.actor];
    match &action.deed {
        Deed::Crawl(crawl) => {
            let site = &plan.sites()[crawl.site];
            Ok(Done::Crawl(crawl::crawl(targets.web, actor, site, crawl).await?))
        }
        Deed::Mail(session) => {
            let letters = session.letters.iter().map(|letter| record.addressed(letter)).collect();
            Ok(Done::Mail(post::bring(targets.smtp, actor, session, letters, at).await?))
        }
    }
}

#[cfg(test)]
mod tests;
