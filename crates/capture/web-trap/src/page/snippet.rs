//! What a site's owner pastes into pages of their own, so that harvesters find the way to the trap.

use super::dice::Dice;
use super::html::{Markup, escape};
use super::links::{LINK_FORMS, hidden_link};
use super::paths::Paths;
use super::wording::Vocabulary;
use crate::Site;

/// HTML with hidden links to the site's trap pages, the same every time for a site and like no other site's.
///
/// `base_url` is where the site is reached: `https://host` by `Host`, `https://any-host/slug` by path. People meet
/// none of the links: they are neither shown, nor reached by keyboard, nor read out.
///
/// ```
/// let site = web_trap::Site {
///     id: model::SiteId::new(1).unwrap(),
///     slug: "k7fq".into(),
///     hosts: vec![],
///     domains: vec!["mail.example".into()],
///     owner: None,
///     seed: [7; 32],
///     sealer: trap_address::MasterKey::from_bytes([7; 32]).sealer(model::SiteId::new(1).unwrap(), 0),
/// };
/// let html = web_trap::snippet(&site, "https://www.example/k7fq");
/// assert!(html.contains("https://www.example/k7fq/"));
/// assert_eq!(html, web_trap::snippet(&site, "https://www.example/k7fq/"));
/// ```
pub fn snippet(site: &Site, base_url: &str) -> String {
    let mut dice = Dice::of(site, "snippet");
    let words = Vocabulary::draw(&mut Dice::of(site, "vocabulary"));
    let markup = Markup::of_snippet(&mut dice);
    let paths = Paths::of(site);
    let base = escape(base_url.trim_end_matches('/'));
    let count = dice.between(4, 6);
    let links: Vec<String> = dice
        .some(&LINK_FORMS, count)
        .into_iter()
        .map(|form| {
            let href = format!("{base}{}", paths.page(&mut dice));
            let label = words.label(&mut dice);
            hidden_link(form, &href, &label, &markup, &mut dice)
        })
        .collect();
    links.join("\n") + "\n"
}

/// The rule that keeps honest robots out of the site's forbidden folder, as `robots.txt` has it (RFC 9309).
///
/// By `Host`, the site's own `robots.txt` says so already. By path, robots read the one of the host that the site is
/// reached on, so its owner puts this rule there, and does so before the hidden links go up: until then a robot that
/// follows them breaks no rule that it could have known. `base_url` as for [`snippet`].
///
/// ```
/// # let site = web_trap::Site {
/// #     id: model::SiteId::new(1).unwrap(),
/// #     slug: "k7fq".into(),
/// #     hosts: vec![],
/// #     domains: vec!["mail.example".into()],
/// #     owner: None,
/// #     seed: [7; 32],
/// #     sealer: trap_address::MasterKey::from_bytes([7; 32]).sealer(model::SiteId::new(1).unwrap(), 0),
/// # };
/// let rule = web_trap::robots_rule(&site, "https://www.example/k7fq");
/// assert!(rule.starts_with("User-agent: *\nDisallow: /k7fq/"));
/// ```
pub fn robots_rule(site: &Site, base_url: &str) -> String {
    let after_scheme = base_url.split_once("://").map_or(base_url, |(_, rest)| rest);
    let base = after_scheme.find('/').map_or("", |at| &after_scheme[at..]).trim_end_matches('/');
    format!("User-agent: *\nDisallow: {base}{}\n", Paths::of(site).forbidden)
}
