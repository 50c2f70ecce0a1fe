//! How each kind of sender speaks SMTP. Bots are told apart by such habits (Stringhini et al., "B@bel", USENIX
//! Security 2012): the order of commands, their spelling and spacing, what they make of replies, how they end.
//!
//! The botnets' names are history; the habits given to them here are made up.

use std::net::IpAddr;

use crate::dice::Dice;
use crate::plan::Fleet;

/// How a session ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    /// With QUIT and its answer.
    Quit,
    /// With QUIT, not waiting for its answer.
    HastyQuit,
    /// The connection is closed without a word.
    Drop,
}

/// A way of speaking SMTP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Dialect {
    /// EHLO rather than HELO.
    pub(crate) extended: bool,
    /// Verbs in lower case.
    pub(crate) lower_case: bool,
    /// A space between `FROM:` and the path, which RFC 5321 section 3.3 does not allow.
    pub(crate) spaced: bool,
    /// SIZE and BODY parameters where the server offers them.
    pub(crate) parameters: bool,
    /// MAIL, RCPT and DATA in one packet where the server offers PIPELINING (RFC 2920).
    pub(crate) pipelines: bool,
    /// RSET between messages.
    pub(crate) resets: bool,
    /// How it ends.
    pub(crate) ending: Ending,
    /// Messages in one session, at least and at most.
    pub(crate) messages: (usize, usize),
    /// Recipients of one message, at least and at most.
    pub(crate) recipients: (usize, usize),
}

impl Dialect {
    /// How the machines of a fleet speak.
    pub(crate) fn of(fleet: Fleet) -> Self {
        let plain = Self {
            extended: true,
            lower_case: false,
            spaced: false,
            parameters: false,
            pipelines: false,
            resets: false,
            ending: Ending::Quit,
            messages: (1, 1),
            recipients: (1, 1),
        };
        match fleet {
            Fleet::Srizbi => {
                Self { extended: false, ending: Ending::Drop, messages: (1, 3), recipients: (1, 2), ..plain }
            }
            Fleet::Rustock => Self { messages: (1, 3), recipients: (1, 2), ending: Ending::HastyQuit, ..plain },
            Fleet::MegaD => {
                Self { extended: false, spaced: true, resets: true, messages: (1, 5), recipients: (1, 2), ..plain }
            }
            Fleet::Cutwail => Self {
                lower_case: true,
                pipelines: true,
                messages: (1, 2),
                recipients: (1, 2),
                ending: Ending::Drop,
                ..plain
            },
            Fleet::Hosted => Self { pipelines: true, parameters: true, messages: (1, 8), recipients: (1, 2), ..plain },
            Fleet::Webmail => Self { parameters: true, recipients: (1, 5), ..plain },
            Fleet::Newsletters => Self { parameters: true, pipelines: true, ..plain },
            Fleet::Guessers => Self { messages: (1, 1), recipients: (4, 16), ending: Ending::HastyQuit, ..plain },
        }
    }
}

/// What a machine of this fleet calls itself.
pub(crate) fn helo(fleet: Fleet, address: IpAddr, domain: &str, dice: &mut Dice) -> String {
    match fleet {
        Fleet::Srizbi => format!("{}.{domain}", dashed(address)),
        Fleet::Rustock => {
            format!("mail.{}.example", dice.spin("{alder|basalt|cinder|drift|ember|flint}{works|yard|line|port}"))
        }
        Fleet::MegaD => {
            let length = dice.between(6, 7);
            dice.letters(length)
        }
        Fleet::Cutwail => dice.spin("{home|user|owner|office|pc}-") + &format!("{:08x}", dice.seed() as u32),
        Fleet::Hosted => format!("srv{}.{domain}", dice.between(1, 40)),
        Fleet::Webmail => format!("out{}.{domain}", dice.between(1, 6)),
        Fleet::Newsletters => format!("mta{}.{domain}", dice.between(1, 4)),
        Fleet::Guessers => dice.spin("{localhost|User|ylmf-pc|win-server|mx}"),
    }
}

/// `h240-16-0-1` for 240.16.0.1: what providers call their customers' machines.
fn dashed(address: IpAddr) -> String {
    match address {
        IpAddr::V4(v4) => format!("h{}", v4.to_string().replace('.', "-")),
        IpAddr::V6(v6) => format!("h{:x}", (u128::from(v6) >> 64) as u64),
    }
}
