//! Who there is: the operators, their harvesters, the machines that send, and everybody else.

use super::operator::{Operator, OperatorKind, TRADERS, Trader};
use super::{Actor, ActorKind, Fleet, Tool, scaled};
use crate::dice::Dice;
use crate::page::{Mangling, Skill};
use crate::provider::{Addresses, Provider, ProviderRole};

/// Everybody, and who of them is what, as indexes into `actors`.
#[derive(Debug, Default)]
pub(super) struct Cast {
    pub(super) actors: Vec<Actor>,
    /// The harvesters of each operator.
    pub(super) harvesters: Vec<Vec<usize>>,
    /// The senders of each fleet, in the order of [`Fleet::ALL`].
    senders: Vec<Vec<usize>>,
    others: Vec<(ActorKind, usize)>,
}

/// The operators.
pub(super) fn operators() -> Vec<Operator> {
    let operator = |trader: &Trader| Operator { name: trader.name.to_owned(), kind: trader.kind, trade: trader.trade };
    TRADERS.iter().map(operator).collect()
}

/// Draws actors one after the other.
struct Casting<'a> {
    providers: &'a [Provider],
    addresses: Addresses,
    dice: Dice,
    cast: Cast,
}

impl Cast {
    /// Everybody in a world of this scale. Harvesters grow with the root of the scale, so that a small world still
    /// has some of each operator; machines grow with the scale itself.
    pub(super) fn draw(seed: u64, scale: f64, providers: &[Provider]) -> Self {
        let mut casting = Casting {
            providers,
            addresses: Addresses::default(),
            dice: Dice::new(seed, "cast"),
            cast: Self::default(),
        };
        for (operator, trader) in TRADERS.iter().enumerate() {
            casting.harvesters(operator, trader, scale.sqrt());
        }
        for fleet in Fleet::ALL {
            casting.fleet(fleet, scale);
        }
        casting.others(scale);
        casting.cast
    }

    /// The senders of a fleet.
    pub(super) fn senders(&self, fleet: Fleet) -> &[usize] {
        let place = Fleet::ALL.iter().position(|known| *known == fleet);
        place.and_then(|place| self.senders.get(place)).map_or(&[], Vec::as_slice)
    }

    /// The actors of a kind that is neither harvester nor sender.
    pub(super) fn others(&self, kind: ActorKind) -> Vec<usize> {
        self.others.iter().filter(|(known, _)| *known == kind).map(|(_, actor)| *actor).collect()
    }
}

