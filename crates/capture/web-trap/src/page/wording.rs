//! The words of a page apart from its legal notice: what it says it is, its headings, its harmless prose.

use super::dice::Dice;

/// What a person who lands here reads first: that it is a trap, for whom, and that they may go.
pub(super) const STATEMENT: [&str; 7] = [
    "{This page is|You have reached|What you see is} a {trap|decoy|snare} for {programs|robots|software} that {collect|gather|harvest} {e-mail|email|mail} addresses. {A person|Anybody human|A human reader} {has nothing to find|will find nothing of use|needs nothing} here: {please leave|just close the page|feel free to leave}, and {do not write|send nothing|never write} to {any address on it|the addresses below|what is listed here}.",
    "{People|Human visitors|Readers}: {nothing on this page|no part of this|none of this} {is meant for you|was made for you|concerns you}. {The addresses|The mail addresses shown|Its addresses} are {bait|a trap|a lure}, {laid out|put here|set} for {address harvesters|harvesting robots|spammers' robots}, and {mail sent to them|a letter to any of them|whatever is mailed to them} {is kept as evidence|counts as evidence|goes on record}.",
    "{Welcome, but|Hello, and|Thanks for looking, but} {be warned|please note|you should know}: {this is|you are on} a {spam trap|trap page|page against spam}. {Its|The} {e-mail|mail} addresses {exist only to|are here to|serve to} {catch|expose|find} {those who|whoever} {collect them|harvest them} by machine. {Do not use them|Please do not mail them|Kindly leave them alone}{; you may simply go.|, and carry on elsewhere.|.}",
    "{Address collectors|Machines that scrape addresses|Spam robots} {come here|visit this page|end up here} {and take|to take} {what they find|the addresses}; {that is|that is exactly} {why it exists|its purpose|the point of it}. {If you are a person|Are you a person? Then|As a human} {you can go back|please go back|there is nothing to do here}, {without|and without} {mailing anyone|writing to anyone|using an address} {named here|from here}.",
    "{The sole|The only|The whole} {purpose|use|reason} of {this page|this document} is to {detect|notice|reveal} {the harvesting|automatic collection|scraping} of {e-mail|mail|email} addresses. {No mailbox here|Not one address here|None of the addresses} {belongs to a person|is read by anybody|reaches a human being}, so {do not write|please send no mail|there is no use writing} {to any of them|here|to this place}.",
    "{Not for people|A note for people|For human eyes}: {somebody|the owner of a site|a site owner} {runs|keeps|maintains} this {page|place} to {learn|find out|see} {who gathers|which machines gather} {addresses|mail addresses} for {spam|junk mail|bulk mail}. {You are not|Readers are not|No reader is} {meant|the target|being asked anything}; {leave|go on your way|close it} and {mail nobody|use no address} {listed|you see} here.",
    "{Everything|All that is} {below|that follows} {is a decoy|is bait|is there for show}, {prepared|made|written} for {bots|harvesters|crawlers} {hunting|looking|searching} for {addresses to spam|mail addresses to sell|addresses}. {Human guests|People|Persons} {are asked|are kindly asked} {to ignore it|to move on|to pass by} {and not to|and never to} {use any address|mail an address} {given here|of this page}.",
];

/// What a page of a site can be about: its nouns, and qualities that go with any of them.
#[derive(Clone, Copy, Default)]
pub(super) struct Theme {
    pub(super) nouns: &'static [&'static str],
    pub(super) qualities: &'static [&'static str],
}

