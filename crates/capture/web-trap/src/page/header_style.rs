//! How a site writes the header of an answer: which fields, in which order, in which of their equal forms. Always the
//! same at one site; without a name of a server, since no one server writes like this.

use super::dice::Dice;
use crate::Site;

/// One field of the header.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Field {
    #[default]
    Date,
    Type,
    Length,
    Caching,
    Robots,
}

/// A site's way of writing headers.
#[derive(Debug)]
pub(crate) struct HeaderStyle {
    order: [Field; 5],
    charset: &'static str,
    /// No answer may come out of a cache: the next visitor would get this one's address (RFC 9111, section 5.2.2.5).
    caching: &'static str,
    robots: &'static str,
}

/// What one answer's header says.
#[derive(Clone, Copy, Debug)]
pub(crate) struct HeaderValues<'a> {
    pub(crate) status_line: &'a str,
    pub(crate) date: &'a [u8],
    /// `text/html` or `text/plain`.
    pub(crate) media_type: &'a str,
    pub(crate) length: usize,
    /// `Connection`, where it has to be said.
    pub(crate) connection: Option<&'a str>,
}

impl HeaderStyle {
    /// The style of this site.
    pub(crate) fn of(site: &Site) -> Self {
        let mut dice = Dice::of(site, "header");
        let mut order = [Field::Date, Field::Type, Field::Length, Field::Caching, Field::Robots];
        dice.shuffle(&mut order);
        Self {
            order,
            charset: dice.pick(&["; charset=utf-8", "; charset=UTF-8", ";charset=utf-8", ";charset=UTF-8"]),
            caching: dice.pick(&[
                "no-store",
                "no-cache, no-store",
                "no-store, no-cache, must-revalidate",
                "private, no-store",
                "no-store, max-age=0",
            ]),
            robots: dice.pick(&[
                "noindex",
                "noindex, nofollow",
                "noindex,nofollow,noarchive",
                "noindex, noarchive",
                "none",
            ]),
        }
    }

    /// Appends the header of an answer, its empty line included.
    pub(crate) fn write(&self, values: HeaderValues<'_>, out: &mut Vec<u8>) {
        let mut put = |parts: &[&[u8]]| parts.iter().for_each(|part| out.extend_from_slice(part));
        put(&[values.status_line.as_bytes(), b"\r\n"]);
        for field in self.order {
            match field {
                Field::Date => put(&[b"Date: ", values.date]),
                Field::Type => put(&[b"Content-Type: ", values.media_type.as_bytes(), self.charset.as_bytes()]),
                Field::Length => put(&[b"Content-Length: ", values.length.to_string().as_bytes()]),
                Field::Caching => put(&[b"Cache-Control: ", self.caching.as_bytes()]),
                Field::Robots => put(&[b"X-Robots-Tag: ", self.robots.as_bytes()]),
            }
            put(&[b"\r\n"]);
        }
        if let Some(connection) = values.connection {
            put(&[b"Connection: ", connection.as_bytes(), b"\r\n"]);
        }
        put(&[b"\r\n"]);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::collections::HashSet;

    use super::*;
    use crate::page::tests::site;

    fn header(number: u32) -> String {
        let values = HeaderValues {
            status_line: "HTTP/1.1 200 OK",
            date: b"Tue, 11 Nov 2008 21:30:00 GMT",
            media_type: "text/html",
            length: 4_000,
            connection: None,
        };
        let mut out = Vec::new();
        HeaderStyle::of(&site(number)).write(values, &mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_site_writes_its_header_always_alike_and_few_sites_like_another() {
        assert_eq!(header(1), header(1));
        let different: HashSet<String> = (0..200).map(header).collect();
        assert!(different.len() > 150, "{} of 200", different.len());
    }
}
