//! The trap sites that the world's bots find.

use serde::{Deserialize, Serialize};

use crate::dice::Dice;
use crate::plan::MAX_SCALE;

/// A trap site, as far as a visitor can know it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Site {
    /// The first part of its paths on any host name.
    pub slug: String,
    /// The host name that is its own.
    pub host: String,
    /// The domains of its addresses; at least one.
    pub domains: Vec<String>,
    /// Whose site it is.
    pub owner: String,
}

/// As many sites as a world of this scale wants, with names of its own: 24 at scale 1, never fewer than 3.
pub fn suggest_sites(seed: u64, scale: f64) -> Vec<Site> {
    const OWNERS: [&str; 12] = [
        "{Oak|Elm|Ash} Street Dental {Practice|Clinic}",
        "{Harbour|Riverside} {Chess|Rowing} Club",
        "{Marlow|Tilney|Ashby} and Partners, Solicitors",
        "{North|West} Dale {Bakery|Brewery}",
        "The {Lantern|Compass|Quill} Bookshop",
        "{Saint|Holy} Cross {Choir|Parish}",
        "{Mill|Bridge} Lane Primary School",
        "{Hollis|Varga|Lindqvist} Violins",
        "{County|Valley} Beekeepers",
        "{Blue|Red} Kite Cycling",
        "{Tern|Puffin} Island Ferries",
        "{Cobble|Slate} Hill Allotments",
    ];
    let mut dice = Dice::new(seed, "sites");
    let count = ((24.0 * scale.clamp(0.0, MAX_SCALE).sqrt()).round() as usize).max(3);
    let domains: Vec<String> = (0..count.div_ceil(3)).map(|_| name(&mut dice, "test")).collect();
    (0..count)
        .map(|nth| {
            let length = dice.between(4, 6);
            // The number keeps two sites apart that drew the same letters.
            let slug = format!("{}{nth}", dice.letters(length));
            let host = format!("www.{}", name(&mut dice, "example"));
            let mut own = vec![domains[nth % domains.len()].clone()];
            if dice.chance(0.3) && domains.len() > 1 {
                own.push(domains[(nth + 1) % domains.len()].clone());
            }
            let owner = dice.spin(OWNERS[nth % OWNERS.len()]);
            Site { slug, host, domains: own, owner }
        })
        .collect()
}

fn name(dice: &mut Dice, top: &str) -> String {
    let first = dice.spin("{amber|birch|cobalt|dover|elder|fennel|garnet|hazel|indigo|juniper|kestrel|linden}");
    let second = dice.spin("{brook|croft|dale|field|gate|haven|mere|moor|point|ridge|stead|wick}");
    format!("{first}{second}-{}.{top}", dice.letters(3))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn sites_have_names_of_their_own_under_reserved_tops() {
        for (scale, count) in [(0.001, 3), (0.02, 3), (1.0, 24), (2.0, 34)] {
            let sites = suggest_sites(5, scale);
            assert_eq!(sites.len(), count, "scale {scale}");
            assert_eq!(sites.iter().map(|s| &s.slug).collect::<HashSet<_>>().len(), count);
            assert_eq!(sites.iter().map(|s| &s.host).collect::<HashSet<_>>().len(), count);
            assert!(sites.iter().all(|s| s.host.ends_with(".example") && !s.domains.is_empty()));
            assert!(sites.iter().flat_map(|s| &s.domains).all(|domain| domain.ends_with(".test")));
        }
    }
}
