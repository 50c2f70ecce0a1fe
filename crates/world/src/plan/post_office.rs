//! Makes letters and sessions: names, envelopes and Message-IDs as each fleet writes them.

use std::net::IpAddr;

use jiff::Timestamp;

use super::{Action, Actor, Deed, Fleet, Letter, MailSession, Recipient, Trade};
use crate::dialect;
use crate::dice::Dice;
use crate::provider::Provider;

/// Writes letters, and counts them so that no two have the same Message-ID.
#[derive(Debug)]
pub(super) struct PostOffice<'a> {
    actors: &'a [Actor],
    providers: &'a [Provider],
    /// Keeps the Message-IDs of one office apart from those of another.
    mark: &'static str,
    written: u64,
}

impl<'a> PostOffice<'a> {
    pub(super) fn new(actors: &'a [Actor], providers: &'a [Provider], mark: &'static str) -> Self {
        Self { actors, providers, mark, written: 0 }
    }

    /// A letter as this fleet's machines write it.
    pub(super) fn letter(
        &mut self,
        fleet: Fleet,
        trade: Trade,
        operator: Option<usize>,
        recipients: Vec<Recipient>,
        dice: &mut Dice,
    ) -> Letter {
        let domain =
            dice.spin("{alder|basalt|cinder|drift|ember|flint|gale|harrow}{works|yard|line|port|bay|lane}.example");
        let from = match fleet {
            Fleet::Newsletters => "bounces@weeklyletters.example".to_owned(),
            Fleet::Webmail => format!("{}.{}{}@postbox.example", dice.letters(5), dice.letters(6), dice.between(1, 99)),
            // Some bots send with the null sender.
            Fleet::MegaD if dice.chance(0.1) => String::new(),
            _ => format!("{}@{domain}", dice.spin("{info|sales|anna|mark|support|jdoe|linda|news}") + &dice.letters(2)),
        };
        let message_id = self.message_id(fleet, &domain, dice);
        Letter { message_id, from, trade, operator, seed: dice.seed(), recipients }
    }

    fn message_id(&mut self, fleet: Fleet, domain: &str, dice: &mut Dice) -> String {
        self.written += 1;
        let (mark, number, noise) = (self.mark, self.written, dice.seed() as u32);
        match fleet {
            Fleet::Srizbi => format!("{noise:08x}.{mark}{number:06x}@{domain}"),
            Fleet::Rustock => format!("00{mark}{number:07x}$01c9{noise:08x}$0100007f@{domain}"),
            Fleet::MegaD => format!("{number:09}{mark}.{noise:010}@{domain}"),
            Fleet::Cutwail => format!("{:08X}.{number:08X}{}@{domain}", noise, mark.to_uppercase()),
            _ => format!("20081101.{noise:08x}.{number}{mark}@{domain}"),
        }
    }

    /// A session of this machine's that brings these letters.
    pub(super) fn session(
        &self,
        at: Timestamp,
        actor: usize,
        fleet: Fleet,
        letters: Vec<Letter>,
        dice: &mut Dice,
    ) -> Action {
        let (address, domain) = self.whereabouts(actor);
        let helo = dialect::helo(fleet, address, domain, dice);
        Action { at, actor, deed: Deed::Mail(MailSession { helo, passwords: Vec::new(), letters }) }
    }

    fn whereabouts(&self, actor: usize) -> (IpAddr, &str) {
        let actor = &self.actors[actor];
        (actor.address, self.providers[actor.provider].domain.as_str())
    }
}