impl Casting<'_> {
    /// A new actor at a provider of this role.
    fn actor(&mut self, kind: ActorKind, role: ProviderRole, v6: bool) -> usize {
        let of_role = |(_, provider): &(usize, &Provider)| provider.role == role;
        let places: Vec<usize> = self.providers.iter().enumerate().filter(of_role).map(|(place, _)| place).collect();
        // The larger a provider, the more of its addresses do anything.
        let size = |place: &usize| {
            let bits = self.providers[*place].prefixes.iter().filter(|net| net.addr().is_ipv4());
            bits.map(|net| f64::from(32 - net.prefix_len()).exp2()).sum::<f64>()
        };
        let weights: Vec<f64> = places.iter().map(size).collect();
        let provider = places[self.dice.weighted(&weights)];
        let address = self.addresses.take(&self.providers[provider], v6, &mut self.dice);
        let tool = Tool::default();
        self.cast.actors.push(Actor { kind, address, provider, operator: None, fleet: None, tool });
        self.cast.actors.len() - 1
    }

    /// The harvesters of an operator, which all use its one program.
    fn harvesters(&mut self, operator: usize, trader: &Trader, scale: f64) {
        let count = scaled(trader.harvesters as f64, scale, 1);
        let at_firm = (count as f64 * trader.at_firm).round() as usize;
        let tool = self.tool_of(operator);
        let mut own = Vec::new();
        for nth in 0..count {
            let elsewhere = if self.dice.chance(0.7) { ProviderRole::Hosting } else { ProviderRole::Consumer };
            let role = if nth < at_firm { ProviderRole::Firm } else { elsewhere };
            let v6 = self.dice.chance(0.08);
            let actor = self.actor(ActorKind::Harvester, role, v6);
            self.cast.actors[actor].operator = Some(operator);
            self.cast.actors[actor].tool = tool.clone();
            own.push(actor);
        }
        self.cast.harvesters.push(own);
    }

    /// The program of an operator. The first ones read all forms, so that each form is tried at any scale.
    fn tool_of(&mut self, operator: usize) -> Tool {
        const AGENTS: [&str; 8] = [
            "Mozilla/4.0 (compatible; MSIE 6.0; Windows NT 5.1)",
            "Java/1.6.0_04",
            "Mozilla/4.0 (compatible ; MSIE 6.0; Windows NT 5.1)",
            "libwww-perl/5.805",
            "Mozilla/5.0 (Windows; U; Windows NT 5.1; en-US; rv:1.8.1.14) Gecko/20080404 Firefox/2.0.0.14",
            "",
            "Mozilla/4.0",
            "Python-urllib/1.17",
        ];
        let keen = operator < 3;
        Tool {
            agent: AGENTS[operator % AGENTS.len()].to_owned(),
            old_http: operator % 3 == 1,
            skill: Skill {
                references: keen || self.dice.chance(0.5),
                spelled: keen || self.dice.chance(0.4),
                comments: keen || self.dice.chance(0.5),
                attributes: self.dice.chance(0.5),
                ..Skill::default()
            },
            mangling: Mangling::ALL[operator % Mangling::ALL.len()],
        }
    }

    fn fleet(&mut self, fleet: Fleet, scale: f64) {
        let (count, least, role, kind) = match fleet {
            Fleet::Srizbi => (1600.0, 20, ProviderRole::Consumer, ActorKind::SpamServer),
            Fleet::Rustock => (700.0, 12, ProviderRole::Consumer, ActorKind::SpamServer),
            Fleet::MegaD => (600.0, 10, ProviderRole::Consumer, ActorKind::SpamServer),
            Fleet::Cutwail => (900.0, 12, ProviderRole::Consumer, ActorKind::SpamServer),
            Fleet::Hosted => (24.0, 4, ProviderRole::Hosting, ActorKind::SpamServer),
            Fleet::Webmail => (6.0, 3, ProviderRole::Webmail, ActorKind::SpamServer),
            Fleet::Newsletters => (3.0, 2, ProviderRole::Newsletter, ActorKind::NewsletterServer),
            Fleet::Guessers => (30.0, 2, ProviderRole::Consumer, ActorKind::DictionaryAttacker),
        };
        let mut own = Vec::new();
        for nth in 0..scaled(count, scale, least) {
            // The firm controls machines, it hardly sends: two of the rented servers are there.
            let role = if fleet == Fleet::Hosted && nth < 2 { ProviderRole::Firm } else { role };
            let v6 = fleet == Fleet::Hosted && self.dice.chance(0.2);
            let actor = self.actor(kind, role, v6);
            self.cast.actors[actor].fleet = Some(fleet);
            own.push(actor);
        }
        self.cast.senders.push(own);
    }

    fn others(&mut self, scale: f64) {
        use ActorKind::{CommentSpammer, Framer, PasswordGuesser, Person, RelayProber, RuleBreaker, SearchEngine};
        let kinds = [
            (SearchEngine, 8.0, 4, ProviderRole::SearchEngine),
            (Person, 30.0, 3, ProviderRole::Consumer),
            (Person, 10.0, 1, ProviderRole::Campus),
            (Framer, 3.0, 1, ProviderRole::Consumer),
            (CommentSpammer, 14.0, 2, ProviderRole::Hosting),
            (RuleBreaker, 12.0, 2, ProviderRole::Hosting),
            (RelayProber, 6.0, 1, ProviderRole::Hosting),
            (PasswordGuesser, 6.0, 1, ProviderRole::Consumer),
        ];
        for (kind, count, least, role) in kinds {
            for nth in 0..scaled(count, scale.sqrt(), least) {
                let actor = self.actor(kind, role, nth % 5 == 4);
                let agent = self.agent_of(kind, actor);
                let member = &mut self.cast.actors[actor];
                member.tool.agent = agent;
                if kind == SearchEngine {
                    member.tool.skill = Skill::ALL;
                }
                if matches!(kind, RelayProber | PasswordGuesser) {
                    member.fleet = Some(Fleet::Guessers);
                }
                self.cast.others.push((kind, actor));
            }
        }
    }

    fn agent_of(&mut self, kind: ActorKind, actor: usize) -> String {
        let provider = &self.providers[self.cast.actors[actor].provider];
        match kind {
            ActorKind::SearchEngine => {
                let name = &provider.name;
                format!("Mozilla/5.0 (compatible; {name}bot/2.1; +http://www.{}/bot.html)", provider.domain)
            }
            ActorKind::CommentSpammer | ActorKind::RuleBreaker => {
                self.dice.spin("{Mozilla/4.0 (compatible; MSIE 6.0; Windows NT 5.1; SV1)|Wget/1.11|lwp-trivial/1.41}")
            }
            _ => self.dice.spin(
                "Mozilla/5.0 ({Windows; U; Windows NT 5.1|Windows; U; Windows NT 6.0|Macintosh; U; Intel Mac OS X 10.5|X11; U; Linux i686}; en-{US|GB}; rv:1.9.0.{1|3|4}) Gecko/20081029{00|07} Firefox/3.0.{1|3|4}",
            ),
        }
    }
}

/// Whether an operator is a slow one.
pub(super) fn is_huckster(operator: usize) -> bool {
    TRADERS.get(operator).is_some_and(|trader| trader.kind == OperatorKind::Huckster)
}
