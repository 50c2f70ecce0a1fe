//! Finds the links of a page, hidden ones as well.

use super::tag::attribute;

/// The most links taken from one page.
const MOST: usize = 64;

/// The paths that a page links to, on its own host, in the order found. A program doesn't see what a style sheet
/// hides, and it looks into comments too.
pub(crate) fn links(html: &str) -> Vec<String> {
    // Not by pieces, since an anchor in a comment is a link to a program as well.
    html.split('<')
        .skip(1)
        .filter(|tag| tag.starts_with(['a', 'A']))
        .filter_map(|tag| attribute(tag.split('>').next()?, "href"))
        .filter(|href| href.starts_with('/') && !href.starts_with("//"))
        .take(MOST)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_found_wherever_they_are_hidden() {
        let html = r##"<a href="/a"></a><!-- <a rel='x' href='/s/b.php'>c</a> --><div style="display:none"><A HREF=/c>x</A></div>
            <a href="mailto:a@b.test">m</a><a href="#top">t</a><a href="//elsewhere.example/">e</a><img href="/no">"##;
        assert_eq!(links(html), ["/a", "/s/b.php", "/c"]);
    }
}
