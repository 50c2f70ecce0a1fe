//! What may be a host name, a domain, an address, a slug. Names come out in lower case.

use crate::RegistryError;

/// A host name: RFC 1123 section 2.1, in its ASCII form.
pub(crate) fn host(name: &str) -> Result<String, RegistryError> {
    checked("host name", name)
}

/// A domain name for mail: as a host name, of two labels at least.
pub(crate) fn domain(name: &str) -> Result<String, RegistryError> {
    let domain = checked("domain name", name)?;
    if domain.contains('.') {
        return Ok(domain);
    }
    let why = "it has one part only; give it whole, as in traps.example.org";
    Err(RegistryError::Name { what: "domain name", name: name.to_owned(), why })
}

fn checked(what: &'static str, name: &str) -> Result<String, RegistryError> {
    let lower = name.trim().trim_end_matches('.').to_ascii_lowercase();
    match fault(&lower) {
        None => Ok(lower),
        Some(why) => Err(RegistryError::Name { what, name: name.to_owned(), why }),
    }
}

/// What is wrong with a name in lower case, without a final dot.
fn fault(name: &str) -> Option<&'static str> {
    if name.is_empty() {
        return Some("it is empty");
    }
    if !name.is_ascii() {
        return Some("it has letters beyond a-z; give its ASCII form, which begins with xn--");
    }
    if name.contains(['/', '@']) {
        return Some("give the name alone, without http://, a path or an address before it");
    }
    if name.contains(':') {
        return Some("give the name alone, without a port");
    }
    if name.len() > 253 {
        return Some("it is longer than 253 characters");
    }
    let labels = || name.split('.');
    if labels().any(|label| label.is_empty() || label.len() > 63) {
        return Some("between dots there must be 1 to 63 characters");
    }
    if labels().any(|label| label.starts_with('-') || label.ends_with('-')) {
        return Some("no part of it may begin or end with a hyphen");
    }
    if !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.')) {
        return Some("it may have letters, digits, hyphens and dots only");
    }
    // RFC 1123 section 2.1: what ends in a number is taken for an IP address.
    if labels().next_back().is_some_and(|last| last.bytes().all(|byte| byte.is_ascii_digit())) {
        return Some("it looks like an IP address; give a name");
    }
    None
}

/// A whole address and its domain, in lower case: the mail trap takes local parts in any case.
pub(crate) fn address(text: &str) -> Result<(String, String), RegistryError> {
    let text = text.trim();
    let no = |why| RegistryError::Address { address: text.to_owned(), why };
    let (local_part, domain) =
        text.rsplit_once('@').ok_or(no("it has no @; give it whole, as in info@traps.example.org"))?;
    // RFC 5321 section 4.5.3.1.1.
    if local_part.is_empty() || local_part.len() > 64 {
        return Err(no("before the @ there must be 1 to 64 characters"));
    }
    // RFC 5322 section 3.2.3: an atom's characters. What would need quotes, no page should show.
    let atom = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~".contains(&byte);
    if !local_part.split('.').all(|part| !part.is_empty() && part.bytes().all(atom)) {
        return Err(no("before the @ there may be letters, digits, -, _, + and the like, with single dots between"));
    }
    let domain = self::domain(domain)?;
    Ok((format!("{}@{domain}", local_part.to_ascii_lowercase()), domain))
}

/// A slug.
pub(crate) fn slug(slug: &str) -> Result<(), RegistryError> {
    let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'_');
    let good = (1..=64).contains(&slug.len()) && slug.bytes().all(fits);
    if good { Ok(()) } else { Err(RegistryError::Slug(slug.to_owned())) }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn names_come_out_as_they_are_compared() {
        assert_eq!(host(" WWW.Example.ORG. ").unwrap(), "www.example.org");
        assert_eq!(host("localhost").unwrap(), "localhost");
        assert_eq!(domain("xn--bcher-kva.example").unwrap(), "xn--bcher-kva.example");
        let (whole, at) = address("Info+Shop@Traps.Example").unwrap();
        assert_eq!((whole.as_str(), at.as_str()), ("info+shop@traps.example", "traps.example"));
    }

    #[test]
    fn what_is_no_name_is_refused_and_the_word_says_why() {
        let why = |name: &str| domain(name).unwrap_err().to_string();
        assert!(why("http://traps.example/").contains("without http://"));
        assert!(why("traps.example:25").contains("without a port"));
        assert!(why("bücher.example").contains("xn--"));
        assert!(why("example").contains("one part only"));
        assert!(why("192.0.2.1").contains("IP address"));
        assert!(why("a..example").contains("between dots"));
        assert!(why("-a.example").contains("hyphen"));
        assert!(why("a_b.example").contains("letters, digits"));
        assert!(why(&format!("{}.example", "a".repeat(64))).contains("63"));
        assert!(why("").contains("empty"));
        assert!(address("info").unwrap_err().to_string().contains("no @"));
        assert!(address("a..b@traps.example").is_err());
        assert!(address("\"a b\"@traps.example").is_err());
        assert!(address(&format!("{}@traps.example", "a".repeat(65))).is_err());
        assert!(slug("a/b").is_err() && slug("").is_err() && slug("Shop").is_err());
    }
}
