//! What a site's pages look like: their skeleton, their elements, their style sheet.

use super::dice::Dice;
use super::html::{Markup, escape};
use crate::Site;

/// The look of one site, the same for all of its pages.
pub(super) struct Look {
    /// How it writes its markup.
    pub(super) markup: Markup,
    wrapper: Option<(&'static str, String)>,
    section: (&'static str, String),
    heading: &'static str,
    statement: (&'static str, String),
    head: Vec<HeadPart>,
    style: String,
}

#[derive(Clone, Copy)]
enum HeadPart {
    Charset,
    Robots,
    Viewport,
    Title,
    Style,
}

impl Look {
    /// The look of this site.
    pub(super) fn draw(site: &Site) -> Self {
        let mut dice = Dice::of(site, "look");
        let markup = Markup::of_page(&mut dice);
        let wrapper = match dice.below(4) {
            0 => None,
            1 => Some(("main", dice.coined(2))),
            2 => Some(("div", dice.coined(2))),
            _ => Some(("article", dice.coined(3))),
        };
        let section = (dice.pick(&["section", "div", "article"]), dice.coined(2));
        let statement = (dice.pick(&["p", "div", "blockquote", "aside", "header"]), dice.coined(2));
        let heading = dice.pick(&["h2", "h2", "h3"]);
        let mut head = vec![HeadPart::Robots, HeadPart::Title, HeadPart::Style];
        if dice.chance(60) {
            head.push(HeadPart::Viewport);
        }
        dice.shuffle(&mut head);
        // The encoding belongs into the first kilobyte (HTML, section 4.2.5.4).
        head.insert(0, HeadPart::Charset);
        let style = style_sheet(&markup, &wrapper, &section.1, &statement.1, heading, &mut dice);
        Self { markup, wrapper, section, heading, statement, head, style }
    }

    /// A part with a heading.
    pub(super) fn section(&self, heading: &str, content: &str) -> String {
        let (element, class) = &self.section;
        let heading = self.markup.element(self.heading, &[], &escape(heading));
        self.markup.element(element, &[("class", class)], &format!("{heading}{}{content}", self.markup.gap()))
    }

    /// What a person is told first.
    pub(super) fn statement(&self, text: &str) -> String {
        let (element, class) = &self.statement;
        self.markup.element(element, &[("class", class)], text)
    }

    /// The whole document.
    pub(super) fn document(&self, title: &str, parts: &[String]) -> String {
        let gap = self.markup.gap();
        let title = escape(title);
        let head: Vec<String> = self.head.iter().map(|part| self.head_part(*part, &title)).collect();
        let headline = self.markup.element("h1", &[], &title);
        let content = format!("{headline}{gap}{}", parts.join(gap));
        let body = match &self.wrapper {
            Some((element, class)) => self.markup.element(element, &[("class", class)], &content),
            None => content,
        };
        format!(
            "<!DOCTYPE html>{gap}{}{gap}<head>{gap}{}{gap}</head>{gap}<body>{gap}{body}{gap}</body>{gap}</html>\n",
            self.markup.open("html", &[("lang", "en")]),
            head.join(gap)
        )
    }

    fn head_part(&self, part: HeadPart, title: &str) -> String {
        let markup = &self.markup;
        match part {
            HeadPart::Charset => markup.void("meta", &[("charset", "utf-8")]),
            HeadPart::Robots => markup.void("meta", &[("name", "robots"), ("content", "noindex,nofollow,noarchive")]),
            HeadPart::Viewport => markup.void("meta", &[("name", "viewport"), ("content", "width=device-width")]),
            HeadPart::Title => markup.element("title", &[], title),
            HeadPart::Style => markup.element("style", &[], &self.style),
        }
    }
}

fn style_sheet(
    markup: &Markup,
    wrapper: &Option<(&'static str, String)>,
    section: &str,
    statement: &str,
    heading: &str,
    dice: &mut Dice,
) -> String {
    let font =
        dice.pick(&["serif", "sans-serif", "Georgia,serif", "Verdana,sans-serif", "Arial,sans-serif", "system-ui"]);
    let (size, leading) = (dice.between(14, 19), dice.between(13, 18));
    let (ink, paper) = (colour(0, 70, dice), colour(228, 255, dice));
    let mut rules = vec![
        format!(
            "body{{font:{size}px/{}.{} {font};color:{ink};background:{paper};margin:{}px}}",
            leading / 10,
            leading % 10,
            dice.between(12, 48)
        ),
        format!(".{section}{{margin:{}px 0}}", dice.between(6, 40)),
        format!(
            ".{statement}{{padding:{}px;border:{}px solid {}}}",
            dice.between(4, 18),
            dice.between(1, 4),
            colour(90, 190, dice)
        ),
        format!("h1,{heading}{{color:{}}}", colour(20, 130, dice)),
    ];
    if let Some(class) = &markup.hiding_class {
        rules.push(format!(
            ".{class}{{{}}}",
            dice.pick(&["display:none", "display: none;", "position:absolute;visibility:hidden"])
        ));
    }
    if let Some((_, class)) = wrapper {
        rules.push(format!(".{class}{{max-width:{}px;margin:0 auto}}", dice.between(520, 980)));
    }
    dice.shuffle(&mut rules);
    rules.join(markup.gap())
}

fn colour(low: usize, high: usize, dice: &mut Dice) -> String {
    format!("#{:02x}{:02x}{:02x}", dice.between(low, high), dice.between(low, high), dice.between(low, high))
}
