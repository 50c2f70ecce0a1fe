//! Reads the pages of a crawl.

use crate::client::{Fetched, WebClient};
use crate::dice::Dice;
use crate::page::{Disallowed, Skill, addresses, first_form, links};
use crate::plan::{Actor, Crawl, Robots};
use crate::{LoopbackAddr, Site, WorldError};

/// The host name that is asked for where a site is reached by its path.
const ANY_HOST: &str = "pages.example";

/// What came of a crawl.
#[derive(Debug, Default)]
pub(super) struct Crawled {
    /// Every fetch, in order.
    pub(super) pages: Vec<Page>,
    /// What robots.txt forbids, where it was read.
    pub(super) disallowed: Option<Disallowed>,
    /// The status that a comment was answered with; 0 where the connection broke.
    pub(super) posted: Option<u16>,
}

/// One fetch.
#[derive(Debug, Default)]
pub(super) struct Page {
    pub(super) path: String,
    /// 0 where the connection broke.
    pub(super) status: u16,
    pub(super) is_robots: bool,
    /// The address that the page hands out.
    pub(super) address: Option<String>,
    /// Whether this visitor's program found it.
    pub(super) found: bool,
}

/// Reads the pages of a crawl.
///
/// # Errors
/// [`WorldError::Unreachable`] if the web trap takes no connections.
pub(super) async fn crawl(web: LoopbackAddr, actor: &Actor, site: &Site, crawl: &Crawl) -> Result<Crawled, WorldError> {
    let (host, base) =
        if crawl.by_path { (ANY_HOST, format!("/{}", site.slug)) } else { (site.host.as_str(), String::new()) };
    let mut crawler = Crawler {
        client: WebClient::new(web, actor.address, &actor.tool, host),
        skill: actor.tool.skill,
        dice: Dice::new(crawl.seed, "crawl"),
        start: format!("{base}/"),
        base,
        known: Vec::new(),
        done: Crawled::default(),
    };
    if crawl.robots != Robots::Ignores {
        crawler.read_robots().await?;
    }
    let mut last = Fetched::default();
    for _ in 0..crawl.pages {
        let path = crawler.next_path(crawl.robots);
        last = crawler.read(path).await?;
    }
    if crawl.comments
        && let Some(form) = first_form(&last.body)
    {
        let words = crawler
            .dice
            .spin("{Great|Nice|Useful} {site|post|page}! {See|Visit} http://{cheap|best|top}pills.example/{a|b|c}");
        let answer = crawler.client.fetch(&form.action, Some(&form.filled(&words))).await?;
        crawler.done.posted = Some(answer.map_or(0, |answer| answer.status));
    }
    Ok(crawler.done)
}

struct Crawler<'a> {
    client: WebClient<'a>,
    skill: Skill,
    dice: Dice,
    base: String,
    start: String,
    /// Paths found and not yet read.
    known: Vec<String>,
    done: Crawled,
}

impl Crawler<'_> {
    async fn read_robots(&mut self) -> Result<(), WorldError> {
        let path = format!("{}/robots.txt", self.base);
        let answer = self.client.fetch(&path, None).await?.unwrap_or_default();
        if answer.status == 200 {
            self.done.disallowed = Some(Disallowed::parse(&answer.body));
        }
        self.done.pages.push(Page { path, status: answer.status, is_robots: true, ..Page::default() });
        Ok(())
    }

    /// The site's first page at first, then a link found. Each load of a page hands out a new address, so where there
    /// are no more links the first page is read again.
    fn next_path(&mut self, robots: Robots) -> String {
        let nowhere = Disallowed::default();
        let disallowed = self.done.disallowed.as_ref().unwrap_or(&nowhere);
        match (robots, disallowed.first()) {
            (Robots::Breaks, Some(forbidden)) => return format!("{forbidden}{}", self.dice.letters(5)),
            (Robots::Obeys, Some(_)) => self.known.retain(|path| !disallowed.forbids(path)),
            _ => {}
        }
        if self.known.is_empty() {
            return self.start.clone();
        }
        let place = self.dice.between(0, self.known.len() - 1);
        self.known.swap_remove(place)
    }

    async fn read(&mut self, path: String) -> Result<Fetched, WorldError> {
        let answer = self.client.fetch(&path, None).await?.unwrap_or_default();
        let mut page = Page { path, status: answer.status, ..Page::default() };
        if answer.status == 200 {
            page.address = addresses(&answer.body, &Skill::ALL).into_iter().next();
            let found = addresses(&answer.body, &self.skill);
            page.found =
                found.first().zip(page.address.as_ref()).is_some_and(|(one, other)| one.eq_ignore_ascii_case(other));
            // Deterministic for a page, since a site's links are the same at every load.
            self.known = links(&answer.body).into_iter().filter(|link| link.starts_with(&self.start)).collect();
            self.known.dedup();
        }
        self.done.pages.push(page);
        Ok(answer)
    }
}
