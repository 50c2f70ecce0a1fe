//! The forms in which a page shows its one address, since harvesters differ in what they look for.

use super::dice::Dice;
use super::html::{Markup, borrowed, hidden_anchor_attributes};
use super::links::within;
use super::template::{DOMAIN, LOCAL};
use super::wording::Vocabulary;

/// The ways of showing an address.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum AddressForm {
    /// A `mailto:` link that shows the address.
    #[default]
    Mailto,
    /// The address as text.
    Text,
    /// `user [at] domain`, which harvesters read as well.
    SpelledAt,
    /// With the sign written as a character reference.
    CharacterReference,
    /// A `mailto:` link that isn't shown.
    HiddenAnchor,
    /// In a comment.
    Comment,
    /// A `mailto:` link with nothing in it.
    EmptyAnchor,
    /// In a span that isn't shown.
    HiddenSpan,
    /// Written by script and erased by it.
    Script,
    /// In an attribute of an element.
    Attribute,
}

/// The forms that a reader sees.
pub(super) const SHOWN: [AddressForm; 4] =
    [AddressForm::Mailto, AddressForm::Text, AddressForm::SpelledAt, AddressForm::CharacterReference];

/// The forms that nobody sees.
pub(super) const HIDDEN: [AddressForm; 6] = [
    AddressForm::HiddenAnchor,
    AddressForm::Comment,
    AddressForm::EmptyAnchor,
    AddressForm::HiddenSpan,
    AddressForm::Script,
    AddressForm::Attribute,
];

/// The page's address in this form, as HTML.
pub(super) fn address(form: AddressForm, words: &Vocabulary, markup: &Markup, dice: &mut Dice) -> String {
    let plain = format!("{LOCAL}@{DOMAIN}");
    let mailto = format!("mailto:{plain}");
    match form {
        AddressForm::Mailto => {
            let mut attributes = vec![("href", mailto)];
            if dice.chance(60) {
                attributes.push((dice.pick(&["class", "title", "id"]), dice.coined(2)));
            }
            dice.shuffle(&mut attributes);
            markup.element("a", &borrowed(&attributes), &plain)
        }
        AddressForm::Text => plain,
        AddressForm::SpelledAt => {
            dice.phrase("L{ [at] | (at) | AT |[at]|(at)| &lt;at&gt; | at }D").replace('L', LOCAL).replace('D', DOMAIN)
        }
        AddressForm::CharacterReference => {
            format!("{LOCAL}{}{DOMAIN}", dice.pick(&["&#64;", "&#x40;", "&#064;", "&commat;"]))
        }
        AddressForm::HiddenAnchor => {
            let mut attributes = hidden_anchor_attributes(&mailto, dice);
            let hiding = markup.hiding(dice);
            attributes.retain(|(name, _)| *name != hiding.0);
            attributes.push(hiding);
            markup.element("a", &borrowed(&attributes), &words.label(dice))
        }
        AddressForm::Comment => format!("<!-- {} {plain} -->", words.label(dice)),
        AddressForm::EmptyAnchor => markup.element("a", &borrowed(&hidden_anchor_attributes(&mailto, dice)), ""),
        AddressForm::HiddenSpan => within("span", markup.hiding(dice), &plain, markup),
        AddressForm::Script => script(markup, dice),
        AddressForm::Attribute => {
            let name = format!("data-{}", dice.coined(1));
            markup.element("span", &[(&name, &plain), ("aria-hidden", "true")], "")
        }
    }
}

/// Writes the address into an element, and takes it out again before anybody could read it.
fn script(markup: &Markup, dice: &mut Dice) -> String {
    let (id, element, joined) = (dice.coined(3), dice.coined(2), dice.coined(3));
    let mut attributes = vec![("id", id.as_str()), ("aria-hidden", "true")];
    let class = dice.coined(2);
    if dice.chance(40) {
        attributes.push(("class", &class));
    }
    dice.shuffle(&mut attributes);
    let holder = markup.element(dice.pick(&["span", "div", "b", "i", "em", "p"]), &attributes, "");
    let kind: &[_] = if dice.chance(40) { &[("type", "text/javascript")] } else { &[] };
    let (opening, keyword) = (markup.open("script", kind), dice.pick(&["var", "let", "const"]));
    let between = markup.gap();
    let value = match dice.below(4) {
        0 => format!("['{LOCAL}','{DOMAIN}'].join('@')"),
        1 => format!("'{LOCAL}'+'@'+'{DOMAIN}'"),
        2 => format!("'{LOCAL}'.concat('@','{DOMAIN}')"),
        _ => format!("['{LOCAL}','@','{DOMAIN}'].join('')"),
    };
    let (write, erase) = match dice.below(3) {
        0 => (format!("{element}.textContent={joined}"), format!("{element}.textContent=''")),
        1 => (format!("{element}.innerHTML={joined}"), format!("{element}.innerHTML=''")),
        _ => (format!("{element}.append({joined})"), format!("{element}.remove()")),
    };
    let wait = dice.between(0, 9);
    let found = format!("document.getElementById('{id}')");
    format!(
        "{holder}{between}{opening}{keyword} {joined}={value},{element}={found};{write};setTimeout(function(){{{erase}}},{wait})</script>"
    )
}
