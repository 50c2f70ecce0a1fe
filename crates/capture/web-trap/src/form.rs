//! What a comment spammer filled in: the fields of a posted body.

use model::FormField;
use multer::{Constraints, Multipart, SizeLimit};

use crate::WebLimits;
use crate::http::Body;

/// Fields as far as the limits let them in.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Form {
    pub(crate) fields: Vec<FormField>,
    /// Whether a limit cut them.
    pub(crate) truncated: bool,
}

/// The fields of a body: of a form in either of its encodings (WHATWG URL, section 5.1; RFC 7578). A body that is
/// neither, as XML-RPC and JSON are, is one field without a name.
pub(crate) async fn fields(body: &Body, content_type: Option<&str>, limits: &WebLimits) -> Form {
    let mut form = Form::default();
    let media_type = content_type.unwrap_or_default();
    let is = |kind: &str| media_type.get(..kind.len()).is_some_and(|start| start.eq_ignore_ascii_case(kind));
    if let Ok(boundary) = multer::parse_boundary(media_type) {
        form.read_multipart(body, boundary, limits).await;
    } else if is("application/x-www-form-urlencoded") || media_type.is_empty() {
        for (name, value) in form_urlencoded::parse(&body.bytes) {
            if !form.push(&name, &value, limits) {
                break;
            }
        }
    } else if !body.bytes.is_empty() {
        form.push("", &String::from_utf8_lossy(&body.bytes), limits);
    }
    form
}

impl Form {
    /// The parts in order, up to the first that is broken: what came before it is evidence all the same.
    async fn read_multipart(&mut self, body: &Body, boundary: String, limits: &WebLimits) {
        let bytes = bytes::Bytes::copy_from_slice(&body.bytes);
        let whole = futures::stream::iter([Ok::<_, std::convert::Infallible>(bytes)]);
        let bound = SizeLimit::new().whole_stream(limits.body_bytes as u64);
        let mut parts = Multipart::with_constraints(whole, boundary, Constraints::new().size_limit(bound));
        while let Ok(Some(mut part)) = parts.next_field().await {
            let name = part.name().unwrap_or_default().to_owned();
            let mut value = Vec::new();
            let mut broke_off = false;
            loop {
                match part.chunk().await {
                    Ok(Some(chunk)) => value.extend_from_slice(&chunk),
                    Ok(None) => break,
                    Err(_) => {
                        broke_off = true;
                        break;
                    }
                }
            }
            drop(part);
            if !self.push(&name, &String::from_utf8_lossy(&value), limits) || broke_off {
                return;
            }
        }
    }

    /// Adds a field. Whether there was room.
    fn push(&mut self, name: &str, value: &str, limits: &WebLimits) -> bool {
        if self.fields.len() >= limits.fields {
            self.truncated = true;
            return false;
        }
        let name = self.cut(name, limits.field_bytes);
        let value = self.cut(value, limits.field_bytes);
        self.fields.push(FormField { name, value });
        true
    }

    fn cut(&mut self, text: &str, most: usize) -> String {
        let end = text.floor_char_boundary(most);
        self.truncated |= end < text.len();
        text[..end].to_owned()
    }

    /// The value of the first field of this name.
    pub(crate) fn value(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|field| field.name == name).map(|field| field.value.as_str())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use futures::FutureExt;
    use proptest::prelude::*;

    use super::*;

    /// The fields as pairs, and whether they were cut. Nothing is waited for, so one poll is enough.
    fn read(body: &[u8], content_type: &str) -> (Vec<(String, String)>, bool) {
        let body = Body { bytes: body.to_vec(), truncated: false };
        let limits = WebLimits { fields: 3, field_bytes: 10, ..WebLimits::default() };
        let form = fields(&body, Some(content_type), &limits).now_or_never().unwrap();
        (form.fields.into_iter().map(|field| (field.name, field.value)).collect(), form.truncated)
    }

    fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    const MULTIPART: &str = "multipart/form-data; boundary=xyz";
    const PARTS: &[u8] = b"--xyz\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\none\r\n--xyz\r\n\
        Content-Disposition: form-data; name=\"f\"; filename=\"x.txt\"\r\nContent-Type: text/plain\r\n\r\ntwo\r\n--xyz--\r\n";

    #[test]
    fn both_encodings_of_a_form_are_read() {
        let (fields, truncated) = read(b"a=one+1&b=%C3%A9&c", "application/x-www-form-urlencoded; charset=utf-8");
        assert_eq!((fields, truncated), (pairs(&[("a", "one 1"), ("b", "é"), ("c", "")]), false));
        assert_eq!(read(PARTS, MULTIPART), (pairs(&[("a", "one"), ("f", "two")]), false));
    }

    #[test]
    fn fields_above_the_limits_are_cut_and_said_to_be() {
        let (fields, truncated) = read(b"a=1&b=2&c=3&d=4", "");
        assert_eq!((fields.len(), truncated), (3, true));
        let (fields, truncated) = read("a=ééééééé".as_bytes(), "");
        assert_eq!((fields, truncated), (pairs(&[("a", "ééééé")]), true));
    }

    #[test]
    fn parts_before_a_broken_one_are_kept() {
        for end in 60..PARTS.len() {
            let (fields, _) = read(&PARTS[..end], MULTIPART);
            assert!(fields.is_empty() || fields[0].0 == "a", "{fields:?}");
        }
        assert_eq!(read(&PARTS[..100], MULTIPART).0[0], ("a".to_owned(), "one".to_owned()));
    }

    #[test]
    fn a_body_that_is_no_form_is_kept_as_it_is() {
        assert_eq!(read(b"{\"a\":1}", "application/json").0, pairs(&[("", "{\"a\":1}")]));
    }

    proptest! {
        #[test]
        fn no_body_makes_it_fail(bytes in prop::collection::vec(any::<u8>(), 0..300), multipart in any::<bool>()) {
            let bytes = if multipart { [&b"--xyz\r\n"[..], &bytes].concat() } else { bytes };
            read(&bytes, if multipart { MULTIPART } else { "" });
        }
    }
}
