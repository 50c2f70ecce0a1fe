//! One message, judged.

use std::collections::HashSet;
use std::net::IpAddr;
use std::sync::Arc;

use model::{
    Attribution, ClientIdentity, Delivery, Harvest, Judgement, Message, MessageSummary, Network, SealedVisit,
    Timestamp, Trap,
};
use network::NetworkMap;

use crate::confidence::{Circumstances, Nearness, weigh};
use crate::ranges::{Lookup, Ranges};

/// Says of a message who harvested the addresses that it came to.
#[derive(Debug)]
pub struct Judge {
    networks: Arc<NetworkMap>,
    search_engines: Lookup,
    cdn_edges: Lookup,
    shared_proxies: Lookup,
    forwarders: Lookup,
}

/// What all deliveries of one message share.
struct Sent<'a> {
    at: Timestamp,
    network: &'a Network,
    forwarder: Option<&'a str>,
    imported: bool,
    sign_up_confirmation: bool,
}

impl Judge {
    /// A judge who knows these networks and these ranges.
    pub fn new(networks: Arc<NetworkMap>, ranges: Ranges) -> Self {
        Self {
            networks,
            search_engines: Lookup::new(&ranges.search_engines),
            cdn_edges: Lookup::new(&ranges.cdn_edges),
            shared_proxies: Lookup::new(&ranges.shared_proxies),
            forwarders: Lookup::new(&ranges.forwarders),
        }
    }

    /// What is known of an address's network as of a time: for visits, whose networks no judgement holds.
    pub fn network(&self, address: IpAddr, at: Timestamp) -> Network {
        self.networks.lookup(address, at)
    }

    /// All that is concluded from a message, each network as of the event that it was seen in.
    pub fn judge(&self, message: &Message) -> Judgement {
        self.judge_with_summary(message, message::summary(&message.content))
    }

    /// As [`judge`](Self::judge), for a message whose content isn't at hand but whose summary is: in a rebuild.
    pub fn judge_with_summary(&self, message: &Message, summary: MessageSummary) -> Judgement {
        let sender = self.networks.lookup(message.client.address, message.at);
        let sent = Sent {
            at: message.at,
            network: &sender,
            forwarder: self.forwarders.of_address(message.client.address),
            imported: message.client.identity == ClientIdentity::Imported,
            sign_up_confirmation: summary.sign_up_confirmation,
        };
        let harvesters: Vec<_> = message.deliveries.iter().map(|delivery| self.harvester(delivery)).collect();
        let several = from_unrelated_networks(&harvesters);
        let harvests = harvesters
            .into_iter()
            .map(|harvester| harvester.map(|(harvest, network)| self.harvest(harvest, network, &sent, several)))
            .collect();
        Judgement { summary, sender, harvests }
    }

    /// Who took the address of a delivery, and where they were then.
    fn harvester(&self, delivery: &Delivery) -> Option<(SealedVisit, Network)> {
        match &delivery.trap {
            Trap::Issued(visit) => Some((*visit, self.networks.lookup(visit.visitor.first(), visit.at))),
            Trap::Static(_) | Trap::Dictionary => None,
        }
    }

    fn harvest(&self, harvest: SealedVisit, network: Network, sent: &Sent<'_>, several_harvesters: bool) -> Harvest {
        let lag = sent.at.duration_since(harvest.at);
        let (confidence, reasons) = weigh(&Circumstances {
            lag,
            harvester: &network,
            sender: sent.network,
            search_engine: self.search_engines.of_visitor(harvest.visitor),
            cdn_edge: self.cdn_edges.of_visitor(harvest.visitor),
            shared_proxy: self.shared_proxies.of_visitor(harvest.visitor),
            forwarder: sent.forwarder,
            imported: sent.imported,
            sign_up_confirmation: sent.sign_up_confirmation,
            several_harvesters,
        });
        Harvest { attribution: Attribution { harvest, lag, confidence, reasons }, network }
    }
}

