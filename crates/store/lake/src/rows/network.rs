//! What is known of a network, in five columns, and why an attribution is as sure as it is, as texts.

use model::{Country, Network, Reason};

use crate::LakeError;
use crate::columns::{Row, RowWriter};

/// Five columns: prefix, AS number, provider, country, and the date of the routing data. All null for `None`.
pub fn write_network(row: &mut RowWriter, network: Option<&Network>) {
    row.opt_display(network.and_then(|network| network.prefix));
    row.opt_whole(network.and_then(|network| network.asn));
    row.opt_text(network.and_then(|network| network.provider.as_deref()));
    row.opt_text(network.and_then(|network| network.country.as_ref()).map(Country::as_str));
    row.opt_date(network.and_then(|network| network.as_of));
}

/// The names of the five columns of a sender's network.
pub const SENDER: [&str; 5] =
    ["sender_prefix", "sender_asn", "sender_provider", "sender_country", "sender_network_as_of"];

/// The names of the five columns of a harvester's network.
pub const HARVESTER: [&str; 5] =
    ["harvester_prefix", "harvester_asn", "harvester_provider", "harvester_country", "harvester_network_as_of"];

/// Reads what [`write_network`] wrote.
pub fn read_network(row: Row<'_>, [prefix, asn, provider, country, as_of]: [&str; 5]) -> Result<Network, LakeError> {
    Ok(Network {
        prefix: row.opt_parsed(prefix)?,
        asn: row.opt_whole(asn),
        provider: row.opt_text(provider).map(str::to_owned),
        country: row.opt_text(country).and_then(Country::new),
        as_of: row.opt_date(as_of),
    })
}

/// A reason as text: its name, and after a colon whose range it is, where that matters.
pub fn reason_text(reason: &Reason) -> String {
    match reason {
        Reason::AddressOpens => "address_opens".to_owned(),
        Reason::SameNetwork => "same_network".to_owned(),
        Reason::SoonAfterHarvest => "soon_after_harvest".to_owned(),
        Reason::LongAfterHarvest => "long_after_harvest".to_owned(),
        Reason::SearchEngine { name } => format!("search_engine: {name}"),
        Reason::CdnEdge { name } => format!("cdn_edge: {name}"),
        Reason::SharedProxy { name } => format!("shared_proxy: {name}"),
        Reason::Forwarder { name } => format!("forwarder: {name}"),
        Reason::SenderFromReceived => "sender_from_received".to_owned(),
        Reason::SignUpConfirmation => "sign_up_confirmation".to_owned(),
        Reason::HarvestAfterDelivery => "harvest_after_delivery".to_owned(),
        Reason::SeveralHarvestersInSession => "several_harvesters_in_session".to_owned(),
    }
}

/// The reason that [`reason_text`] made this text of.
pub fn read_reason(text: &str) -> Result<Reason, LakeError> {
    let (kind, name) = text.split_once(": ").map_or((text, String::new()), |(kind, name)| (kind, name.to_owned()));
    Ok(match kind {
        "address_opens" => Reason::AddressOpens,
        "same_network" => Reason::SameNetwork,
        "soon_after_harvest" => Reason::SoonAfterHarvest,
        "long_after_harvest" => Reason::LongAfterHarvest,
        "search_engine" => Reason::SearchEngine { name },
        "cdn_edge" => Reason::CdnEdge { name },
        "shared_proxy" => Reason::SharedProxy { name },
        "forwarder" => Reason::Forwarder { name },
        "sender_from_received" => Reason::SenderFromReceived,
        "sign_up_confirmation" => Reason::SignUpConfirmation,
        "harvest_after_delivery" => Reason::HarvestAfterDelivery,
        "several_harvesters_in_session" => Reason::SeveralHarvestersInSession,
        _ => return Err(LakeError::Row(format!("{text:?} is not a reason that this version knows"))),
    })
}
