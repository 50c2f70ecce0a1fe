//! Links that machines follow and people never meet: neither by eye, nor by keyboard, nor by screen reader.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::dice::Dice;
use super::html::{Markup, borrowed, hidden_anchor_attributes};

/// The ways of hiding a link.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum LinkForm {
    /// An anchor around a comment.
    #[default]
    CommentInAnchor,
    /// An anchor around an image of one pixel.
    Pixel,
    /// An anchor that isn't shown.
    HiddenAnchor,
    /// An anchor in a division that isn't shown.
    HiddenDivision,
    /// An anchor with nothing in it.
    EmptyAnchor,
    /// An anchor in a comment.
    AnchorInComment,
    /// An anchor in a division moved off the page.
    OffPage,
    /// An anchor in a span that isn't shown.
    HiddenSpan,
    /// An anchor in a division without extent.
    NoExtent,
}

/// All of them.
pub(super) const LINK_FORMS: [LinkForm; 9] = [
    LinkForm::CommentInAnchor,
    LinkForm::Pixel,
    LinkForm::HiddenAnchor,
    LinkForm::HiddenDivision,
    LinkForm::EmptyAnchor,
    LinkForm::AnchorInComment,
    LinkForm::OffPage,
    LinkForm::HiddenSpan,
    LinkForm::NoExtent,
];

/// A hidden link. `href` and `label` are safe in HTML already.
pub(super) fn hidden_link(form: LinkForm, href: &str, label: &str, markup: &Markup, dice: &mut Dice) -> String {
    let attributes = hidden_anchor_attributes(href, dice);
    let anchor = |content: &str| markup.element("a", &borrowed(&attributes), content);
    match form {
        LinkForm::CommentInAnchor => anchor(&format!("<!-- {label} -->")),
        LinkForm::Pixel => anchor(&pixel(markup, dice)),
        LinkForm::HiddenAnchor => {
            let hiding = markup.hiding(dice);
            let mut attributes: Vec<_> = attributes.iter().filter(|(name, _)| *name != hiding.0).cloned().collect();
            attributes.push(hiding);
            markup.element("a", &borrowed(&attributes), label)
        }
        LinkForm::HiddenDivision => within("div", markup.hiding(dice), &anchor(label), markup),
        LinkForm::EmptyAnchor => anchor(""),
        LinkForm::AnchorInComment => format!("<!-- {} -->", anchor(label)),
        LinkForm::OffPage => within("div", ("style", off_page(dice)), &anchor(label), markup),
        LinkForm::HiddenSpan => within("span", markup.hiding(dice), &anchor(label), markup),
        LinkForm::NoExtent => within("div", ("style", no_extent(dice)), &anchor(label), markup),
    }
}

/// An element that assistive technology passes over, around content.
pub(super) fn within(name: &str, hiding: (&str, String), content: &str, markup: &Markup) -> String {
    markup.element(name, &[(hiding.0, &hiding.1), ("aria-hidden", "true")], content)
}

fn off_page(dice: &mut Dice) -> String {
    let (left, top) = (dice.between(900, 9000), dice.between(200, 4000));
    dice.phrase(&format!("position:absolute;{{left:-{left}px|top:-{top}px|left:-{left}px;top:-{top}px}}"))
}

fn no_extent(dice: &mut Dice) -> String {
    dice.phrase("{height:0;width:0|width:0;height:0|max-height:0;width:0}{;overflow:hidden|;overflow: hidden;}")
}

/// A transparent GIF of one pixel, whose unused palette is the site's own so that no two sites share its bytes.
fn pixel(markup: &Markup, dice: &mut Dice) -> String {
    let mut gif = b"GIF89a\x01\x00\x01\x00\x80\x00\x00".to_vec();
    gif.extend((0..6).map(|_| dice.below(256) as u8));
    gif.extend_from_slice(
        b"\x21\xf9\x04\x01\x00\x00\x00\x00\x2c\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02\x44\x01\x00\x3b",
    );
    let source = format!("data:image/gif;base64,{}", STANDARD.encode(gif));
    markup.void("img", &[("src", &source), ("width", "1"), ("height", "1"), ("alt", "")])
}
