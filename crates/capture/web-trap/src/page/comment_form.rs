//! The comment form: what comment spammers look for. Its hidden field carries the page's address, which ties what
//! is posted to the visit that fetched the form.

use super::dice::Dice;
use super::html::Markup;
use super::template::{BASE, DOMAIN, LOCAL};
use crate::Site;

const AUTHOR: [&str; 6] = ["name", "author", "nick", "who", "poster", "sender"];
const MAIL: [&str; 5] = ["email", "mail", "e_mail", "reply", "from"];
const LINK: [&str; 5] = ["url", "website", "homepage", "site", "link"];
const TEXT: [&str; 6] = ["comment", "message", "text", "body", "entry", "remark"];

/// The names of a site's form fields.
#[derive(Debug)]
pub(crate) struct FormNames {
    /// The hidden field with the page's address.
    pub(crate) address: String,
    author: String,
    mail: String,
    link: Option<String>,
    text: String,
}

impl FormNames {
    /// The names that this site uses.
    pub(crate) fn of(site: &Site) -> Self {
        let mut dice = Dice::of(site, "form names");
        let tail = if dice.chance(50) { format!("_{}", dice.coined(1)) } else { String::new() };
        let mut name = |from: &[&'static str]| format!("{}{tail}", dice.pick(from));
        let (author, mail, link, text) = (name(&AUTHOR), name(&MAIL), name(&LINK), name(&TEXT));
        let link = dice.chance(60).then_some(link);
        Self { address: dice.coined(3), author, mail, link, text }
    }
}

/// The form as HTML.
pub(super) fn comment_form(site: &Site, action: &str, markup: &Markup, dice: &mut Dice) -> String {
    let names = FormNames::of(site);
    let line = |label: String, control: String, dice: &mut Dice| match dice.below(3) {
        0 => markup.element("p", &[], &markup.element("label", &[], &format!("{label} {control}"))),
        1 => markup.element("div", &[], &markup.element("label", &[], &format!("{label}<br>{control}"))),
        _ => format!("{}<br>", markup.element("label", &[], &format!("{label}: {control}"))),
    };
    let input =
        |kind: &str, name: &str| markup.void("input", &[("type", kind), ("name", name), ("autocomplete", "off")]);
    let mut lines = vec![
        line(dice.phrase("{Name|Your name|Who are you?|Signed}"), input("text", &names.author), dice),
        line(dice.phrase("{E-mail|Email|Mail|Your e-mail}"), input("text", &names.mail), dice),
    ];
    if let Some(link) = &names.link {
        lines.push(line(dice.phrase("{Website|Home page|URL|Link}"), input("text", link), dice));
    }
    dice.shuffle(&mut lines);
    let (rows, columns) = (dice.between(3, 9).to_string(), dice.between(24, 60).to_string());
    let area = markup.element("textarea", &[("name", &names.text), ("rows", &rows), ("cols", &columns)], "");
    lines.push(line(dice.phrase("{Comment|Message|Remarks|Your words|Text}"), area, dice));
    let address = format!("{LOCAL}@{DOMAIN}");
    lines.push(markup.void("input", &[("type", "hidden"), ("name", &names.address), ("value", &address)]));
    let label = dice.phrase("{Send|Submit|Post|Post comment|Add|Sign|Save|Publish}");
    lines.push(markup.element("button", &[("type", "submit")], &label));
    let action = format!("{BASE}{action}");
    markup.element("form", &[("method", "post"), ("action", &action)], &lines.join(markup.gap()))
}
