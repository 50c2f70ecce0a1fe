//! Finds the addresses on a page, in the ways that real harvesters do.

use serde::{Deserialize, Serialize};

use super::entities::decoded;
use super::tag::{Piece, pieces};

/// Which ways of writing an address a harvester understands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Skill {
    /// In a `mailto:` link.
    pub mailto: bool,
    /// As text.
    pub text: bool,
    /// With the sign, or any other letter, as a character reference.
    pub references: bool,
    /// `user [at] domain` and the like.
    pub spelled: bool,
    /// In a comment.
    pub comments: bool,
    /// In any other attribute of an element.
    pub attributes: bool,
}

impl Skill {
    /// Understands all of them.
    pub const ALL: Self =
        Self { mailto: true, text: true, references: true, spelled: true, comments: true, attributes: true };
}

impl Default for Skill {
    /// Understands what every harvester does: links and text.
    fn default() -> Self {
        Self { references: false, spelled: false, comments: false, attributes: false, ..Self::ALL }
    }
}

/// The addresses on a page, as written, in the order found, none twice.
///
/// ```
/// use world::{Skill, addresses};
/// let page = "<p>Ask ann&#64;mail.example or bob [at] mail.example</p>";
/// assert_eq!(addresses(page, &Skill::ALL), ["ann@mail.example", "bob@mail.example"]);
/// assert!(addresses(page, &Skill::default()).is_empty());
/// ```
pub fn addresses(html: &str, skill: &Skill) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let mut take = |address: String| {
        if !found.iter().any(|known| known.eq_ignore_ascii_case(&address)) {
            found.push(address);
        }
    };
    for piece in pieces(html) {
        match piece {
            Piece::Tag(tag) => in_tag(tag, skill, &mut take),
            Piece::Comment(comment) if skill.comments => plain(comment, &mut take),
            Piece::Comment(_) => {}
            Piece::Text(text) => in_text(text, skill, &mut take),
        }
    }
    found
}

fn in_tag(tag: &str, skill: &Skill, take: &mut impl FnMut(String)) {
    if !tag.contains('@') {
        return;
    }
    match tag.to_ascii_lowercase().find("mailto:") {
        Some(at) if skill.mailto => plain(&tag[at + "mailto:".len()..], take),
        None if skill.attributes => plain(tag, take),
        _ => {}
    }
}

fn in_text(text: &str, skill: &Skill, take: &mut impl FnMut(String)) {
    if skill.text {
        plain(text, take);
    }
    if skill.references && text.contains('&') {
        plain(&decoded(text), take);
    }
    if skill.spelled {
        spelled(&decoded(text), take);
    }
}

/// Addresses with their sign.
fn plain(text: &str, take: &mut impl FnMut(String)) {
    for (at, _) in text.match_indices('@') {
        if let Some(address) = around(&text[..at], &text[at + 1..]) {
            take(address);
        }
    }
}

/// Addresses with a word for their sign.
fn spelled(text: &str, take: &mut impl FnMut(String)) {
    const SIGNS: [&str; 4] = ["[at]", "(at)", "<at>", " at "];
    let lower = text.to_ascii_lowercase();
    for sign in SIGNS {
        for (at, _) in lower.match_indices(sign) {
            if let Some(address) = around(text[..at].trim_end(), text[at + sign.len()..].trim_start()) {
                take(address);
            }
        }
    }
}

/// The address whose local part ends one text and whose domain begins the other.
fn around(before: &str, after: &str) -> Option<String> {
    let local_byte = |byte: u8| byte.is_ascii_alphanumeric() || b"._%+-".contains(&byte);
    let domain_byte = |byte: u8| byte.is_ascii_alphanumeric() || b".-".contains(&byte);
    let local_length = before.bytes().rev().take_while(|byte| local_byte(*byte)).count();
    let domain_length = after.bytes().take_while(|byte| domain_byte(*byte)).count();
    let local = before[before.len() - local_length..].trim_start_matches('.');
    let domain = after[..domain_length].trim_end_matches(['.', '-']);
    let is_local = !local.is_empty() && local.len() <= 64 && !local.ends_with('.');
    (is_local && is_domain(domain)).then(|| format!("{local}@{domain}"))
}

/// Whether this can be a domain. Prose has "at example.html" too, so the last label must be one of those in use.
fn is_domain(domain: &str) -> bool {
    const TOPS: [&str; 10] = ["com", "net", "org", "info", "biz", "edu", "gov", "example", "test", "invalid"];
    let Some((rest, top)) = domain.rsplit_once('.') else { return false };
    let country = top.len() == 2 && top.bytes().all(|byte| byte.is_ascii_alphabetic());
    !rest.is_empty() && !rest.starts_with('.') && (country || TOPS.iter().any(|known| top.eq_ignore_ascii_case(known)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOTHING: Skill =
        Skill { mailto: false, text: false, references: false, spelled: false, comments: false, attributes: false };

    #[test]
    fn each_form_takes_the_skill_for_it() {
        let mailto = Skill { mailto: true, ..NOTHING };
        let text = Skill { text: true, ..NOTHING };
        let references = Skill { references: true, ..NOTHING };
        let spelled = Skill { spelled: true, ..NOTHING };
        let comments = Skill { comments: true, ..NOTHING };
        let attributes = Skill { attributes: true, ..NOTHING };
        for (html, skill) in [
            (r#"<a href="mailto:x.y@a.test" rel=nofollow>write</a>"#, mailto),
            ("<A HREF='MAILTO:x.y@a.test?subject=hi'></A>", mailto),
            ("<p>Write to x.y@a.test.</p>", text),
            ("<span style='display:none'>x.y@a.test</span>", text),
            ("<li>x.y&#64;a.test", references),
            ("<li>x.y&#x40;a.test", references),
            ("<li>x.y&#064;a.test", references),
            ("<li>x.y&commat;a.test", references),
            ("<li>x.y [at] a.test", spelled),
            ("<li>x.y(at)a.test", spelled),
            ("<li>x.y AT a.test, or call", spelled),
            ("<li>x.y &lt;at&gt; a.test", spelled),
            ("<!-- desk x.y@a.test -->", comments),
            (r#"<span data-mo="x.y@a.test" aria-hidden="true"></span>"#, attributes),
            (r#"<input type="hidden" name="f" value="x.y@a.test">"#, attributes),
        ] {
            assert_eq!(addresses(html, &skill), ["x.y@a.test"], "{html}");
            assert_eq!(addresses(html, &Skill::ALL), ["x.y@a.test"], "{html}");
            assert_eq!(addresses(html, &NOTHING), Vec::<String>::new(), "{html}");
        }
    }

    #[test]
    fn an_address_shown_twice_is_one() {
        assert_eq!(addresses("<a href='mailto:a@b.test'>A@B.test</a> <!--a@b.test-->", &Skill::ALL), ["a@b.test"]);
    }

    #[test]
    fn what_only_looks_like_an_address_is_left() {
        for html in ["look at index.html", "@a.test", "a@", "a@b", "a@.test", "['a','@','b.test'].join('')", "é@ü.test"]
        {
            assert_eq!(addresses(html, &Skill::ALL), Vec::<String>::new(), "{html}");
        }
    }
}
