//! Answers drawn from the state and from SQL.

use std::net::IpAddr;

use ipnet::IpNet;
use model::{HostRecord, Network, VisitorNet};
use picture::Picture;
use serde::{Deserialize, Serialize};

use super::Engine;
use crate::failure::Failure;

/// All that is known of an address.
#[derive(Debug, Serialize, Deserialize)]
pub struct LookupAnswer {
    /// The address that was asked for.
    pub address: IpAddr,
    /// The host that it is, or is of: an IPv6 address is of its /64.
    pub host: VisitorNet,
    /// What it did; `None` if it was never seen.
    pub record: Option<HostRecord>,
    /// Where it was when it was last seen; today if it never was.
    pub network: Network,
    /// Other hosts of its /24 (IPv6: /48) that were seen doing something.
    pub neighbours: Vec<VisitorNet>,
}

/// Rows.
#[derive(Debug, Serialize, Deserialize)]
pub struct QueryAnswer {
    /// Column names.
    pub columns: Vec<String>,
    /// A value for each column.
    pub rows: Vec<Vec<serde_json::Value>>,
    /// Whether there would have been more rows than an answer may have.
    pub cut: bool,
}

/// Neighbours shown at most.
const NEIGHBOURS: usize = 16;

impl Engine {
    pub(super) async fn lookup(&self, address: IpAddr) -> Result<LookupAnswer, Failure> {
        let address = address.to_canonical();
        let host = VisitorNet::of(address);
        let state = self.correlator.state().await?;
        let (record, neighbours) = tokio::task::spawn_blocking(move || {
            let around = state.hosts_within(neighbourhood(address)).map(|found| Ok(found?.0));
            let neighbours = around.filter(|found| !matches!(found, Ok(other) if *other == host)).take(NEIGHBOURS);
            Ok::<_, Failure>((state.host(host)?, neighbours.collect::<Result<_, Failure>>()?))
        })
        .await
        .map_err(anyhow::Error::from)??;
        let seen = record.as_ref().and_then(HostRecord::last_seen).unwrap_or_else(|| self.clock.now());
        let network = self.networks.map().lookup(address, seen);
        Ok(LookupAnswer { address, host, record, network, neighbours })
    }

    pub async fn picture(&self) -> Result<Picture, Failure> {
        let (state, map) = (self.correlator.state().await?, self.networks.map());
        let drawn = tokio::task::spawn_blocking(move || state.picture(&map));
        Ok(drawn.await.map_err(anyhow::Error::from)??)
    }

    pub async fn query(&self, sql: &str) -> Result<QueryAnswer, Failure> {
        let rows = self.query.sql(sql).await?;
        Ok(QueryAnswer { columns: rows.columns(), rows: rows.to_json_rows()?, cut: rows.is_cut() })
    }
}

/// The network around an address in which others are neighbours: its /24, or its /48.
fn neighbourhood(address: IpAddr) -> IpNet {
    let length = if address.is_ipv4() { 24 } else { 48 };
    IpNet::new(address, length).unwrap_or_else(|_| address.into()).trunc()
}
