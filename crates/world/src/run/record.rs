//! Keeps what happens in a world: the truth, and the addresses that its visitors have taken.

use std::collections::{BTreeMap, HashMap, HashSet};

use jiff::Timestamp;

use super::crawl::Crawled;
use super::post::Brought;
use crate::page::{Disallowed, Mangling};
use crate::plan::{Action, ActorKind, Crawl, Deed, Fleet, How, Letter, MailSession, Plan, Recipient};
use crate::truth::{Count, TrueDelivery, TrueMessage, TruePost, TrueVisit, Truth};

/// What came of an action.
#[derive(Debug)]
pub(super) enum Done {
    Crawl(Crawled),
    Mail(Brought),
}

/// A recipient as it will be sent, and where the address comes from.
#[derive(Clone, Debug)]
pub(super) struct Addressed {
    pub(super) recipient: String,
    visit: Option<usize>,
    how: Option<How>,
}

/// An address that a visitor has taken.
#[derive(Clone, Debug)]
struct Taken {
    /// As the visitor's program wrote it down.
    written: String,
    /// The visit, as an index into the truth's.
    visit: usize,
}

/// The truth so far.
pub(super) struct Record<'a> {
    plan: &'a Plan,
    truth: Truth,
    /// What each crawl has taken.
    taken: HashMap<usize, Vec<Taken>>,
    /// What each site's robots.txt forbids, as paths within the site.
    disallowed: HashMap<usize, Disallowed>,
    /// The site of each of the truth's visits, and its path within the site.
    within: Vec<(usize, String)>,
    active: BTreeMap<ActorKind, HashSet<usize>>,
    pages: usize,
}

impl<'a> Record<'a> {
    pub(super) fn new(plan: &'a Plan) -> Self {
        let truth = Truth {
            note: "Simulated: a world made up from a seed, with reserved addresses and names. No figure here was measured."
                .to_owned(),
            seed: plan.seed(),
            scale: plan.scale(),
            operators: plan.operators().to_vec(),
            ..Truth::default()
        };
        Self {
            plan,
            truth,
            taken: HashMap::new(),
            disallowed: HashMap::new(),
            within: Vec::new(),
            active: BTreeMap::new(),
            pages: 0,
        }
    }

    /// Pages read and messages brought so far.
    pub(super) fn so_far(&self) -> (usize, usize) {
        (self.pages, self.truth.messages.len())
    }

    /// The recipients of a letter, as far as their addresses have been taken.
    pub(super) fn addressed(&self, letter: &Letter) -> Vec<Addressed> {
        let mut seen = HashSet::new();
        let all = letter.recipients.iter().filter_map(|recipient| match recipient {
            Recipient::Taken { crawl, pick, how } => {
                let taken = self.taken.get(crawl).filter(|taken| !taken.is_empty())?;
                let Taken { written, visit } = &taken[pick % taken.len()];
                Some(Addressed { recipient: written.clone(), visit: Some(*visit), how: Some(*how) })
            }
            Recipient::Guessed(address) | Recipient::Foreign(address) => {
                Some(Addressed { recipient: address.clone(), visit: None, how: None })
            }
        });
        all.filter(|one| seen.insert(one.recipient.clone())).collect()
    }

    /// Takes down what came of an action.
    pub(super) fn take(&mut self, at: Timestamp, action: &Action, done: Done) {
        let kind = self.plan.actors()[action.actor].kind;
        self.active.entry(kind).or_default().insert(action.actor);
        self.truth.counts.entry(kind).or_default().connections += 1;
        match (&action.deed, done) {
            (Deed::Crawl(crawl), Done::Crawl(crawled)) => self.take_crawl(at, action.actor, crawl, crawled),
            (Deed::Mail(session), Done::Mail(brought)) => self.take_mail(at, action.actor, session, brought),
            // A deed comes to what it is.
            (Deed::Crawl(_), Done::Mail(_)) | (Deed::Mail(_), Done::Crawl(_)) => {}
        }
    }

    fn count(&mut self, kind: ActorKind) -> &mut Count {
        self.truth.counts.entry(kind).or_default()
    }

    fn take_crawl(&mut self, at: Timestamp, actor: usize, crawl: &Crawl, crawled: Crawled) {
        let actor = &self.plan.actors()[actor];
        let site = &self.plan.sites()[crawl.site];
        let base = if crawl.by_path { format!("/{}", site.slug) } else { String::new() };
        let mangling = if actor.kind == ActorKind::Harvester { actor.tool.mangling } else { Mangling::None };
        if let Some(disallowed) = crawled.disallowed {
            self.disallowed.insert(crawl.site, disallowed.within(&base));
        }
        for page in crawled.pages {
            self.truth.broken += u64::from(page.status == 0);
            if !page.is_robots {
                self.pages += 1;
                self.count(actor.kind).pages += 1;
            }
            if let Some(address) = &page.address {
                self.count(actor.kind).addresses += 1;
                if page.found {
                    let taken = Taken { written: mangling.apply(address), visit: self.truth.visits.len() };
                    self.taken.entry(crawl.id).or_default().push(taken);
                }
            }
            self.within.push((crawl.site, page.path.strip_prefix(&base).unwrap_or(&page.path).to_owned()));
            self.truth.visits.push(TrueVisit {
                at,
                visitor: actor.address,
                kind: actor.kind,
                operator: actor.operator,
                site: site.slug.clone(),
                path: page.path,
                status: page.status,
                address: page.address,
                forbidden: false,
            });
        }
        if let Some(status) = crawled.posted {
            self.count(actor.kind).posts += 1;
            self.truth.posts.push(TruePost { at, visitor: actor.address, site: site.slug.clone(), status });
        }
    }

    fn take_mail(&mut self, at: Timestamp, actor: usize, session: &MailSession, brought: Brought) {
        let actor = &self.plan.actors()[actor];
        self.truth.unsent += brought.unsent;
        self.truth.broken += u64::from(brought.broken);
        for (sent, outcome) in brought.letters {
            let letter = &session.letters[sent.letter];
            let deliver = |(to, code): (super::record::Addressed, Option<u16>)| TrueDelivery {
                recipient: to.recipient,
                code,
                visit: to.visit,
                how: to.how,
            };
            let message = TrueMessage {
                message_id: letter.message_id.clone(),
                at,
                sender: actor.address,
                kind: actor.kind,
                fleet: actor.fleet.unwrap_or(Fleet::Guessers),
                operator: letter.operator,
                trade: letter.trade,
                helo: session.helo.clone(),
                mail_from: letter.from.clone(),
                size: sent.size,
                code: outcome.message,
                deliveries: sent.to.into_iter().zip(outcome.recipients).map(deliver).collect(),
            };
            let accepted = message.deliveries.iter().filter(|delivery| message.accepted(delivery)).count() as u64;
            let count = self.count(actor.kind);
            count.messages += 1;
            count.accepted += accepted;
            self.truth.messages.push(message);
        }
    }

    /// The whole truth. Which paths are forbidden is known by now: a search engine has been at every site.
    pub(super) fn finish(mut self) -> Truth {
        for (visit, (site, path)) in self.truth.visits.iter_mut().zip(&self.within) {
            visit.forbidden = self.disallowed.get(site).is_some_and(|rules| rules.forbids(path));
        }
        for (kind, actors) in &self.active {
            self.truth.counts.entry(*kind).or_default().actors = actors.len() as u64;
        }
        self.truth
    }
}
