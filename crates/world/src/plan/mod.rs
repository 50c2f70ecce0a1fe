//! The plan of a world: everything that will happen, from a seed, before anything does.
//!
//! ```text
//! seed ──▶ cast (who there is) ──▶ visits (who reads which pages) ──▶ mailings (who mails the addresses taken)
//!                                                                    nuisance (who guesses, probes, posts, frames)
//!                                        all of it in order of time ──▶ moments, which are run one after the other
//! ```

mod action;
mod actor;
mod cast;
mod mailings;
mod moments;
mod nuisance;
mod operator;
mod post_office;
mod visits;

use std::net::IpAddr;

use ipnet::IpNet;
use jiff::Timestamp;
use serde::Serialize;

pub use action::{Action, Crawl, Deed, How, Letter, MailSession, Recipient, Robots};
pub use actor::{Actor, ActorKind, Fleet, Tool};
pub(crate) use moments::{Moment, moments};
pub use operator::{Operator, OperatorKind, Trade};

use crate::calendar::{BEGINS, ENDS};
use crate::provider::{self, NetworkFiles, Provider, ProviderRole};
use crate::{Site, WorldError, suggest_sites};

/// The largest scale: 20 times the pages and messages of scale 1.
pub const MAX_SCALE: f64 = 20.0;

/// A planned world. The same seed, scale and sites give the same plan.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Plan {
    seed: u64,
    scale: f64,
    providers: Vec<Provider>,
    sites: Vec<Site>,
    operators: Vec<Operator>,
    actors: Vec<Actor>,
    actions: Vec<Action>,
}

/// Ranges that belong to one name, as the attribution's settings take them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct NamedRanges {
    /// Whose they are.
    pub name: String,
    /// The ranges.
    pub ranges: Vec<IpNet>,
}

impl Plan {
    /// Plans a world on the sites that [`suggest_sites`] gives for it. Scale 1 has some 4,000 pages read and 15,000
    /// messages sent.
    ///
    /// # Errors
    /// [`WorldError::Scale`] unless the scale is above 0 and at most [`MAX_SCALE`].
    pub fn new(seed: u64, scale: f64) -> Result<Self, WorldError> {
        Self::with_sites(seed, scale, suggest_sites(seed, scale))
    }

    /// Plans a world on these sites.
    ///
    /// # Errors
    /// [`WorldError::Scale`] as [`Plan::new`]; [`WorldError::NoSites`] without a site, or with one that has no domain.
    pub fn with_sites(seed: u64, scale: f64, sites: Vec<Site>) -> Result<Self, WorldError> {
        if !(scale > 0.0 && scale <= MAX_SCALE) {
            return Err(WorldError::Scale { given: scale, max: MAX_SCALE });
        }
        if sites.is_empty() || sites.iter().any(|site| site.domains.is_empty()) {
            return Err(WorldError::NoSites);
        }
        let providers = provider::all();
        let cast = cast::Cast::draw(seed, scale, &providers);
        let visits = visits::Visits::draw(seed, scale, &cast, sites.len());
        let mut actions = mailings::draw(seed, scale, &cast, &providers, &visits);
        actions.extend(nuisance::draw(seed, scale, &cast, &providers, &sites, &visits));
        actions.extend(visits.actions);
        actions.retain(|action| action.at < ENDS);
        // Stable: what happens in the same second happens in the order planned.
        actions.sort_by_key(|action| action.at);
        Ok(Self { seed, scale, providers, sites, operators: cast::operators(), actors: cast.actors, actions })
    }

    /// The seed.
    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// The scale.
    pub fn scale(&self) -> f64 {
        self.scale
    }

    /// When it begins and ends.
    pub fn span(&self) -> (Timestamp, Timestamp) {
        (BEGINS, ENDS)
    }

    /// The sites that must be served before the world is run: their slugs, host names and domains.
    pub fn sites(&self) -> &[Site] {
        &self.sites
    }

    /// The providers.
    pub fn providers(&self) -> &[Provider] {
        &self.providers
    }

    /// The hosting firm that is cut off.
    pub fn firm(&self) -> Option<&Provider> {
        self.providers.iter().find(|provider| provider.role == ProviderRole::Firm)
    }

    /// The operators.
    pub fn operators(&self) -> &[Operator] {
        &self.operators
    }

    /// The actors.
    pub fn actors(&self) -> &[Actor] {
        &self.actors
    }

    /// What they do, in order of time.
    pub fn actions(&self) -> &[Action] {
        &self.actions
    }

    /// How many messages will be sent.
    pub fn messages(&self) -> usize {
        self.sessions().map(|(_, session)| session.letters.len()).sum()
    }

    /// How many pages will be read, robots.txt not counted.
    pub fn pages(&self) -> usize {
        let pages = |action: &Action| match &action.deed {
            Deed::Crawl(crawl) => crawl.pages,
            Deed::Mail(_) => 0,
        };
        self.actions.iter().map(pages).sum()
    }

    /// The SMTP sessions, with their times.
    pub fn sessions(&self) -> impl Iterator<Item = (Timestamp, &MailSession)> {
        self.actions.iter().filter_map(|action| match &action.deed {
            Deed::Mail(session) => Some((action.at, session)),
            Deed::Crawl(_) => None,
        })
    }

    /// What is known of the world's networks, as `trapline import networks` takes it.
    pub fn networks(&self) -> NetworkFiles {
        NetworkFiles::of(&self.providers, jiff::civil::date(2008, 9, 1))
    }

    /// The search engines' ranges, for the attribution's settings.
    pub fn search_engine_ranges(&self) -> Vec<NamedRanges> {
        self.ranges_of(ProviderRole::SearchEngine)
    }

    /// The mailbox providers' ranges, for the attribution's settings: what comes from there was sent by others.
    pub fn forwarder_ranges(&self) -> Vec<NamedRanges> {
        self.ranges_of(ProviderRole::Webmail)
    }

    fn ranges_of(&self, role: ProviderRole) -> Vec<NamedRanges> {
        let of_role = self.providers.iter().filter(|provider| provider.role == role);
        of_role.map(|provider| NamedRanges { name: provider.name.clone(), ranges: provider.prefixes.clone() }).collect()
    }

    /// The provider of an address.
    pub fn provider_of(&self, address: IpAddr) -> Option<&Provider> {
        self.providers.iter().find(|provider| provider.prefixes.iter().any(|net| net.contains(&address)))
    }
}

/// A count at this scale, never below `least`.
fn scaled(count: f64, scale: f64, least: usize) -> usize {
    ((count * scale).round() as usize).max(least)
}

#[cfg(test)]
mod tests;
