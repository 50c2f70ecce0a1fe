//! What a `robots.txt` forbids (RFC 9309).

/// The paths that `robots.txt` forbids to everybody.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Disallowed(Vec<String>);

impl Disallowed {
    /// Reads the groups that are for `*`.
    pub(crate) fn parse(text: &str) -> Self {
        let mut paths = Vec::new();
        let mut for_everybody = false;
        for line in text.lines() {
            let line = line.split('#').next().unwrap_or_default();
            let Some((name, value)) = line.split_once(':') else { continue };
            let value = value.trim();
            match name.trim().to_ascii_lowercase().as_str() {
                "user-agent" => for_everybody = value == "*",
                // An empty rule forbids nothing (section 2.2.2).
                "disallow" if for_everybody && !value.is_empty() => paths.push(value.to_owned()),
                _ => {}
            }
        }
        Self(paths)
    }

    /// The same rules for paths within a site that is reached under `base`.
    pub(crate) fn within(&self, base: &str) -> Self {
        Self(self.0.iter().filter_map(|path| path.strip_prefix(base)).map(str::to_owned).collect())
    }

    /// Whether this path is forbidden.
    pub(crate) fn forbids(&self, path: &str) -> bool {
        self.0.iter().any(|forbidden| path.starts_with(forbidden))
    }

    /// The first path that is forbidden.
    pub(crate) fn first(&self) -> Option<&str> {
        self.0.first().map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_for_everybody_count_and_others_do_not() {
        let rules = Disallowed::parse(
            "# hello\nUser-Agent: *\nDisallow:/s/keep-out/\ndisallow:\n\nuser-agent: x\ndisallow: /y",
        );
        assert!(rules.forbids("/s/keep-out/a") && !rules.forbids("/s/") && !rules.forbids("/y"));
        assert_eq!(rules.first(), Some("/s/keep-out/"));
        assert!(rules.within("/s").forbids("/keep-out/a") && !rules.within("/other").forbids("/keep-out/a"));
        assert_eq!(Disallowed::parse("").first(), None);
    }
}
