//! Character references (HTML, section 13.2.5.72), as far as addresses are hidden behind them.

use std::borrow::Cow;

/// The longest reference that is read, in bytes without its ampersand.
const LONGEST: usize = 10;

/// Text with its character references read. What isn't known is left as it is.
pub(super) fn decoded(text: &str) -> Cow<'_, str> {
    if !text.contains('&') {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('&') {
        out.push_str(before);
        let end = after.bytes().take(LONGEST).position(|byte| byte == b';');
        match end.and_then(|end| Some((character(&after[..end])?, &after[end + 1..]))) {
            Some((character, after)) => {
                out.push(character);
                rest = after;
            }
            None => {
                out.push('&');
                rest = after;
            }
        }
    }
    out.push_str(rest);
    Cow::Owned(out)
}

fn character(name: &str) -> Option<char> {
    if let Some(number) = name.strip_prefix('#') {
        let code = match number.strip_prefix(['x', 'X']) {
            Some(hex) => u32::from_str_radix(hex, 16).ok()?,
            None => number.parse().ok()?,
        };
        return char::from_u32(code);
    }
    Some(match name {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "commat" => '@',
        "period" => '.',
        "nbsp" => ' ',
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_by_name_and_by_number_are_read_and_others_kept() {
        assert_eq!(decoded("a&#64;b&#x40;c&commat;d&period;e"), "a@b@c@d.e");
        assert_eq!(decoded("&lt;at&gt; &unknown; & &#xffffffff; &"), "<at> &unknown; & &#xffffffff; &");
        assert_eq!(decoded("&é;&amp;"), "&é;&");
    }
}