/// Whether these visitors are not one, and not all in one prefix or AS.
fn from_unrelated_networks(harvesters: &[Option<(SealedVisit, Network)>]) -> bool {
    let mut seen = HashSet::new();
    let mut distinct = harvesters.iter().flatten().filter(|(visit, _)| seen.insert(visit.visitor));
    let Some((_, first)) = distinct.next() else { return false };
    distinct.any(|(_, network)| Nearness::of(first, network) == Nearness::Apart)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use bytes::Bytes;
    use ipnet::IpNet;
    use model::{Client, EventId, MailProtocol, Reason, SiteId};
    use network::{DatasetBuilder, Kind};

    use super::*;
    use crate::{NamedRanges, through_a_cache};

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    /// 240.7.0.0/16 was one provider's until the day on which another announced it.
    fn networks() -> Arc<NetworkMap> {
        let routes = |asn, date: &str| {
            let mut routes = DatasetBuilder::new();
            routes.prefix("240.7.0.0/16".parse().unwrap(), Some(asn), None);
            routes.prefix("241.1.0.0/16".parse().unwrap(), Some(64510), None);
            routes.build(Kind::Routes, date.parse().unwrap()).0
        };
        let mut holders = DatasetBuilder::new();
        holders.holder(64500, "Hosting Example", None);
        holders.holder(64501, "Later Example", None);
        let (holders, _) = holders.build(Kind::Providers, "2008-01-01".parse().unwrap());
        Arc::new(NetworkMap::new(vec![routes(64500, "2008-01-01"), routes(64501, "2008-11-12"), holders]))
    }

    fn ranges() -> Ranges {
        let named = |name: &str, range: &str| {
            vec![NamedRanges { name: name.to_owned(), ranges: vec![range.parse::<IpNet>().unwrap()] }]
        };
        Ranges {
            search_engines: named("Search Example", "242.1.0.0/16"),
            cdn_edges: named("Edge Example", "2001:db8:ed6e::/48"),
            shared_proxies: named("Onion Example", "242.3.0.0/16"),
            forwarders: named("Mail Example", "242.4.0.0/16"),
        }
    }

    fn taken_by(visitor: &str, when: &str) -> Trap {
        Trap::Issued(SealedVisit {
            site: SiteId::new(7).unwrap(),
            at: at(when),
            visitor: visitor.parse().unwrap(),
            nonce: 0,
            key_generation: 0,
        })
    }

    fn message(sender: &str, when: &str, traps: Vec<Trap>) -> Message {
        let at = at(when);
        let delivery = |(n, trap)| Delivery { id: EventId::new(at, n), recipient: "x@trap.example".into(), trap };
        Message {
            id: EventId::new(at, 100),
            at,
            session: Some(EventId::new(at, 101)),
            client: Client::direct(sender.parse().unwrap(), 25000),
            protocol: MailProtocol::Smtp,
            helo: "localhost".into(),
            mail_from: "a@b.example".into(),
            deliveries: (1u128..).zip(traps).map(delivery).collect(),
            content: Bytes::from_static(b"Subject: Cheap\r\n\r\nBuy.\r\n"),
            received: String::new(),
            tls: false,
        }
    }

    fn judged(message: &Message) -> Judgement {
        Judge::new(networks(), ranges()).judge_with_summary(message, MessageSummary::default())
    }

    fn reasons(judgement: &Judgement) -> &[Reason] {
        &judgement.harvests[0].as_ref().unwrap().attribution.reasons
    }

    #[test]
    fn spam_from_elsewhere_three_weeks_later_names_the_harvester_and_both_networks() {
        let harvested = taken_by("240.7.1.2", "2008-11-01T10:00:00Z");
        let judgement = judged(&message("241.1.0.9", "2008-11-22T10:00:00Z", vec![harvested]));
        let harvest = judgement.harvests[0].as_ref().unwrap();
        assert_eq!(harvest.attribution.harvest.visitor, "240.7.1.2".parse().unwrap());
        assert_eq!(harvest.attribution.lag.as_hours(), 21 * 24);
        assert_eq!(harvest.attribution.confidence.get(), 75);
        assert_eq!(harvest.attribution.reasons, [Reason::AddressOpens]);
        assert_eq!(harvest.network.provider.as_deref(), Some("Hosting Example"));
        assert_eq!(judgement.sender.asn, Some(64510));
    }

    #[test]
    fn each_network_is_the_one_of_its_events_own_day() {
        let harvested = taken_by("240.7.1.2", "2008-11-11T21:30:00Z");
        let judgement = judged(&message("240.7.9.9", "2008-11-13T10:00:00Z", vec![harvested]));
        assert_eq!(judgement.harvests[0].as_ref().unwrap().network.provider.as_deref(), Some("Hosting Example"));
        assert_eq!(judgement.sender.provider.as_deref(), Some("Later Example"));
    }

    #[test]
    fn a_visit_by_a_search_engine_or_a_content_networks_edge_is_named_and_pins_nothing_on_it() {
        for (visitor, expected) in [
            ("242.1.0.1", Reason::SearchEngine { name: "Search Example".into() }),
            ("2001:db8:ed6e:5::/64", Reason::CdnEdge { name: "Edge Example".into() }),
            ("242.3.0.1", Reason::SharedProxy { name: "Onion Example".into() }),
        ] {
            let harvested = taken_by(visitor, "2008-11-01T10:00:00Z");
            let judgement = judged(&message("241.1.0.9", "2008-11-02T10:00:00Z", vec![harvested]));
            assert!(reasons(&judgement).contains(&expected), "{visitor}");
            assert!(through_a_cache(&judgement.harvests[0].as_ref().unwrap().attribution), "{visitor}");
        }
    }

    #[test]
    fn a_forwarders_network_says_nothing_of_the_spammers() {
        let harvested = taken_by("242.4.0.1", "2008-11-01T10:00:00Z");
        let judgement = judged(&message("242.4.0.2", "2008-11-08T10:00:00Z", vec![harvested]));
        assert_eq!(reasons(&judgement), [Reason::AddressOpens, Reason::Forwarder { name: "Mail Example".into() }]);
    }

    #[test]
    fn one_message_to_addresses_of_unrelated_visitors_comes_from_a_pooled_list() {
        let one = || taken_by("240.7.1.2", "2008-11-01T10:00:00Z");
        let neighbour = taken_by("240.7.3.4", "2008-11-01T11:00:00Z");
        let stranger = taken_by("241.1.0.1", "2008-11-01T12:00:00Z");
        let send = |traps| judged(&message("243.0.0.1", "2008-11-22T10:00:00Z", traps));
        let pooled = |judgement: &Judgement| reasons(judgement).contains(&Reason::SeveralHarvestersInSession);
        assert!(!pooled(&send(vec![one(), one()])), "one visitor");
        assert!(!pooled(&send(vec![one(), neighbour])), "one network's robots");
        assert!(pooled(&send(vec![one(), Trap::Dictionary, stranger])));
    }

    #[test]
    fn static_traps_and_guessed_names_have_no_harvester() {
        let judgement = judged(&message(
            "243.0.0.1",
            "2008-11-22T10:00:00Z",
            vec![Trap::Static("a@b.example".into()), Trap::Dictionary],
        ));
        assert_eq!(judgement.harvests, [None, None]);
    }

    #[test]
    fn imported_mail_says_that_its_sender_is_a_headers_word() {
        let mut imported =
            message("243.0.0.1", "2008-11-22T10:00:00Z", vec![taken_by("240.7.1.2", "2008-11-01T10:00:00Z")]);
        imported.client.identity = ClientIdentity::Imported;
        assert_eq!(reasons(&judged(&imported)), [Reason::AddressOpens, Reason::SenderFromReceived]);
    }

    #[test]
    fn a_confirmation_of_a_sign_up_frames_nobody() {
        let framed = message("243.0.0.1", "2008-11-01T10:01:00Z", vec![taken_by("240.7.1.2", "2008-11-01T10:00:00Z")]);
        let summary = MessageSummary { sign_up_confirmation: true, ..MessageSummary::default() };
        let judgement = Judge::new(networks(), ranges()).judge_with_summary(&framed, summary);
        assert!(judgement.harvests[0].as_ref().unwrap().attribution.confidence.get() <= 20);
    }
}
