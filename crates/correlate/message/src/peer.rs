//! Whose address a server wrote into its `Received` header, as opposed to what the client claimed.
//!
//! RFC 5321, section 4.4 lets a server write what it likes into comments, so each family of servers has its form.
//! What they have in common is that the client chooses the words after HELO and nothing else. A reader that takes
//! just any address in brackets can be led astray by a HELO of `[192.0.2.1]`; this one goes by the forms:
//!
//! ```text
//! Postfix, Sendmail, Exchange   from HELO (REVERSE [ADDRESS])        the last in brackets
//!                               from HELO (ident@REVERSE [ADDRESS] (may be forged))
//! Exim                          from REVERSE ([ADDRESS] helo=HELO)   what stands before the claim
//!                               from [ADDRESS] (helo=HELO)           what stands after `from`
//! CommuniGate                   from [ADDRESS] (account USER HELO HELO)
//! qmail                         from REVERSE (HELO HELO) (ident@ADDRESS)
//! smap                          from REVERSE (ADDRESS, HELO HELO)
//! Microsoft, Oracle             from HELO (ADDRESS)
//! fetchmail, webmail            from REVERSE [ADDRESS], from ADDRESS
//! ```

use std::net::{IpAddr, Ipv6Addr};

/// The address of the peer in the value of a `Received` header, if its writer recorded one.
pub(crate) fn peer(value: &str) -> Option<IpAddr> {
    let (first, comments, beside) = from_clause(value)?;
    let within = comments.iter().find_map(|comment| in_brackets(comment));
    within
        .or_else(|| comments.iter().rev().find_map(|comment| bare(comment)))
        .or_else(|| beside.iter().rev().find_map(|word| bracketed(word)))
        .or_else(|| bracketed(first))
        .or_else(|| address(first))
        .map(|address| address.to_canonical())
}

/// Of `from WORD …` up to `by`: the word, the comments, and other words.
fn from_clause(value: &str) -> Option<(&str, Vec<&str>, Vec<&str>)> {
    let rest = value.trim_start();
    let (keyword, mut rest) = rest.split_at_checked(4)?;
    if !keyword.eq_ignore_ascii_case("from") || !rest.starts_with(char::is_whitespace) {
        return None;
    }
    let (mut first, mut comments, mut beside) = (None, Vec::new(), Vec::new());
    loop {
        rest = rest.trim_start();
        if let Some(inside) = rest.strip_prefix('(') {
            let end = comment_end(inside);
            let (comment, after) = inside.split_at_checked(end)?;
            comments.push(comment);
            rest = after.strip_prefix(')').unwrap_or_default();
            continue;
        }
        let end = rest.find(|c: char| c.is_whitespace() || c == '(' || c == ';').unwrap_or(rest.len());
        let (word, after) = rest.split_at_checked(end)?;
        let ends = word.is_empty() || ["by", "with", "via", "id", "for"].iter().any(|w| word.eq_ignore_ascii_case(w));
        // The client's name may be `by`: the first word is never a keyword.
        if first.is_some() && ends || word.is_empty() {
            return first.map(|first| (first, comments, beside));
        }
        match first {
            None => first = Some(word),
            Some(_) => beside.push(word),
        }
        rest = after;
    }
}

/// Where the comment ends whose opening parenthesis has been taken. Comments nest (RFC 5322, section 3.2.2).
fn comment_end(text: &str) -> usize {
    let mut depth = 1u32;
    let mut escaped = false;
    for (at, c) in text.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return at;
        }
    }
    text.len()
}

/// The address in brackets within a comment: the last that stands before what the client claimed.
fn in_brackets(comment: &str) -> Option<IpAddr> {
    let mut rest = before_claim(comment);
    while let Some((before, inside)) = rest.rsplit_once('[') {
        if let Some(address) = inside.split_once(']').and_then(|(inside, _)| address(inside)) {
            return Some(address);
        }
        rest = before;
    }
    None
}

/// The address that a comment begins with, an ident user before it passed over.
fn bare(comment: &str) -> Option<IpAddr> {
    let word = before_claim(comment).split_whitespace().next()?.trim_end_matches(',');
    let word = word.rsplit_once('@').map_or(word, |(_, after)| after);
    address(word).or_else(|| bracketed(word))
}

/// What of a comment stands before a `HELO name`, `helo=name` or `EHLO:name`.
fn before_claim(comment: &str) -> &str {
    let bytes = comment.as_bytes();
    let is_claim = |at: &usize| {
        let begins = at.checked_sub(1).and_then(|before| bytes.get(before)).is_none_or(|b| !b.is_ascii_alphanumeric());
        let word = bytes.get(*at..at + 4).unwrap_or_default();
        let known = [b"helo", b"ehlo", b"lhlo"].iter().any(|greeting| word.eq_ignore_ascii_case(*greeting));
        begins && known && bytes.get(at + 4).is_none_or(|after| b" \t=:".contains(after))
    };
    let claim = (0..bytes.len()).find(is_claim).unwrap_or(bytes.len());
    comment.get(..claim).unwrap_or_default()
}

