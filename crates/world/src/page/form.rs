//! Finds a page's comment form and fills it in.

use std::fmt::Write;

use super::tag::{Piece, attribute, opens, pieces};

/// A form as found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Form {
    /// The path that it posts to.
    pub(crate) action: String,
    /// Its fields: their names, and the values that the page gave to hidden ones.
    pub(crate) fields: Vec<(String, Option<String>)>,
}

/// The first form of a page that posts to a path of its own host.
pub(crate) fn first_form(html: &str) -> Option<Form> {
    let mut form: Option<Form> = None;
    for piece in pieces(html) {
        let Piece::Tag(tag) = piece else { continue };
        match &mut form {
            None if opens(tag, "form") => {
                form = attribute(tag, "action")
                    .filter(|action| action.starts_with('/'))
                    .map(|action| Form { action, fields: Vec::new() });
            }
            Some(form) if opens(tag, "input") || opens(tag, "textarea") => {
                let hidden = attribute(tag, "type").is_some_and(|kind| kind.eq_ignore_ascii_case("hidden"));
                let value = attribute(tag, "value").filter(|_| hidden);
                if let Some(name) = attribute(tag, "name") {
                    form.fields.push((name, value));
                }
            }
            Some(_) if opens(tag, "/form") => break,
            _ => {}
        }
    }
    form
}

impl Form {
    /// Its body as `application/x-www-form-urlencoded`: hidden fields as given, the others with this text.
    pub(crate) fn filled(&self, text: &str) -> String {
        let fields = self.fields.iter();
        fields
            .map(|(name, value)| format!("{}={}", encoded(name), encoded(value.as_deref().unwrap_or(text))))
            .collect::<Vec<_>>()
            .join("&")
    }
}

/// Percent-encoding as forms have it (URL standard, section 5.2).
fn encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b' ' => out.push('+'),
            byte if byte.is_ascii_alphanumeric() || b"*-._".contains(&byte) => out.push(char::from(byte)),
            // Writing to a string cannot fail.
            byte => drop(write!(out, "%{byte:02X}")),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_form_is_filled_in_with_its_hidden_field_kept() {
        let html = "<form method='post' action='/s/say.php'><label>N <input type=text name='who'></label>\
            <textarea name=\"text\" rows=\"3\"></textarea><input type='hidden' name='k' value='a@b.test'></form><input name=x>";
        let form = first_form(html).unwrap();
        assert_eq!(form.action, "/s/say.php");
        assert_eq!(form.filled("buy it!"), "who=buy+it%21&text=buy+it%21&k=a%40b.test");
        assert_eq!(first_form("<p>none</p>"), None);
    }
}
