//! What the traps serve and take, as the registry has it: taken at the start, and again whenever it changes.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use registry::Registry;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use trap_address::Traps;
use web_trap::Sites;

use crate::deployment::Deployment;
use crate::failure::Failure;

/// How soon a change in the registry is seen.
const INTERVAL: Duration = Duration::from_millis(500);

/// The snapshots that the traps work from. A registry without a trap domain has no sites to serve yet.
pub struct Snapshots {
    sites: watch::Sender<Arc<Sites>>,
    traps: watch::Sender<Arc<Traps>>,
    revision: i64,
}

impl Snapshots {
    /// Takes the first snapshots.
    pub async fn take(deployment: &Deployment, registry: &Registry) -> Result<Self, Failure> {
        let revision = registry.revision().await?;
        let (sites, traps) = read(deployment, registry).await?;
        Ok(Self { sites: watch::Sender::new(Arc::new(sites)), traps: watch::Sender::new(Arc::new(traps)), revision })
    }

    /// The sites that are served.
    pub fn sites(&self) -> watch::Receiver<Arc<Sites>> {
        self.sites.subscribe()
    }

    /// The recipients that are traps.
    pub fn traps(&self) -> watch::Receiver<Arc<Traps>> {
        self.traps.subscribe()
    }

    /// Takes new snapshots whenever the registry has changed. A registry that can't be read leaves the last ones.
    pub async fn follow(
        mut self,
        deployment: Deployment,
        registry: Registry,
        stop: CancellationToken,
    ) -> io::Result<()> {
        while stop.run_until_cancelled(tokio::time::sleep(INTERVAL)).await.is_some() {
            if let Err(failure) = self.renew(&deployment, &registry).await {
                tracing::warn!(%failure, "the registry can't be read; sites and domains stay as they were");
            }
        }
        Ok(())
    }

    async fn renew(&mut self, deployment: &Deployment, registry: &Registry) -> Result<(), Failure> {
        let revision = registry.revision().await?;
        if revision == self.revision {
            return Ok(());
        }
        let (sites, traps) = read(deployment, registry).await?;
        tracing::info!(sites = sites.len(), "the registry has changed");
        self.sites.send_replace(Arc::new(sites));
        self.traps.send_replace(Arc::new(traps));
        self.revision = revision;
        Ok(())
    }
}

async fn read(deployment: &Deployment, registry: &Registry) -> Result<(Sites, Traps), Failure> {
    let sites =
        if registry.domains().await?.is_empty() { Sites::default() } else { deployment.sites(registry).await? };
    Ok((sites, deployment.traps(registry).await?))
}
