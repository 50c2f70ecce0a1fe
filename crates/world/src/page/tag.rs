//! HTML cut into tags, comments and text, no better than a harvester does it.

use super::entities::decoded;

/// A piece of a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Piece<'a> {
    /// What stands between tags.
    Text(&'a str),
    /// A tag, without its angle brackets.
    Tag(&'a str),
    /// A comment, without its marks.
    Comment(&'a str),
}

/// The pieces of a page, in order. What is never closed ends with the page.
pub(super) fn pieces(mut html: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    while !html.is_empty() {
        let (piece, rest) = if let Some(comment) = html.strip_prefix("<!--") {
            let (text, rest) = comment.split_once("-->").unwrap_or((comment, ""));
            (Piece::Comment(text), rest)
        } else if let Some(tag) = html.strip_prefix('<') {
            let (text, rest) = tag.split_once('>').unwrap_or((tag, ""));
            (Piece::Tag(text), rest)
        } else {
            let (text, rest) = html.split_at(html.find('<').unwrap_or(html.len()));
            (Piece::Text(text), rest)
        };
        pieces.push(piece);
        html = rest;
    }
    pieces
}

/// Whether a tag opens an element of this name.
pub(super) fn opens(tag: &str, name: &str) -> bool {
    let named = tag.get(..name.len()).is_some_and(|start| start.eq_ignore_ascii_case(name));
    named && tag[name.len()..].chars().next().is_none_or(|next| next.is_ascii_whitespace() || next == '/')
}

/// The value of a tag's attribute, its character references read.
pub(super) fn attribute(tag: &str, name: &str) -> Option<String> {
    let mut rest = tag;
    loop {
        let at = rest.to_ascii_lowercase().find(name)?;
        let (before, after) = (&rest[..at], &rest[at + name.len()..]);
        rest = after;
        let begins = before.ends_with(|letter: char| letter.is_ascii_whitespace());
        let Some(value) = after.trim_start().strip_prefix('=').filter(|_| begins) else { continue };
        let value = value.trim_start();
        let value = match value.chars().next() {
            Some(quote @ ('"' | '\'')) => value[1..].split(quote).next().unwrap_or_default(),
            _ => value.split(|letter: char| letter.is_ascii_whitespace()).next().unwrap_or_default(),
        };
        return Some(decoded(value).into_owned());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_falls_into_tags_comments_and_text() {
        use Piece::{Comment, Tag, Text};
        assert_eq!(
            pieces("a<p class=x>b<!-- <i> -->c</p"),
            [Text("a"), Tag("p class=x"), Text("b"), Comment(" <i> "), Text("c"), Tag("/p")]
        );
    }

    #[test]
    fn attributes_are_read_however_they_are_quoted() {
        let tag = "a data-href=no title='href=' HREF = '/x&amp;y' rel=nofollow";
        assert_eq!(attribute(tag, "href").as_deref(), Some("/x&y"));
        assert_eq!(attribute(tag, "rel").as_deref(), Some("nofollow"));
        assert_eq!(attribute(tag, "class"), None);
    }
}
