//! The legal notice: what a machine that takes an address agrees to, and for whom it acts.
//!
//! Every site says the same things, each clause in words of its own, in an order of its own. The digest of the
//! text as served goes into the visit's record: evidence of what the visitor was told.

use sha2::{Digest, Sha256};

use super::dice::Dice;
use super::html::escape;
use crate::Site;

/// A site's legal notice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LegalNotice {
    /// The notice as it stands in the page: paragraphs of HTML, without the element around them.
    pub html: String,
    /// SHA-256 of [`LegalNotice::html`].
    pub digest: [u8; 32],
}

impl LegalNotice {
    /// The notice that this site serves.
    pub fn of(site: &Site) -> Self {
        let mut dice = Dice::of(site, "notice");
        let owner = match &site.owner {
            Some(owner) => escape(owner),
            None => dice.phrase("{the owner|the holder|the keeper|the operator} of {this site|this page|these pages}"),
        };
        let value = dice.phrase("{US$ |USD |$}{40|45|50|55|60|65|70|75|80|85|90|95}");
        let mut middle = MIDDLE.to_vec();
        dice.shuffle(&mut middle);
        let sentences: Vec<String> = std::iter::once(&OPENING)
            .chain(&middle)
            .chain(std::iter::once(&CLOSING))
            .map(|clause| dice.pick(clause.as_slice()))
            .collect::<Vec<_>>()
            .into_iter()
            .map(|wording| capitalised(dice.phrase(wording).replace("$owner", &owner).replace("$value", &value)))
            .collect();
        let html = paragraphs(&sentences, &mut dice);
        let digest = Sha256::digest(html.as_bytes()).into();
        Self { html, digest }
    }
}

fn paragraphs(sentences: &[String], dice: &mut Dice) -> String {
    let size = dice.between(2, sentences.len());
    sentences.chunks(size).map(|sentences| format!("<p>{}</p>", sentences.join(" "))).collect::<Vec<_>>().join("\n")
}

