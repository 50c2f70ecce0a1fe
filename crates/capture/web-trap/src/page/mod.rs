//! The pages of a site, made from its secret seed.
//!
//! ```text
//! seed ──▶ dice ──▶ wording, notice, look ──▶ layout ──▶ template ──▶ page, once the gaps hold an address
//! ```
//!
//! One site has one page: between two loads the address changes and nothing else, since a page whose text changed
//! at random would show itself to whoever loads it twice. Two sites share no sentence, no class and no order, since
//! a fixed string would let a search engine list them all.

mod addresses;
mod comment_form;
mod dice;
mod header_style;
mod html;
mod layout;
mod links;
mod look;
mod notice;
mod paths;
mod snippet;
mod template;
mod wording;

pub(crate) use comment_form::FormNames;
pub(crate) use header_style::{HeaderStyle, HeaderValues};
pub use notice::LegalNotice;
pub(crate) use paths::{Paths, robots};
pub use snippet::{robots_rule, snippet};
pub(crate) use template::{Filling, Template};

use crate::Site;

/// What a site serves, ready for an address.
#[derive(Debug)]
pub(crate) struct Pages {
    /// The trap page.
    pub(crate) trap: Template,
    /// SHA-256 of the legal notice in it.
    pub(crate) notice_digest: [u8; 32],
    /// The site's paths.
    pub(crate) paths: Paths,
    /// How the site writes the header of an answer.
    pub(crate) header: HeaderStyle,
    /// The names of the fields of its form.
    pub(crate) form: FormNames,
}

impl Pages {
    /// Makes a site's pages. Takes tens of microseconds, so they are kept for as long as the site is being visited.
    pub(crate) fn of(site: &Site) -> Self {
        let paths = Paths::of(site);
        let notice = LegalNotice::of(site);
        let trap = Template::new(&layout::trap_page(site, &paths, &notice));
        Self { trap, notice_digest: notice.digest, paths, header: HeaderStyle::of(site), form: FormNames::of(site) }
    }

    /// Bytes of memory that they take.
    pub(crate) fn bytes(&self) -> usize {
        self.trap.bytes() + size_of::<Self>() + 1_024
    }
}

/// The page that answers a posted comment.
pub(crate) fn thanks(site: &Site, base: &str) -> Vec<u8> {
    let page = Template::new(&layout::thanks_page(site, &Paths::of(site)));
    page.render(Filling { local: "", domain: "", base })
}

#[cfg(test)]
pub(crate) mod tests;
