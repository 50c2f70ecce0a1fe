//! The few that hold half.

use serde::{Deserialize, Serialize};

use crate::counts::share;
use crate::{Counts, Measure, Provider};

/// The smallest set of providers that together hold half of a measure.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Half {
    /// Of what.
    pub measure: Measure,
    /// Their names, the largest first. Where all known providers together don't hold half, because too many hosts'
    /// networks are unknown, all that hold any; [`Half::reached`] is false then.
    pub providers: Vec<String>,
    /// What they hold of the whole, 0 to 1. The whole counts hosts whose network isn't known too.
    pub share: f64,
    /// Whether that is half or more.
    pub reached: bool,
}

impl Half {
    /// Of these providers. The largest first is the smallest set: no set of so many holds more.
    pub(crate) fn of(measure: Measure, providers: &[Provider], whole: &Counts) -> Self {
        let count = |provider: &Provider| provider.counts.get(measure);
        let mut known: Vec<_> =
            providers.iter().filter(|provider| provider.is_known() && count(provider) > 0).collect();
        known.sort_by(|a, b| count(b).cmp(&count(a)).then_with(|| a.name.cmp(&b.name)));
        let whole = whole.get(measure);
        let mut held = 0;
        let mut names = Vec::new();
        for provider in known {
            if held >= whole - held {
                break;
            }
            held += count(provider);
            names.push(provider.name.clone());
        }
        Self { measure, providers: names, share: share(held, whole), reached: whole > 0 && held >= whole - held }
    }
}
