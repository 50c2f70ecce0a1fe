//! Puts a site's page together: which parts, in which order, in which elements.

use super::addresses::{HIDDEN, SHOWN, address};
use super::comment_form::comment_form;
use super::dice::Dice;
use super::html::Markup;
use super::links::{LINK_FORMS, hidden_link};
use super::look::Look;
use super::notice::LegalNotice;
use super::paths::Paths;
use super::template::BASE;
use super::wording::{STATEMENT, Vocabulary, capitalised};
use crate::Site;

/// The whole trap page, with placeholders where the address goes.
pub(super) fn trap_page(site: &Site, paths: &Paths, notice: &LegalNotice) -> String {
    let mut dice = Dice::of(site, "page");
    let words = Vocabulary::draw(&mut Dice::of(site, "vocabulary"));
    let look = Look::draw(site);
    let mut parts = vec![
        shown_addresses(&words, &look, &mut dice),
        look.section(
            &one_of(&COMMENT_HEADINGS, &mut dice),
            &comment_form(site, &paths.comments, &look.markup, &mut dice),
        ),
        look.section(&one_of(&NOTICE_HEADINGS, &mut dice), &notice.html),
    ];
    for _ in 0..dice.between(1, 3) {
        let sentences = dice.between(2, 4);
        let text = look.markup.element("p", &[], &words.paragraph(sentences, &mut dice));
        parts.push(look.section(&words.title(&mut dice), &text));
    }
    dice.shuffle(&mut parts);
    for hidden in hidden_parts(paths, &words, &look, &mut dice) {
        let at = dice.below(parts.len() + 1);
        parts.insert(at, hidden);
    }
    // What a person must know comes before everything else.
    parts.insert(0, look.statement(&one_of(&STATEMENT, &mut dice)));
    look.document(&words.title(&mut dice), &parts)
}

/// The page that answers a posted comment: bland, and in the site's own look.
pub(super) fn thanks_page(site: &Site, paths: &Paths) -> String {
    let mut dice = Dice::of(site, "thanks");
    let words = Vocabulary::draw(&mut Dice::of(site, "vocabulary"));
    let look = Look::draw(site);
    let thanks = dice.phrase(
        "{Thank you|Thanks|Many thanks|Much obliged}{.|!| for this.} {Your comment|The comment|What you wrote|Your entry} {was received|has arrived|is with us|has been taken in}{.| and will be looked at.| and waits its turn.}",
    );
    let back = format!("{BASE}{}", paths.page(&mut dice));
    let label = dice.phrase("{Back|Go back|Return|Continue}");
    let link = look.markup.element("a", &[("href", &back), ("rel", "nofollow")], &label);
    let parts = [look.markup.element("p", &[], &thanks), look.markup.element("p", &[], &link)];
    look.document(&words.title(&mut dice), &parts)
}

const COMMENT_HEADINGS: [&str; 6] = [
    "{Comments|Remarks}",
    "{Guest|Visitors'} book",
    "{Leave|Add} a {comment|note}",
    "Your {say|turn}",
    "{Replies|Answers}",
    "{Write|Sign} here",
];
const NOTICE_HEADINGS: [&str; 6] = [
    "{Terms|Conditions} of {use|access}",
    "{Legal|Public} notice",
    "{Notice|Warning} to {robots|machines}",
    "{Licence|Agreement}",
    "{The terms|The rules}",
    "{Before|If} you {take|copy} {anything|an address}",
];
const CONTACT_HEADINGS: [&str; 6] = [
    "{Contact|Contacts}",
    "{Mail|Post}",
    "{Who|Where} to {ask|write}",
    "{Addresses|Mailboxes}",
    "{Office|Desk}",
    "{Keeper|Editor|Secretary}",
];

/// One of these phrases, written out.
fn one_of(from: &[&'static str], dice: &mut Dice) -> String {
    let pattern = dice.pick(from);
    dice.phrase(pattern)
}

/// The address as a reader sees it, in two or three forms.
fn shown_addresses(words: &Vocabulary, look: &Look, dice: &mut Dice) -> String {
    let count = dice.between(1, 2);
    let mut forms = vec![SHOWN[0]];
    forms.extend(dice.some(&SHOWN[1..], count));
    dice.shuffle(&mut forms);
    let lines: Vec<String> = forms
        .into_iter()
        .map(|form| format!("{}: {}", capitalised(words.noun(dice)), address(form, words, &look.markup, dice)))
        .collect();
    let markup = &look.markup;
    let list = match dice.below(4) {
        0 => markup.element("ul", &[], &items(&lines, "li", markup)),
        1 => markup.element("ol", &[], &items(&lines, "li", markup)),
        2 => items(&lines, "p", markup),
        _ => markup.element("address", &[], &lines.join("<br>")),
    };
    look.section(&one_of(&CONTACT_HEADINGS, dice), &list)
}

fn items(lines: &[String], element: &str, markup: &Markup) -> String {
    lines.iter().map(|line| markup.element(element, &[], line)).collect::<Vec<_>>().join(markup.gap())
}

/// What only machines find: the address in further forms, and links to further pages and to the forbidden one.
fn hidden_parts(paths: &Paths, words: &Vocabulary, look: &Look, dice: &mut Dice) -> Vec<String> {
    let address_count = dice.between(3, HIDDEN.len());
    let mut parts: Vec<String> =
        dice.some(&HIDDEN, address_count).into_iter().map(|form| address(form, words, &look.markup, dice)).collect();
    let link_count = dice.between(3, 5);
    let forms = dice.some(&LINK_FORMS, link_count);
    // One link leads where robots.txt forbids to go.
    for (nth, form) in forms.into_iter().enumerate() {
        let forbidden = format!("{}{}", paths.forbidden, dice.coined(2));
        let target = if nth == 0 { &forbidden } else { paths.page(dice) };
        let href = format!("{BASE}{target}");
        let label = words.label(dice);
        parts.push(hidden_link(form, &href, &label, &look.markup, dice));
    }
    parts
}
