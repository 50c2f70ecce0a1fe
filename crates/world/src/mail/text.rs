//! The text of a message, from its trade's wording.

use super::wording::{FILLER, Wording};
use crate::dice::Dice;
use crate::plan::Trade;

/// A message's text, not yet set as plain text or HTML.
#[derive(Debug)]
pub(super) struct Text {
    pub(super) subject: String,
    paragraphs: Vec<String>,
    link: String,
    /// Harmless words that are to lead filters astray; empty where a trade has none.
    filler: Vec<String>,
}

impl Text {
    /// Writes one.
    pub(super) fn write(trade: Trade, dice: &mut Dice) -> Self {
        let wording = Wording::of(trade);
        let spin = |pattern: &&str, dice: &mut Dice| dice.spin(pattern);
        let mut paragraphs = vec![dice.spin(wording.opening)];
        let mut middle: Vec<String> = wording.middle.iter().map(|pattern| spin(pattern, dice)).collect();
        dice.shuffle(&mut middle);
        middle.truncate(dice.between(3, middle.len()));
        paragraphs.extend(middle);
        paragraphs.push(dice.spin(wording.closing));
        let link = format!("http://{}.{}.example/{}", dice.letters(5), wording.domain, dice.letters(6));
        let lines = if wording.filled { dice.between(8, 34) } else { dice.between(10, 16) };
        let filler = (0..lines).map(|_| dice.spin(FILLER)).collect();
        Self { subject: dice.spin(wording.subject), paragraphs, link, filler }
    }

    /// As plain text.
    pub(super) fn plain(&self) -> String {
        format!("{}\n\n{}\n\n{}\n", self.paragraphs.join("\n\n"), self.link, self.filler.join("\n"))
    }

    /// As HTML.
    pub(super) fn html(&self) -> String {
        let paragraphs: String = self.paragraphs.iter().map(|text| format!("<p>{text}</p>\n")).collect();
        let filler: String = self.filler.iter().map(|line| format!("{line}<br>\n")).collect();
        format!(
            "<html><body bgcolor=\"#ffffff\">\n{paragraphs}<p><a href=\"{link}\">{link}</a></p>\n<font color=\"#fefefe\" size=\"1\">\n{filler}</font>\n</body></html>\n",
            link = self.link
        )
    }
}
