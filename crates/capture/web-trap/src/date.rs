//! The `Date` of answers (RFC 9110, section 6.6.1), written anew once a second.

use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimePrinter;
use parking_lot::Mutex;

/// Bytes of a date in this form, which has a fixed length: `Tue, 11 Nov 2008 21:30:00 GMT`.
const LENGTH: usize = 29;

/// Writes dates, and remembers the last one.
#[derive(Debug, Default)]
pub(crate) struct DateField(Mutex<(i64, [u8; LENGTH])>);

impl DateField {
    /// The date at this time.
    pub(crate) fn at(&self, now: Timestamp) -> [u8; LENGTH] {
        let mut last = self.0.lock();
        if last.0 != now.as_second() || last.1[0] == 0 {
            let written = DateTimePrinter::new().timestamp_to_rfc9110_string(&now).unwrap_or_default();
            if let Ok(date) = written.as_bytes().try_into() {
                *last = (now.as_second(), date);
            }
        }
        last.1
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn the_date_is_that_of_the_clock_passed_in() {
        let field = DateField::default();
        for (now, written) in [
            ("1970-01-01T00:00:00Z", "Thu, 01 Jan 1970 00:00:00 GMT"),
            ("2008-11-11T21:30:00.9Z", "Tue, 11 Nov 2008 21:30:00 GMT"),
            ("2008-11-11T21:30:01Z", "Tue, 11 Nov 2008 21:30:01 GMT"),
        ] {
            assert_eq!(field.at(now.parse().unwrap()), written.as_bytes());
        }
    }
}
