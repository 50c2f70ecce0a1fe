//! What harvesting programs do to addresses: the faults that a trap has to undo.

use serde::{Deserialize, Serialize};

/// A fault of a harvesting program, applied to each address that it takes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mangling {
    /// None.
    #[default]
    None,
    /// All in upper case.
    UpperCase,
    /// The link's scheme kept: `mailto:user@domain`.
    MailtoGlued,
    /// A space before the address kept as it was encoded: `%20user@domain`.
    PercentSpace,
    /// An apostrophe from the script around it kept: `'user@domain`.
    Apostrophe,
    /// The local part in quotes: `"user"@domain`.
    QuotedLocal,
    /// A tag to try whether the mailbox has them: `user+news@domain`.
    PlusTag,
}

impl Mangling {
    /// All of them, [`Mangling::None`] first.
    pub const ALL: [Self; 7] = [
        Self::None,
        Self::UpperCase,
        Self::MailtoGlued,
        Self::PercentSpace,
        Self::Apostrophe,
        Self::QuotedLocal,
        Self::PlusTag,
    ];

    /// The address as the program writes it into its list.
    pub fn apply(self, address: &str) -> String {
        let (local, domain) = address.rsplit_once('@').unwrap_or((address, ""));
        match self {
            Self::None => address.to_owned(),
            Self::UpperCase => address.to_ascii_uppercase(),
            Self::MailtoGlued => format!("mailto:{address}"),
            Self::PercentSpace => format!("%20{address}"),
            Self::Apostrophe => format!("'{address}"),
            Self::QuotedLocal => format!("\"{local}\"@{domain}"),
            Self::PlusTag => format!("{local}+news@{domain}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_fault_looks_as_it_does_in_the_wild() {
        let written: Vec<String> = Mangling::ALL.iter().map(|fault| fault.apply("ann.b@a.test")).collect();
        assert_eq!(
            written,
            [
                "ann.b@a.test",
                "ANN.B@A.TEST",
                "mailto:ann.b@a.test",
                "%20ann.b@a.test",
                "'ann.b@a.test",
                "\"ann.b\"@a.test",
                "ann.b+news@a.test"
            ]
        );
    }
}
