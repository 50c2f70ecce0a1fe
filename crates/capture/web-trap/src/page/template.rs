//! A page as pieces of fixed text with gaps for the address, so that serving one is copying.

/// Stands for the local part of the visit's address while a page is put together.
pub(super) const LOCAL: &str = "\u{1}";
/// Stands for the domain of the visit's address.
pub(super) const DOMAIN: &str = "\u{2}";
/// Stands for the path under which the site is reached: empty by `Host`, `/slug` by path.
pub(super) const BASE: &str = "\u{3}";

/// What a gap is filled with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Gap {
    Local,
    Domain,
    Base,
}

/// What differs between two loads of a page.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Filling<'a> {
    /// The local part of the address.
    pub(crate) local: &'a str,
    /// The domain of the address.
    pub(crate) domain: &'a str,
    /// The path under which the site is reached.
    pub(crate) base: &'a str,
}

/// Fixed text with gaps.
#[derive(Debug)]
pub(crate) struct Template {
    text: Box<str>,
    /// Where the gaps are, as byte offsets into the text, in ascending order.
    gaps: Box<[(u32, Gap)]>,
    locals: usize,
    domains: usize,
    bases: usize,
}

impl Template {
    /// Splits a page at its placeholders.
    pub(super) fn new(page: &str) -> Self {
        let mut text = String::with_capacity(page.len());
        let mut gaps = Vec::new();
        for letter in page.chars() {
            let gap = match letter {
                '\u{1}' => Gap::Local,
                '\u{2}' => Gap::Domain,
                '\u{3}' => Gap::Base,
                other => {
                    text.push(other);
                    continue;
                }
            };
            gaps.push((text.len() as u32, gap));
        }
        let count = |wanted| gaps.iter().filter(|(_, gap)| *gap == wanted).count();
        let (locals, domains, bases) = (count(Gap::Local), count(Gap::Domain), count(Gap::Base));
        Self { text: text.into(), gaps: gaps.into(), locals, domains, bases }
    }

    /// Bytes of the page with its gaps filled like this.
    pub(crate) fn length(&self, filling: Filling<'_>) -> usize {
        self.text.len()
            + self.locals * filling.local.len()
            + self.domains * filling.domain.len()
            + self.bases * filling.base.len()
    }

    /// Appends the page with its gaps filled.
    pub(crate) fn write(&self, filling: Filling<'_>, out: &mut Vec<u8>) {
        let mut done = 0;
        for &(at, gap) in &self.gaps {
            let at = at as usize;
            out.extend_from_slice(&self.text.as_bytes()[done..at]);
            done = at;
            let filled = match gap {
                Gap::Local => filling.local,
                Gap::Domain => filling.domain,
                Gap::Base => filling.base,
            };
            out.extend_from_slice(filled.as_bytes());
        }
        out.extend_from_slice(&self.text.as_bytes()[done..]);
    }

    /// The page with its gaps filled.
    pub(crate) fn render(&self, filling: Filling<'_>) -> Vec<u8> {
        let mut out = Vec::with_capacity(self.length(filling));
        self.write(filling, &mut out);
        out
    }

    /// Bytes of memory that it takes.
    pub(crate) fn bytes(&self) -> usize {
        self.text.len() + self.gaps.len() * size_of::<(u32, Gap)>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_gap_is_filled_where_it_stands() {
        let template = Template::new("\u{1}@\u{2} <a href=\"\u{3}/x\">\u{1}</a>");
        let filling = Filling { local: "ann", domain: "a.example", base: "/s" };
        let page = template.render(filling);
        assert_eq!(page.len(), template.length(filling));
        assert_eq!(String::from_utf8_lossy(&page), "ann@a.example <a href=\"/s/x\">ann</a>");
    }
}
