//! Where addresses are: the imported network data, and the judge that uses it, renewed when an import adds some.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use attribution::{Judge, Ranges};
use network::NetworkMap;
use parking_lot::RwLock;

use crate::deployment::Deployment;
use crate::failure::{Failure, Kind};

/// Network data as it was last read, and the judge that uses it.
pub struct Networks {
    folder: PathBuf,
    ranges: Ranges,
    current: RwLock<Current>,
}

#[derive(Clone)]
struct Current {
    map: Arc<NetworkMap>,
    judge: Arc<Judge>,
    stamp: Vec<(PathBuf, SystemTime)>,
}

impl Networks {
    /// Reads all that has been imported.
    pub fn open(deployment: &Deployment) -> Result<Self, Failure> {
        let folder = deployment.layout.networks();
        let ranges = deployment.config.attribution.clone();
        let stamp = stamp(&folder);
        let current = RwLock::new(read(&folder, &ranges, stamp)?);
        Ok(Self { folder, ranges, current })
    }

    /// The map.
    pub fn map(&self) -> Arc<NetworkMap> {
        Arc::clone(&self.current.read().map)
    }

    /// The judge.
    pub fn judge(&self) -> Arc<Judge> {
        Arc::clone(&self.current.read().judge)
    }

    /// Reads the data again if an import has changed it. What can't be read leaves what there was.
    pub fn renew(&self) {
        let stamp = stamp(&self.folder);
        if stamp == self.current.read().stamp {
            return;
        }
        match read(&self.folder, &self.ranges, stamp) {
            Ok(current) => {
                tracing::info!(datasets = current.map.datasets().count(), "network data has changed");
                *self.current.write() = current;
            }
            Err(failure) => tracing::warn!(%failure, "network data can't be read; what was known before stays"),
        }
    }
}

fn read(folder: &Path, ranges: &Ranges, stamp: Vec<(PathBuf, SystemTime)>) -> Result<Current, Failure> {
    let map = NetworkMap::open(folder).map_err(|error| Failure::new(Kind::Config, error.to_string()))?;
    let map = Arc::new(map);
    let judge = Arc::new(Judge::new(Arc::clone(&map), ranges.clone()));
    Ok(Current { map, judge, stamp })
}

/// Which files there are, and when each was written. A folder that isn't there has none.
fn stamp(folder: &Path) -> Vec<(PathBuf, SystemTime)> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut files: Vec<_> =
        entries.filter_map(|entry| Some((entry.path(), entry.metadata().ok()?.modified().ok()?))).collect();
    files.sort();
    files
}
