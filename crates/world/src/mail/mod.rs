//! Writes the messages that senders bring: templates with much variation, as bots have them (Kreibich et al.,
//! "Spamcraft", LEET 2009). No message goes anywhere but to a trap on this machine.

mod text;
mod wording;

use std::fmt::Write;

use jiff::Timestamp;

use crate::dice::Dice;
use crate::plan::{Fleet, Letter, Trade};

/// What a message is written from.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Occasion<'a> {
    /// What it says, and its Message-ID.
    pub(crate) letter: &'a Letter,
    /// Who writes it: each fleet has headers of its own.
    pub(crate) fleet: Fleet,
    /// Whom it names as its recipient.
    pub(crate) to: &'a str,
    /// What its sender calls itself.
    pub(crate) helo: &'a str,
    /// When.
    pub(crate) at: Timestamp,
}

/// The kinds of body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Body {
    Plain,
    Html,
    Alternative,
}

/// A message (RFC 5322): lines end in CRLF, dots are not stuffed. 1 to 5 KB.
pub(crate) fn compose(occasion: &Occasion<'_>) -> String {
    let mut dice = Dice::new(occasion.letter.seed, "letter");
    let text = text::Text::write(occasion.letter.trade, &mut dice);
    let body = body_of(occasion.fleet, occasion.letter.trade);
    let boundary = format!("----=_{}", dice.letters(14));
    let mut out = headers(occasion, &text.subject, &mut dice);
    match body {
        Body::Plain => part(&mut out, "text/plain", &text.plain()),
        Body::Html => part(&mut out, "text/html", &text.html()),
        Body::Alternative => {
            let _ = write!(out, "Content-Type: multipart/alternative;\n boundary=\"{boundary}\"\n\n");
            for (kind, content) in [("text/plain", text.plain()), ("text/html", text.html())] {
                let _ = writeln!(out, "--{boundary}");
                part(&mut out, kind, &content);
                out.push('\n');
            }
            let _ = writeln!(out, "--{boundary}--");
        }
    }
    out.replace('\n', "\r\n")
}

/// A part's own headers and its content.
fn part(out: &mut String, kind: &str, content: &str) {
    // Writing to a string cannot fail, here and below.
    let _ = write!(out, "Content-Type: {kind}; charset=us-ascii\nContent-Transfer-Encoding: 7bit\n\n{content}");
}

fn body_of(fleet: Fleet, trade: Trade) -> Body {
    match (fleet, trade) {
        (Fleet::Rustock | Fleet::Hosted, _) => Body::Alternative,
        (Fleet::MegaD, _) | (_, Trade::Bank | Trade::Watches) => Body::Html,
        _ => Body::Plain,
    }
}

/// The headers, in the order and with the additions of the fleet.
fn headers(occasion: &Occasion<'_>, subject: &str, dice: &mut Dice) -> String {
    let Occasion { letter, fleet, to, helo, at } = *occasion;
    let name = dice.spin(wording::SENDER_NAMES);
    // A null envelope sender is a bot's whim; its header names somebody all the same.
    let address = if letter.from.is_empty() { "service@cinderworks.example" } else { letter.from.as_str() };
    let from = format!("From: \"{name}\" <{address}>\n");
    let to = format!("To: {to}\n");
    let subject = format!("Subject: {subject}\n");
    let date = format!("Date: {}\n", at.strftime("%a, %d %b %Y %H:%M:%S +0000"));
    let id = format!("Message-ID: <{}>\n", letter.message_id);
    let mime = "MIME-Version: 1.0\n";
    match fleet {
        Fleet::Srizbi => {
            let forged = format!(
                "Received: from {helo} ([240.0.{}.{}]) by mx.{}.example; {}\n",
                dice.between(1, 254),
                dice.between(1, 254),
                dice.letters(6),
                at.strftime("%a, %d %b %Y %H:%M:%S +0000")
            );
            let mailer = "X-Mailer: Microsoft Outlook Express 6.00.2900.2180\n";
            [forged.as_str(), &id, &date, &from, mailer, mime, &to, &subject].concat()
        }
        Fleet::Rustock => {
            [id.as_str(), &from, &to, &subject, &date, mime, "X-Priority: 3\n", "X-MSMail-Priority: Normal\n"].concat()
        }
        Fleet::MegaD => [date.as_str(), &from, &to, &subject, mime, &id].concat(),
        Fleet::Cutwail => {
            [mime, from.as_str(), &to, &date, &subject, &id, "X-Mailer: The Bat! (v2.00.9) Business\n"].concat()
        }
        Fleet::Webmail => {
            let agent = "X-Mailer: Postbox Webmail 1.1\n";
            [date.as_str(), &from, &subject, &to, mime, &id, agent].concat()
        }
        Fleet::Newsletters => {
            let list = "List-Id: <weekly.weeklyletters.example>\nAuto-Submitted: auto-generated\n";
            [date.as_str(), &from, &to, &subject, &id, mime, list].concat()
        }
        Fleet::Hosted | Fleet::Guessers => [from.as_str(), &to, &subject, &date, &id, mime].concat(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    const TRADES: [Trade; 9] = [
        Trade::Pills,
        Trade::Watches,
        Trade::Diplomas,
        Trade::Casino,
        Trade::Stocks,
        Trade::Bank,
        Trade::Parcel,
        Trade::Lottery,
        Trade::Confirmation,
    ];

    fn message(fleet: Fleet, trade: Trade, seed: u64) -> String {
        let letter = Letter {
            message_id: format!("{seed}@a.example"),
            from: "anna@b.example".to_owned(),
            trade,
            operator: None,
            seed,
            recipients: Vec::new(),
        };
        compose(&Occasion { letter: &letter, fleet, to: "x@y.test", helo: "z", at: crate::calendar::CUT })
    }

    #[test]
    fn every_fleet_writes_whole_messages_about_every_trade() {
        for (fleet, trade) in Fleet::ALL.into_iter().flat_map(|fleet| TRADES.map(|trade| (fleet, trade))) {
            let text = message(fleet, trade, 9);
            assert!((900..6000).contains(&text.len()), "{fleet:?} {trade:?}: {} bytes", text.len());
            assert!(text.lines().all(|line| line.len() <= 998 && line.is_ascii()));
            assert!(!text.replace("\r\n", "").contains(['\r', '\n']), "every line ends in CRLF");
            let head = text.split("\r\n\r\n").next().unwrap_or_default();
            for header in [
                "From: \"",
                "To: x@y.test",
                "Subject: ",
                "Date: Tue, 11 Nov 2008 21:30:00 +0000",
                "Message-ID: <9@a.example>",
            ] {
                assert!(head.contains(header), "{fleet:?}: {header}");
            }
            assert!(!text.contains(['{', '}', '|']), "{fleet:?} {trade:?}: a choice was left open");
        }
    }

    #[test]
    fn no_two_messages_of_a_template_are_the_same_and_nothing_real_is_named() {
        let texts: HashSet<String> = (0..50).map(|seed| message(Fleet::Cutwail, Trade::Pills, seed)).collect();
        assert_eq!(texts.len(), 50);
        for text in &texts {
            for url in text.split("http://").skip(1) {
                let host = url.split(['/', '\r', '"', ' ']).next().unwrap_or_default();
                assert!(host.ends_with(".example"), "{host}");
            }
        }
    }
}
