//! The paths of a site: its further pages, the one that its `robots.txt` forbids, and where its form posts to.

use super::dice::Dice;
use crate::Site;

/// A site's paths. Each begins with a slash; the site's mount (`/slug`) is not part of it.
#[derive(Clone, Debug)]
pub(crate) struct Paths {
    /// Pages that the hidden links lead to.
    pub(crate) pages: Vec<String>,
    /// The folder that `robots.txt` forbids, with a slash at its end.
    pub(crate) forbidden: String,
    /// Where the comment form posts to.
    pub(crate) comments: String,
}

impl Paths {
    /// The paths of this site.
    pub(crate) fn of(site: &Site) -> Self {
        let mut dice = Dice::of(site, "paths");
        let ending = dice.pick(&[".html", ".htm", ".php", "", "/", ".shtml", ".asp"]);
        let folder = dice.coined(2);
        let count = dice.between(5, 8);
        let page = |dice: &mut Dice| {
            let syllables = dice.between(2, 3);
            let name = dice.coined(syllables);
            if dice.chance(50) { format!("/{folder}/{name}{ending}") } else { format!("/{name}{ending}") }
        };
        let pages = (0..count).map(|_| page(&mut dice)).collect();
        let comments = format!("/{}{ending}", dice.coined(2));
        // Longer than the other names, so that no page lies in the forbidden folder.
        let forbidden = format!("/{}/", dice.coined(5));
        Self { pages, forbidden, comments }
    }

    /// Whether this path, without the mount, lies where `robots.txt` forbids to go.
    pub(crate) fn forbids(&self, path: &str) -> bool {
        path.starts_with(&self.forbidden) || path == &self.forbidden[..self.forbidden.len() - 1]
    }

    /// One of the pages.
    pub(crate) fn page(&self, dice: &mut Dice) -> &str {
        self.pages.get(dice.below(self.pages.len())).map_or("/", String::as_str)
    }
}

/// The site's `robots.txt` (RFC 9309): everything may be read except the one folder.
pub(crate) fn robots(site: &Site, paths: &Paths, base: &str) -> String {
    let mut dice = Dice::of(site, "robots");
    let agent = dice.pick(&["User-agent: *", "User-Agent: *", "user-agent: *", "User-agent:*"]);
    let rule = dice.pick(&["Disallow: ", "disallow: ", "Disallow:"]);
    let comment = if dice.chance(40) { format!("# {}\n", dice.coined(3)) } else { String::new() };
    format!("{comment}{agent}\n{rule}{base}{}\n", paths.forbidden)
}
