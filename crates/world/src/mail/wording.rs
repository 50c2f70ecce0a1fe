//! What each trade says. All of it is made up, and nothing in it can be bought.

use crate::plan::Trade;

/// The wording of a trade. Choices are written `{a|b}`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wording {
    pub(super) subject: &'static str,
    pub(super) opening: &'static str,
    pub(super) middle: &'static [&'static str],
    pub(super) closing: &'static str,
    /// The second part of its links' host names.
    pub(super) domain: &'static str,
    /// Whether much filler follows.
    pub(super) filled: bool,
}

/// Names in a From header.
pub(super) const SENDER_NAMES: &str = "{Anna|Mark|Linda|Peter|Susan|Customer|Member|Helen|Victor|Grace} {Service|Moore|Hill|Care|Lane|Desk|Norris|Quill|Baker|Office}";

/// A line of words that say nothing.
pub(super) const FILLER: &str = "{the|a|that|every} {river|window|ladder|orchard|lantern|compass|kettle|station} {stood|waited|turned|rested|leaned} {by|under|behind|beside|above} {the|a|one} {old|quiet|narrow|painted|broken} {bridge|garden|harbour|stairway|market|mill} {until|while|because|although} {nobody|somebody|the baker|a sailor} {came|left|sang|slept|asked}";

impl Wording {
    /// What this trade says.
    pub(super) fn of(trade: Trade) -> Self {
        match trade {
            Trade::Pills => PILLS,
            Trade::Watches => WATCHES,
            Trade::Diplomas => DIPLOMAS,
            Trade::Casino => CASINO,
            Trade::Stocks => STOCKS,
            Trade::Bank => BANK,
            Trade::Parcel => PARCEL,
            Trade::Lottery => LOTTERY,
            Trade::Confirmation => CONFIRMATION,
        }
    }
}

const PILLS: Wording = Wording {
    subject: "{Your|Our|The} {pharmacy|chemist|medication} {order|savings|offer} {4|7|2|9}{0|1|5}{|0} {today|inside|now|% off}",
    opening: "{Dear customer|Hello|Good day|Hi}, {prices|costs} at {our|the online|your trusted} pharmacy are {lower|down|better} {this week|today|again}.",
    middle: &[
        "{No|Without} {waiting|queue|appointment|embarrassment}: {order|choose|pick} and it {ships|leaves} {tonight|within a day|at once}.",
        "{Over|More than} {40|60|90}{0|5}00 {people|customers|men and women} {trust|use|recommend} {us|our shop}.",
        "{Plain|Discreet|Unmarked} {parcel|packaging|box}, {to your door|to any country|airmail}.",
        "{Buy|Take|Get} {ten|twenty|thirty} and {four|five|eight} {more|extra} are {free|on us|our gift}.",
        "{Every|Each} {item|order} is {checked|tested|inspected} by {our|qualified} {staff|chemists}.",
    ],
    closing: "{See|Look at|Visit} {the list|our shelves|today's prices} {here|below|now}:",
    domain: "mildpharm",
    filled: true,
};

const WATCHES: Wording = Wording {
    subject: "{Swiss|Fine|Exact|Luxury} {watches|timepieces|copies} {for less|at last|from 1}{39|89|99} {only|dollars|today}",
    opening: "{Nobody|No one} will {notice|tell|know} the {difference|copy}: {same|identical} {weight|steel|movement|sapphire}.",
    middle: &[
        "{Forty|Sixty|Ninety} {models|designs} in {stock|our vault}, {new ones|more} {every week|each Monday}.",
        "{Water|Scratch} {resistant|proof} to {30|50} {metres|feet}, {sweeping|quartz} {hand|movement}.",
        "{A gift|A present|The gift} {for him|for her|for yourself} that {lasts|impresses|speaks}.",
        "{Boxes|Bags|Pens|Wallets} {too|as well}, {all|each} with {papers|a certificate}.",
        "{Two|Three} for the price of {one|two} {until Sunday|this month|while they last}.",
    ],
    closing: "{Browse|Open|Visit} the {gallery|catalogue|collection}:",
    domain: "finetick",
    filled: true,
};

const DIPLOMAS: Wording = Wording {
    subject: "{Degree|Diploma|Title} {in|within} {7|10|14} days{|, no exams|, no classes}",
    opening: "{Your|The} {experience|working life|knowledge} {is worth|deserves|earns} a {degree|diploma|doctorate}.",
    middle: &[
        "{No|Zero} {tests|books|interviews|exams}, {nobody|no one} is {turned down|refused}.",
        "{Bachelor|Master|Doctor} of {Arts|Science|Business|Law}, {your choice|as you like}.",
        "{Employers|Companies|Banks} {pay|reward} {more|better} for a {title|degree}.",
        "{Call|Ring|Ask} {day or night|any hour|also on Sundays} and {leave|tell us} your {name|number}.",
        "{Seals|Signatures|Transcripts} {included|come with it}, {verified|confirmed} on {request|demand}.",
    ],
    closing: "{Apply|Begin|Enrol} {today|now|here}:",
    domain: "quickgrad",
    filled: true,
};