const THEMES: [Theme; 14] = [
    Theme {
        nouns: &["orchard", "hedge", "greenhouse", "compost", "trellis", "seedling", "orchid", "meadow", "pear tree"],
        qualities: &["shady", "late", "walled", "southern", "mossy", "tended"],
    },
    Theme {
        nouns: &["harbour", "jetty", "ferry", "lighthouse", "anchor", "tide table", "sail", "buoy", "slipway"],
        qualities: &["windy", "old", "eastern", "tarred", "narrow", "salty"],
    },
    Theme {
        nouns: &["catalogue", "shelf", "reading room", "atlas", "index card", "binding", "volume", "gallery", "folio"],
        qualities: &["quiet", "dusty", "upper", "lettered", "rare", "borrowed"],
    },
    Theme {
        nouns: &["choir", "organ", "rehearsal", "quartet", "score", "viola", "overture", "metronome", "concert"],
        qualities: &["slow", "autumn", "tuned", "festive", "early", "solemn"],
    },
    Theme {
        nouns: &[
            "railway",
            "signal box",
            "siding",
            "timetable",
            "viaduct",
            "carriage",
            "platform",
            "locomotive",
            "turntable",
        ],
        qualities: &["disused", "branch", "northern", "painted", "single", "restored"],
    },
    Theme {
        nouns: &["oven", "loaf", "flour mill", "recipe", "rye", "pastry", "kitchen", "sourdough", "granary"],
        qualities: &["warm", "wholemeal", "weekly", "crusty", "rural", "sifted"],
    },
    Theme {
        nouns: &["telescope", "comet", "observatory", "eclipse", "star chart", "lens", "planet", "meridian", "sundial"],
        qualities: &["distant", "polished", "winter", "faint", "double", "portable"],
    },
    Theme {
        nouns: &["loom", "spindle", "quilt", "dye", "ribbon", "tapestry", "thimble", "wool", "pattern book"],
        qualities: &["woven", "indigo", "coarse", "folded", "knotted", "plain"],
    },
    Theme {
        nouns: &["bridge", "canal", "towpath", "lock gate", "weir", "barge", "millpond", "ford", "embankment"],
        qualities: &["iron", "flooded", "level", "stone", "western", "repaired"],
    },
    Theme {
        nouns: &["beehive", "honey", "clover", "swarm", "frame", "smoker", "wax", "heather", "apiary"],
        qualities: &["golden", "busy", "wooden", "spring", "mild", "sheltered"],
    },
    Theme {
        nouns: &["kiln", "glaze", "teapot", "clay pit", "wheel", "tile", "saucer", "workshop", "vase"],
        qualities: &["fired", "blue", "hand-made", "cracked", "broad", "speckled"],
    },
    Theme {
        nouns: &["footpath", "ridge", "milestone", "cairn", "stile", "valley", "summit", "shelter", "waymark"],
        qualities: &["steep", "grassy", "marked", "lonely", "chalk", "upland"],
    },
    Theme {
        nouns: &["camera", "darkroom", "negative", "portrait", "tripod", "album", "postcard", "exposure", "studio"],
        qualities: &["faded", "square", "tinted", "mounted", "sepia", "grainy"],
    },
    Theme {
        nouns: &[
            "printing press",
            "typeface",
            "pamphlet",
            "ink",
            "almanac",
            "woodcut",
            "margin",
            "proof sheet",
            "broadside",
        ],
        qualities: &["folding", "italic", "annual", "cheap", "inky", "engraved"],
    },
];

/// Sentences about nothing in particular. `$n` is a noun of the site's theme, `$q` a quality.
const PROSE: [&str; 16] = [
    "{The|Our|One} $q $n {was|has been} {moved|measured|drawn|described} {last year|in June|twice|since}{, which pleased few|, and nobody minded|}.",
    "{Nobody|Hardly anyone|No neighbour} {remembers|recalls|can say} {when|how|why} the $n {came to be|got so|became} $q.",
    "{Between|Beyond|Behind} the $n and the $n {lies|stands|is} {a|another} $q $n.",
    "{Some|Most|A few} {say|hold|believe} {a|the} $q $n {lasts|keeps|matters} {longer|more|less} than {the|any} $n.",
    "{On|By|Until} {Monday|Tuesday|Friday|Sunday} {the|every} $n {is|stays|remains} {shut|open|as it was}.",
    "{We|They|Visitors} {counted|found|noted} {two|three|five|nine} {cases|kinds|sorts} of $n, {all|none|one} {of them|among them} $q.",
    "{It|This} {takes|needs|wants} {patience|an hour|some care} to {mend|clean|copy|draw} {a|the} $q $n.",
    "{What|All that} {remains|is left|can be seen} is {the|a} $n {and|beside} {its|the} $n.",
    "{Every|Each} $n {has|needs|deserves} {a|its} $q $n{, they say|, in time|}.",
    "{Whether|If} the $n {is|was} $q {depends on|follows from} {the weather|the season|the light|who asks}.",
    "{Notes|Papers|Letters} {about|on} the $n {fill|cover|take up} {a drawer|two pages|one box}.",
    "{A|This|That} $n {without|with} {a|its} $n is {rare|common|worth seeing|hard to find}.",
    "{Once|Twice|Long ago} {the|a} $q $n {stood|hung|lay} {here|nearby|where the $n is now}.",
    "{In|During|After} {March|April|August|October|winter} the $n {looks|seems|turns} $q.",
    "{Few|Not many} {things|sights} are as $q as {a|the} $n {at noon|in rain|after dark|left alone}.",
    "{Please|Kindly} {see|compare|consult} the $n {before|rather than|or else} the $n.",
];

