//! A site's way of writing HTML: its quotes, its spacing, its class names, how it hides things.

use super::dice::Dice;

/// Text made safe to stand in HTML, in an element as well as in a quoted attribute. Control characters are left out.
pub(crate) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            other if other.is_control() => {}
            other => out.push(other),
        }
    }
    out
}

/// How one site writes its markup.
pub(super) struct Markup {
    quote: char,
    void_end: &'static str,
    gap: &'static str,
    /// The class that hides what carries it, where the page has a style sheet.
    pub(super) hiding_class: Option<String>,
}

impl Markup {
    /// The markup of a page, which has a style sheet of its own.
    pub(super) fn of_page(dice: &mut Dice) -> Self {
        Self { hiding_class: Some(dice.coined(2)), ..Self::of_snippet(dice) }
    }

    /// The markup of a snippet for somebody else's page: no style sheet.
    pub(super) fn of_snippet(dice: &mut Dice) -> Self {
        Self {
            quote: if dice.chance(75) { '"' } else { '\'' },
            void_end: dice.pick(&["", "", " /", "/"]),
            gap: dice.pick(&["\n", "\n", "\n  ", "\n\n", " ", "\n\t"]),
            hiding_class: None,
        }
    }

    /// What stands between two parts.
    pub(super) fn gap(&self) -> &'static str {
        self.gap
    }

    /// An opening tag.
    pub(super) fn open(&self, name: &str, attributes: &[(&str, &str)]) -> String {
        format!("<{name}{}>", self.attributes(attributes))
    }

    /// A tag of an element that has no content.
    pub(super) fn void(&self, name: &str, attributes: &[(&str, &str)]) -> String {
        format!("<{name}{}{}>", self.attributes(attributes), self.void_end)
    }

    /// A whole element. `content` is HTML.
    pub(super) fn element(&self, name: &str, attributes: &[(&str, &str)], content: &str) -> String {
        format!("{}{content}</{name}>", self.open(name, attributes))
    }

    fn attributes(&self, attributes: &[(&str, &str)]) -> String {
        let quote = self.quote;
        attributes.iter().map(|(name, value)| format!(" {name}={quote}{value}{quote}")).collect()
    }

    /// An attribute that hides an element from eyes.
    pub(super) fn hiding(&self, dice: &mut Dice) -> (&'static str, String) {
        match &self.hiding_class {
            Some(class) if dice.chance(50) => ("class", class.clone()),
            _ => (
                "style",
                dice.phrase(
                    "{display:none|display: none|display:none;|display: none;|visibility:hidden;position:absolute}",
                ),
            ),
        }
    }
}

/// Attributes in an order of the site's own. What assistive technology must not meet carries the last two.
pub(super) fn hidden_anchor_attributes(href: &str, dice: &mut Dice) -> Vec<(&'static str, String)> {
    let mut attributes = vec![
        ("href", href.to_owned()),
        ("rel", dice.pick(&["nofollow", "nofollow noindex", "nofollow noopener"]).to_owned()),
        ("aria-hidden", "true".to_owned()),
        ("tabindex", "-1".to_owned()),
    ];
    if dice.chance(60) {
        let name = dice.pick(&["title", "class", "data-ref", "lang", "data-id", "name"]);
        attributes.push((name, if name == "lang" { "en".to_owned() } else { dice.coined(2) }));
    }
    dice.shuffle(&mut attributes);
    attributes
}

/// The same attributes, as [`Markup`] takes them.
pub(super) fn borrowed<'a>(attributes: &'a [(&'static str, String)]) -> Vec<(&'a str, &'a str)> {
    attributes.iter().map(|(name, value)| (*name, value.as_str())).collect()
}