const CASINO: Wording = Wording {
    subject: "{Welcome|Sign-up|First} bonus {of|worth} {3|5|7}{00|50} {chips|dollars|euro}",
    opening: "{The tables|The wheels|Our games} are {open|spinning|waiting} and {the first|your first} {chips|round|stake} {is|are} {ours|free|paid}.",
    middle: &[
        "{Roulette|Blackjack|Poker|Slots} {day and night|around the clock} with {live|real} {dealers|players}.",
        "{Last night|On Sunday|This week} {a player|somebody} {won|took home} {4|7|9}{1|2|3}{000|500}.",
        "{Payout|Cashing out} {in an hour|the same day|without fees}.",
        "{Download|Install} {nothing|one small program} and {play|start}.",
        "{Friends|Every friend} you {bring|invite} {doubles|raises} your {bonus|credit}.",
    ],
    closing: "{Take|Claim|Collect} {it|your bonus|your chips} {here|at}:",
    domain: "luckyhall",
    filled: true,
};

const STOCKS: Wording = Wording {
    subject: "{Alert|Watch|Buy}: {XQZT|QWXP|ZZKV} {up|moves|set to climb} {40|60|120} {percent|%}",
    opening: "{Before the bell|On Monday|This morning} {watch|look at|buy} {XQZT|QWXP|ZZKV}, {now|still} at {0.1|0.2|0.3}{1|4|7}.",
    middle: &[
        "{News|A contract|A merger} is {expected|days away|about to break}.",
        "{Insiders|Those who know|Early buyers} {hold|have bought} {already|for weeks}.",
        "{Our|The} last {pick|tip} {rose|went up} {210|340|520} percent in {three|five|nine} days.",
        "{Volume|Interest|Demand} {doubled|tripled} {on Friday|last week|overnight}.",
        "{Call|Tell|Ask} your broker {first thing|today|before noon}.",
    ],
    closing: "{The report|Our study|The figures}:",
    domain: "tipsheet",
    filled: true,
};

const BANK: Wording = Wording {
    subject: "{Notice|Important|Security}: {your account|online access|your card} {is|was|has been} {limited|locked|suspended}",
    opening: "{Dear|Valued} {customer|client|member} of {Harbour Trust|First Meadow Bank|Union of Dales},",
    middle: &[
        "{we|our team} {noticed|found|recorded} {unusual|several failed} {sign-ins|payments} {on|from} your account.",
        "{For your safety|As a precaution} {access|your card} is {on hold|limited} {until|unless} you {confirm|verify} your {details|identity}.",
        "{This takes|It needs} {two|five} minutes and {must|has to} be {done|completed} within {24|48|72} hours.",
        "{Case|Reference} number: {4|7|8}{1|2|3|4}{0|5|9}{1|3|6}{2|7}.",
    ],
    closing: "{Sign in|Continue|Proceed} {here|safely|below}:",
    domain: "harbourtrust-secure",
    filled: false,
};

const PARCEL: Wording = Wording {
    subject: "{Parcel|Package|Delivery} {N|no. |#}{3|5|8}{1|4|7}{0|2|9}{3|6} {could not be|was not} delivered",
    opening: "{Dear customer|Hello}, {our courier|the driver} {could not|was unable to} {reach|find} {you|the address}.",
    middle: &[
        "{The parcel|Your package} {waits|is kept} at {the depot|our office} for {five|seven} days.",
        "{Print|Bring} the {label|invoice} {linked|that is} below.",
        "{A fee|Storage} of {2|4|6} {dollars|euro} a day {applies|is due} {after that|from tomorrow}.",
        "{Sender|Weight}: {not stated|1.4 kg|0.8 kg|unknown}.",
    ],
    closing: "{The label|Your label|Print it}:",
    domain: "swiftcrate",
    filled: false,
};

const LOTTERY: Wording = Wording {
    subject: "{Your|An} {urgent|confidential|humble} {reply|request|notification}{| is needed}",
    opening: "{Dearest|Beloved|Attention} {friend|beneficiary|winner}, {greetings|good day} to you and {yours|your family}.",
    middle: &[
        "I {am|write as} {the widow|the lawyer|the banker} of the late {Chief|Mr|Engineer} {Obadu|Marrin|Kellow}.",
        "{The sum|An amount} of {4.2|8.5|17} million {dollars|pounds} {lies|rests} in a {vault|trunk|security company}.",
        "{Your|The} share is {20|30|40} percent for {your help|your assistance|a bank account}.",
        "{Keep|Hold} this {secret|to yourself} and {reply|answer} with your {name|telephone|occupation}.",
        "{A small|Only a} fee of {250|480|900} dollars {clears|releases} the {papers|funds}.",
    ],
    closing: "{God bless|Yours in trust|With respect}, {Mrs|Barrister|Dr} {Grace|Felix|Amina} {Obadu|Marrin|Kellow}",
    domain: "trustdesk",
    filled: false,
};

const CONFIRMATION: Wording = Wording {
    subject: "Please confirm your subscription to {The Weekly Gardener|Harbour News|Sunday Recipes}",
    opening: "Hello, {somebody|you or somebody else} {entered|gave} this address to subscribe to our newsletter.",
    middle: &[
        "To confirm your subscription, {open|follow} the link below{| within seven days}.",
        "If you did not sign up, {ignore|delete} this message and you will not hear from us again.",
        "{We never|Nobody here will} pass on your address.",
    ],
    closing: "Confirm your subscription:",
    domain: "weeklyletters",
    filled: false,
};