fn capitalised(sentence: String) -> String {
    let mut letters = sentence.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// One thing that the notice says, in six wordings.
type Clause = [&'static str; 6];

/// That using the page accepts the notice.
const OPENING: Clause = [
    "{these terms|the terms below|the following terms} {apply to|govern|bind} {whoever|anyone who|everybody who} {loads|requests|retrieves} {this page|these pages|any part of this page}, and {loading|requesting|retrieving} it {accepts them|is agreement to them}.",
    "{access to|use of|any request for} {this page|this document|these contents} is {allowed|granted|licensed} {only|solely} {under|on} the {conditions|rules|terms} {stated here|set out here|in this section}; {no other access is allowed|no other licence is given}.",
    "{by|in} {fetching|reading|downloading} {this page|this address list|what is published here}, the {visitor|client|caller} {takes on|agrees to|is bound by} {what follows|the conditions that follow|each clause of this notice}.",
    "{what is published here|the text and the addresses here} may be {viewed|fetched|accessed} {on these conditions|subject to this notice} {alone|only}, {which take effect|in force} {with the first byte sent|as soon as the page is sent|upon transmission}.",
    "{notice to|terms for|conditions for} {visitors|all clients|every caller}: {continued access|a completed request|taking a copy} {means|amounts to|constitutes} {consent to|acceptance of} {this agreement|this text|these clauses}.",
    "{a licence|permission|leave} to {retrieve|open|request} {this page|this resource} is {offered|extended} {to those who|to a visitor who} {accepts|keeps to|respects} the {clauses|provisions|terms} {written here|given here}, and {is taken up by|begins with} {the request itself|making the request}.",
];

/// What comes between, in an order of the site's own.
const MIDDLE: [Clause; 5] = [AGENCY, PROPERTY, BREACH, RECORD, USE];

/// That a program acts for whoever runs it.
const AGENCY: Clause = [
    "{a robot|a crawler|an automated client|a script} {is|counts as|is deemed} the {agent|representative} of {the person|the individual or firm} who {runs|controls|wrote or runs} it, and {binds|commits} {that person|its principal} {to this notice|by what it does}.",
    "{visitors that are not people|non-human visitors|programs that visit} {act|are acting} {for|on behalf of} {whoever operates|those who operate|those who direct or profit from} them; {their operators|the people behind them} {answer|are answerable} for {every act|each request|all they take}.",
    "{software|an unattended program|a bot} has {no will of its own|no standing of its own}: {what it agrees to|what it takes}, {its operator|whoever set it going} {agrees to|takes}, {knowingly|as if in person}.",
    "{if|where|should} {a machine|a program|a harvester} {makes|sends|issues} {the request|a request}, {the one|the party} who {started|deployed|instructed} {it|that machine} is {the visitor|the contracting party|the party bound} {for all purposes|under this notice}.",
    "{responsibility|liability} for {automated visits|machine access|unattended requests} {rests with|lies on|falls to} {their authors, operators and clients|the persons who control or pay for them}, {who|all of whom} {accept|enter into} {these terms|this agreement} {through|by means of} {the machine|their software}.",
    "{every|each} {automatic|machine-made|scripted} {visit|retrieval|access} is {made|carried out|done} {in the name of|as the agent of|for the account of} {its controller|its master|the human who arranged it}.",
];

/// Whose the addresses are, and what each is worth.
const PROPERTY: Clause = [
    "{every|each} {e-mail address|email address|mail address} {shown|given|printed} here is {the property of|owned by} $owner and is {worth|valued at} {at least|no less than} $value{| to its owner}.",
    "{the addresses|all addresses} {on this page|listed here|found here} {belong to|are owned by|remain the property of} $owner, {who puts|putting} {their value|the value of each} at {not less than|a minimum of} $value{| apiece}.",
    "$owner {owns|holds title to|is sole owner of} {the addresses here|each address on display|all the addresses published here}; {a single one|any one of them} has {a stated|an agreed|a declared} {value|worth} of $value {or more|at the least}.",
    "{it is agreed|the visitor agrees|it is understood} that {an address|one address|each address} {from this page|taken from here|appearing here} {has|carries|represents} {a value|an intrinsic value} of $value {at minimum|or above} and {is|stays} {proprietary to|the property of} $owner.",
    "{ownership|title} of {these addresses|the e-mail addresses here|what is listed here} {is with|rests with|stays with} $owner; {their secrecy|the rarity of each} {makes it worth|gives each a value of} {at least|upwards of} $value.",
    "{no|never is an} address {here|on these pages} {is free for the taking|is public property|is given away}: {each is|all are} {held|kept} by $owner at {a worth|a value|a price} of $value {for each|each|per address}{| or higher}.",
];

/// What breaks the terms.
const BREACH: Clause = [
    "{to collect|taking|gathering}, {store|keeping|saving}, {hand on|passing on|trading} or {mail to|mailing|writing to} {any of them|one of these addresses} {is|counts as|will be} a {breach|violation} of {these terms|this notice|the agreement}.",
    "{whoever|a party that|one who} {harvests|copies|extracts} {an address|such an address}, {keeps it|stores it}, {sells it|gives it to others|shares it} or {sends mail to it|sends a message to it} {breaks|is in breach of|violates} {this agreement|these conditions}, {once for each|separately each time|every time anew}.",
    "{it is forbidden|it is not permitted|no licence is given} to {take|compile|record} {the addresses|addresses from here}, to {hold|retain} {them|a copy of them}, to {transfer|distribute} them, or to {send e-mail to them|use them for mailing}; {doing so|any of these} is {a breach|an infringement}.",
    "{each of these acts|all of the following|any of the following} {breaches|offends against|breaks} {this notice|the terms}: {collecting|lifting} {an address|one address}, {keeping|storing} it, {passing it along|supplying it to another}, {sending to it|mailing it}.",
    "{storage|retention|collection}, {transfer|sale|resale} or {use|mailing} of {an address found here|addresses from this page} {harms|reduces} {its value|what it is worth} and {is|constitutes} {a separate|an actionable|a distinct} {breach|violation} {by all involved|for every address}.",
    "{mail sent to|a message delivered to|spam received at} {an address of this page|one of these addresses} {shows|is proof|is an admission} that {it was taken|it was harvested|it was copied} {and kept|and passed on}, {each of which|either of which} {breaches|violates|is contrary to} {these terms|this licence}.",
];

/// That the visit is recorded.
const RECORD: Clause = [
    "{the IP address|the network address|your IP address} of {every visit|each visitor|this visit} is {recorded|logged|kept} {with|together with} {the time|the hour} and {tied|linked|bound} to {the address shown|the address handed out|the one e-mail address served}.",
    "{each visit|every request|any access} {is recorded|goes on record|is logged}: {its IP address|the IP address it came from} is {joined|attached|matched} to {the address|the e-mail address} {that was served|given out} {in answer|in reply|with it}.",
    "{no two|never are two} {visits|requests} {get|receive|are given} {the same address|one and the same address}; {which IP address|which host} {got which|received it} is {written down|recorded|stored} {and kept|and can be shown|as evidence}.",
    "{we record|a record is made of|the server records} {the IP address|the source IP address} {asking|of the caller|of the visitor} and {the unique address|the mail address} {it was sent|returned to it}, {so that|in such a way that} {one leads to the other|the two stay connected}.",
    "{the visitor|the client|whoever visits} {consents|agrees} to {having its IP address|its IP address being} {recorded|registered|noted} and {associated|paired|coupled} with {what is served|the address on the page}, {and to|as well as to} {publication of both|both being used as evidence}.",
    "{identity|the identity of visitors} is {kept|preserved} {by|through} {IP address|recording the IP address}; {the trap address|the mail address} {issued|produced} {to it|for that visit} {identifies|points back to|names} {that record|the visit} {for ever|for good|from then on}.",
];

/// What the addresses may be used for.
const USE: Clause = [
    "{nothing here|no part of this page} {is an offer|invites anyone} to {write|correspond|get in touch}, and {silence|the lack of a reply|an open mailbox} {is no consent|does not mean consent} to {mail|be mailed}.",
    "{no one|nobody} {asks for|has asked for|wishes} mail {at these addresses|to any of these}; {unasked|unsolicited} mail {sent there|that arrives} is {unwelcome|refused in advance|not agreed to} {without exception|in every case}.",
    "{the addresses|these addresses|the mailboxes here} {are for|serve} {no correspondence|no commerce} {whatever|of any sort}: {they do not subscribe|none has subscribed|none was ever given} to {any list|any newsletter|anything}.",
    "{a claim|any assertion} that {an address here|one of these} {opted in|asked to be mailed|was signed up by its owner} is {false|untrue} {from the outset|by definition|on its face}.",
    "{copying for|use in} {mailing lists|a marketing list|address dictionaries} is {expressly|wholly|entirely} {excluded|ruled out|barred}{, paid or not|, now and later|}.",
    "{this permission|the licence} {does not extend|never extends} to {address lists|bulk mail|any kind of mailing}, {nor to|or to} {those who buy|parties who obtain} {such a list|the result}.",
];

/// What holds for people.
const CLOSING: Clause = [
    "{people|human readers} {who merely read this|who look and leave} {owe nothing|have nothing to fear} {and may go|and are free to go}{| at any time}.",
    "{a person|a human being} {reading this|who came by chance} {breaks no term|does no wrong} {by looking|by reading} and {leaving it at that|moving on}.",
    "{if you do not agree|if this is not acceptable}, {leave now|close the page} and {take nothing|keep no address|discard what you fetched}.",
    "{whoever disagrees|those who disagree} {has no leave to stay|may not go on} and {must delete|has to destroy} {what was fetched|all copies}.",
    "{reading|looking} {is free; taking is not|costs nothing; taking has a price|is free, and harvesting has a price}.",
    "{these terms|the clauses above} {stand|remain in force} {even if|although} {one of them|some part} {fails|cannot be enforced}, {and bind|binding} {successors|later holders} {too|as well}.",
];