/// `[192.0.2.1]`, also with a port after it.
fn bracketed(word: &str) -> Option<IpAddr> {
    address(word.strip_prefix('[')?.split_once(']')?.0)
}

/// An address as mail writes it: `IPv6:` may stand before one (RFC 5321, section 4.1.3), a zone after it.
fn address(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    let (tag, v6) = text.split_at_checked(5).unwrap_or(("", text));
    if tag.eq_ignore_ascii_case("ipv6:") {
        return v6.split('%').next()?.parse::<Ipv6Addr>().ok().map(IpAddr::V6);
    }
    let plain = text.split('%').next()?;
    plain.parse().ok().or_else(|| with_port(plain))
}

/// `192.0.2.1:25`, as Exchange writes it.
fn with_port(text: &str) -> Option<IpAddr> {
    let (address, port) = text.rsplit_once(':')?;
    port.parse::<u16>().ok()?;
    address.parse::<std::net::Ipv4Addr>().ok().map(IpAddr::V4)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_family_of_servers_has_its_form() {
        for value in [
            "from pc (pool.isp.example [192.0.2.7]) by mx (Postfix) with SMTP",
            "from pc (unknown [192.0.2.7]) (using TLSv1.3 with cipher X (256/256 bits)) by mx",
            "from pc (IDENT:root@pool.isp.example [192.0.2.7] (may be forged)) by mx (8.9.3/8.9.3)",
            "from pc ([192.0.2.7]) by mx with Microsoft SMTPSVC",
            "from pool.isp.example ([192.0.2.7] helo=pc) by mx with smtp (Exim 4.50)",
            "from pool.isp.example ([192.0.2.7]:1025 helo=pc) by mx with smtp (Exim 4.50)",
            "from [192.0.2.7] (helo=pc) by mx with smtp (Exim 3.35)",
            "from [192.0.2.7] (port=4242 helo=pc) by mx with esmtp",
            "from unknown (HELO pc) (192.0.2.7) by mx with SMTP",
            "from unknown (HELO pc) (user@192.0.2.7) by mx with SMTP",
            "from pc (192.0.2.7) by mx with SMTP",
            "from pc (192.0.2.7:4242) by mx with SMTP",
            "from pool.isp.example [192.0.2.7] by localhost with POP3 (fetchmail-5.9.0)",
            "from 192.0.2.7 (SquirrelMail authenticated user x) by mx",
            "from [192.0.2.7] (account nazgul HELO pc) by mx (CommuniGate Pro SMTP 3.5.7) with ESMTP",
            "from pool.isp.example(192.0.2.7, HELO pc) by mx via smap (V1.3)",
            "FROM pc (pool.isp.example [::ffff:192.0.2.7]) BY mx",
            "from by (pool.isp.example [192.0.2.7]) by mx",
        ] {
            assert_eq!(peer(value).map(|a| a.to_string()).as_deref(), Some("192.0.2.7"), "{value}");
        }
        assert_eq!(peer("from x (y [IPv6:2001:db8::1]) by mx").map(|a| a.to_string()).as_deref(), Some("2001:db8::1"));
    }

    #[test]
    fn an_address_that_the_client_claims_is_not_taken_for_its_own() {
        for value in [
            "from [203.0.113.9] (pool.isp.example [192.0.2.7]) by mx (Postfix)",
            "from 203.0.113.9 (unknown [192.0.2.7]) by mx",
            "from unknown (HELO [203.0.113.9]) (192.0.2.7) by mx with SMTP",
            "from unknown (HELO 203.0.113.9) (192.0.2.7) by mx with SMTP",
            "from unknown (HELO pc [203.0.113.9]) (192.0.2.7) by mx with SMTP",
            "from pool.isp.example ([192.0.2.7] helo=[203.0.113.9]) by mx",
            "from [192.0.2.7] (helo=[203.0.113.9]) by mx",
            "from [192.0.2.7] (account nazgul HELO [203.0.113.9]) by mx",
            "from pool.isp.example (192.0.2.7, HELO [203.0.113.9]) by mx via smap (V1.3)",
            "from pc (IDENT:[203.0.113.9]@pool.isp.example [192.0.2.7]) by mx",
        ] {
            assert_eq!(peer(value).map(|a| a.to_string()).as_deref(), Some("192.0.2.7"), "{value}");
        }
    }

    #[test]
    fn no_address_is_made_up() {
        for value in [
            "from userid 33 by mx",
            "by hub.example (Postfix, from userid 538) id 6; Mon, 9 Sep 2002 14:18:12 -0700",
            "(qmail 11101 invoked from network); 7 Sep 2002 04:47:28 -0000",
            "from unknown (HELO 203.0.113.9) by mx",
            "from mail pickup service by mx (10.0.0.1)",
            "from ",
            "from",
            "from (((((((((",
            "",
        ] {
            assert_eq!(peer(value), None, "{value}");
        }
    }
}