/// What a page is called, before or after its subject.
const TITLES: [&str; 8] = [
    "{Notes|Remarks|Pages} on {the|a} $q $n",
    "$q $n{| and $n}",
    "{About|Concerning} {the|our} $n",
    "{The|A} $n {register|diary|journal|ledger}",
    "$n, $n, $n",
    "{From|Around|Near} the $q $n",
    "$n {papers|letters|matters}",
    "{All|More} about {a|the} $n",
];

/// A site's own small stock of words.
pub(super) struct Vocabulary {
    nouns: Vec<&'static str>,
    qualities: Vec<&'static str>,
}

impl Vocabulary {
    /// Draws a site's stock from two of the themes.
    pub(super) fn draw(dice: &mut Dice) -> Self {
        let themes = dice.some(&THEMES, 2);
        let mut nouns: Vec<_> = themes.iter().flat_map(|theme| theme.nouns.iter().copied()).collect();
        let mut qualities: Vec<_> = themes.iter().flat_map(|theme| theme.qualities.iter().copied()).collect();
        dice.shuffle(&mut nouns);
        dice.shuffle(&mut qualities);
        nouns.truncate(11);
        qualities.truncate(8);
        Self { nouns, qualities }
    }

    /// One of the site's nouns.
    pub(super) fn noun(&self, dice: &mut Dice) -> &'static str {
        dice.pick(&self.nouns)
    }

    /// One or two of the site's words, for a link or a comment.
    pub(super) fn label(&self, dice: &mut Dice) -> String {
        if dice.chance(50) { self.noun(dice).to_owned() } else { self.fill("$q $n", dice) }
    }

    /// A title or heading.
    pub(super) fn title(&self, dice: &mut Dice) -> String {
        let pattern = dice.pick(&TITLES);
        capitalised(&self.fill(pattern, dice))
    }

    /// A paragraph of this many sentences.
    pub(super) fn paragraph(&self, sentences: usize, dice: &mut Dice) -> String {
        let patterns = dice.some(&PROSE, sentences);
        patterns.iter().map(|pattern| self.fill(pattern, dice)).collect::<Vec<_>>().join(" ")
    }

    fn fill(&self, pattern: &str, dice: &mut Dice) -> String {
        let mut rest = dice.phrase(pattern);
        while let Some(at) = rest.find("$n") {
            let word = self.noun(dice);
            rest.replace_range(at..at + 2, word);
        }
        while let Some(at) = rest.find("$q") {
            let word = dice.pick(&self.qualities);
            rest.replace_range(at..at + 2, word);
        }
        with_right_article(&rest)
    }
}

/// The text with its first letter a capital.
pub(super) fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// Turns "a orchard" into "an orchard".
fn with_right_article(text: &str) -> String {
    let words: Vec<&str> = text.split(' ').collect();
    let mut out = String::with_capacity(text.len() + 4);
    for (at, word) in words.iter().enumerate() {
        if at > 0 {
            out.push(' ');
        }
        out.push_str(word);
        let vowel_next = words.get(at + 1).is_some_and(|next| next.starts_with(['a', 'e', 'i', 'o', 'u']));
        if vowel_next && (*word == "a" || *word == "A") {
            out.push('n');
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_article_fits_the_word_after_it() {
        assert_eq!(with_right_article("A orchard and a pear"), "An orchard and a pear");
    }

    #[test]
    fn prose_leaves_no_gap_unfilled() {
        let mut dice = Dice::of(&crate::page::tests::site(3), "prose");
        let vocabulary = Vocabulary::draw(&mut dice);
        for _ in 0..200 {
            let text = format!("{} {}", vocabulary.paragraph(5, &mut dice), vocabulary.title(&mut dice));
            assert!(!text.contains(['$', '{', '}', '|']), "{text}");
        }
    }
}
