//! Whether mail for a domain gets here, as the DNS has it (RFC 5321 section 5.1).

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use hickory_resolver::TokioResolver;
use hickory_resolver::config::{ConnectionConfig, NameServerConfig, ResolverConfig};
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::proto::rr::RData;
use serde::Serialize;

use crate::failure::{Failure, Kind};

/// What the MX records must lead to.
pub struct Expected {
    /// The name that the mail trap greets with.
    pub hostname: String,
    /// Where it is reached; empty if that wasn't said.
    pub addresses: Vec<IpAddr>,
}

/// What the DNS says of one domain.
#[derive(Debug, Serialize)]
pub struct Verdict {
    /// The domain.
    pub domain: String,
    /// Its MX hosts, the most preferred first.
    pub mail_exchangers: Vec<Exchanger>,
    /// Whether the most preferred of them is this deployment.
    pub reaches_us: bool,
    /// What to do about it, where it isn't.
    pub mend: Option<String>,
}

/// One MX record and where it leads.
#[derive(Debug, Serialize)]
pub struct Exchanger {
    /// The lower, the sooner tried.
    pub preference: u16,
    /// The host.
    pub host: String,
    /// Its addresses.
    pub addresses: Vec<IpAddr>,
}

/// A resolver that asks this server, or the system's.
pub fn resolver(server: Option<SocketAddr>) -> Result<TokioResolver, Failure> {
    let unusable = |error: &dyn fmt::Display| {
        Failure::new(
            Kind::Failed,
            format!("the DNS can't be asked: {error}; name a server with --resolver 192.0.2.53:53"),
        )
    };
    let mut builder = match server {
        None => TokioResolver::builder_tokio().map_err(|error| unusable(&error))?,
        Some(server) => {
            let on_port = |mut connection: ConnectionConfig| {
                connection.port = server.port();
                connection
            };
            let connections = vec![on_port(ConnectionConfig::udp()), on_port(ConnectionConfig::tcp())];
            let servers = vec![NameServerConfig::new(server.ip(), true, connections)];
            let config = ResolverConfig::from_parts(None, Vec::new(), servers);
            TokioResolver::builder_with_config(config, TokioRuntimeProvider::default())
        }
    };
    builder.options_mut().timeout = Duration::from_secs(3);
    builder.build().map_err(|error| unusable(&error))
}

/// Asks the DNS about a domain.
pub async fn check(resolver: &TokioResolver, domain: &str, expected: &Expected) -> Verdict {
    let mut mail_exchangers = match exchangers(resolver, domain).await {
        Ok(found) => found,
        Err(mend) => {
            return Verdict {
                domain: domain.to_owned(),
                mail_exchangers: Vec::new(),
                reaches_us: false,
                mend: Some(mend),
            };
        }
    };
    mail_exchangers.sort_by_key(|exchanger| exchanger.preference);
    let reaches_us = mail_exchangers.first().is_some_and(|first| is_us(first, expected));
    let mend = (!reaches_us).then(|| mend(domain, &mail_exchangers, expected));
    Verdict { domain: domain.to_owned(), mail_exchangers, reaches_us, mend }
}

fn is_us(exchanger: &Exchanger, expected: &Expected) -> bool {
    let named = exchanger.host.eq_ignore_ascii_case(expected.hostname.trim_end_matches('.'));
    if expected.addresses.is_empty() {
        named
    } else {
        expected.addresses.iter().any(|ours| exchanger.addresses.contains(ours))
    }
}

fn mend(domain: &str, found: &[Exchanger], expected: &Expected) -> String {
    let record = format!("{domain}. MX 10 {}.", expected.hostname.trim_end_matches('.'));
    match found.first() {
        None => format!("it has no MX record; add  {record}"),
        Some(_) if found.iter().skip(1).any(|exchanger| is_us(exchanger, expected)) => {
            "another host is tried first; give the MX that is this deployment the lowest preference".to_owned()
        }
        Some(first) => format!("its mail goes to {}; the record must be  {record}", first.host),
    }
}

async fn exchangers(resolver: &TokioResolver, domain: &str) -> Result<Vec<Exchanger>, String> {
    let answer = match resolver.mx_lookup(format!("{domain}.")).await {
        Ok(answer) => answer,
        Err(error) if error.is_nx_domain() => {
            return Err("the DNS has no such domain; register it, or correct its spelling".into());
        }
        Err(error) if error.is_no_records_found() => return Ok(Vec::new()),
        Err(error) => {
            return Err(format!("the DNS did not answer ({error}); try again, or name a server with --resolver"));
        }
    };
    let mut found = Vec::new();
    for record in answer.answers() {
        let RData::MX(mx) = &record.data else { continue };
        let name = mx.exchange.to_ascii();
        let addresses = match resolver.lookup_ip(name.as_str()).await {
            Ok(addresses) => addresses.iter().collect(),
            // A host without an address is shown as such; the verdict follows from it.
            Err(_) => Vec::new(),
        };
        found.push(Exchanger { preference: mx.preference, host: name.trim_end_matches('.').to_owned(), addresses });
    }
    Ok(found)
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let said = if self.reaches_us { "gets here" } else { "does NOT get here" };
        write!(f, "{}: mail {said}", self.domain)?;
        for exchanger in &self.mail_exchangers {
            let addresses: Vec<String> = exchanger.addresses.iter().map(IpAddr::to_string).collect();
            let addresses = if addresses.is_empty() { "has no address".to_owned() } else { addresses.join(" ") };
            write!(f, "\n  MX {} {}  {addresses}", exchanger.preference, exchanger.host)?;
        }
        match &self.mend {
            Some(mend) => write!(f, "\n  {mend}"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn expected(addresses: &[&str]) -> Expected {
        Expected {
            hostname: "mx.example".into(),
            addresses: addresses.iter().map(|text| text.parse().unwrap()).collect(),
        }
    }

    fn exchanger(preference: u16, host: &str, address: &str) -> Exchanger {
        Exchanger { preference, host: host.into(), addresses: vec![address.parse().unwrap()] }
    }

    #[test]
    fn an_mx_is_ours_by_name_or_if_addresses_are_given_by_address() {
        assert!(is_us(&exchanger(10, "MX.example", "192.0.2.1"), &expected(&[])));
        assert!(!is_us(&exchanger(10, "mx.example", "192.0.2.1"), &expected(&["192.0.2.2"])));
        assert!(is_us(&exchanger(10, "other.example", "192.0.2.2"), &expected(&["192.0.2.2"])));
    }

    #[test]
    fn the_mend_is_the_record_to_add_or_to_change() {
        let none = mend("traps.example", &[], &expected(&[]));
        assert_eq!(none, "it has no MX record; add  traps.example. MX 10 mx.example.");
        let elsewhere = mend("traps.example", &[exchanger(10, "mail.test", "192.0.2.9")], &expected(&[]));
        assert!(elsewhere.contains("goes to mail.test"), "{elsewhere}");
        let second = [exchanger(5, "mail.test", "192.0.2.9"), exchanger(10, "mx.example", "192.0.2.1")];
        assert!(mend("traps.example", &second, &expected(&[])).contains("lowest preference"));
    }
}
