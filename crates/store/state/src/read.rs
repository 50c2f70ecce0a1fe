//! The state asked: one host, its neighbours, the addresses it took, all hosts, the picture.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use fjall::Slice;
use hosts::{Activities, Details, Host, MailedAddress};
use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use model::{HostRecord, SealedVisit, VisitorNet};
use network::NetworkMap;
use picture::{Picture, Rollup};

use crate::keys::{self, Part};
use crate::writer::Rolled;
use crate::{State, StateError, encoding};

impl State {
    /// All that is known of a host, if it was ever seen doing anything.
    ///
    /// # Errors
    /// [`StateError`] if the store can't be read.
    pub fn host(&self, host: VisitorNet) -> Result<Option<HostRecord>, StateError> {
        let Some(activities) = self.activities(host)? else { return Ok(None) };
        let details = self.details(host)?.unwrap_or_default();
        Ok(Some(Host { activities, details }.record(host)))
    }

    /// What a host was seen doing.
    ///
    /// # Errors
    /// [`StateError`] if the store can't be read.
    pub fn activities(&self, host: VisitorNet) -> Result<Option<Activities>, StateError> {
        self.get(&keys::host(Part::Activities, host), encoding::read_activities, "a host's activities")
    }

    pub(crate) fn details(&self, host: VisitorNet) -> Result<Option<Details>, StateError> {
        self.get(&keys::host(Part::Details, host), encoding::read_details, "a host's details")
    }

    /// How often the address of this harvest was mailed, and when; none if it never was.
    ///
    /// # Errors
    /// [`StateError`] if the store can't be read.
    pub fn mailed_address(&self, harvest: &SealedVisit) -> Result<Option<MailedAddress>, StateError> {
        self.get(&keys::harvest(harvest), encoding::read_mailed, "a mailed address")
    }

    fn get<T>(&self, key: &[u8], read: impl Fn(&[u8]) -> Option<T>, what: &str) -> Result<Option<T>, StateError> {
        let value = self.keyspace.get(key).map_err(|error| self.failed(error))?;
        value.map(|bytes| read(&bytes).ok_or_else(|| self.damaged(what))).transpose()
    }

    /// The hosts of a prefix that were seen doing anything, by address: the neighbours of one of them.
    pub fn hosts_within(
        &self,
        prefix: IpNet,
    ) -> impl Iterator<Item = Result<(VisitorNet, Activities), StateError>> + use<'_> {
        let range = keys::hosts_within(Part::Activities, prefix);
        self.keyspace.range(range).map(|guard| {
            let (key, value) = guard.into_inner().map_err(|error| self.failed(error))?;
            self.read_host(&key, &value)
        })
    }

    /// All hosts that were seen doing anything, IPv4 before IPv6, each by address.
    pub fn hosts(&self) -> impl Iterator<Item = Result<(VisitorNet, Activities), StateError>> + use<'_> {
        self.hosts_within(Ipv4Net::default().into()).chain(self.hosts_within(Ipv6Net::default().into()))
    }

    fn read_host(&self, key: &Slice, value: &Slice) -> Result<(VisitorNet, Activities), StateError> {
        let host = keys::read_host(key).ok_or_else(|| self.damaged("a host's address"))?;
        let activities = encoding::read_activities(value).ok_or_else(|| self.damaged("a host's activities"))?;
        Ok((host, activities))
    }

    /// The addresses that a host took and that were then mailed, by site and time of the harvest.
    pub fn mailed_addresses(
        &self,
        host: VisitorNet,
    ) -> impl Iterator<Item = Result<(SealedVisit, MailedAddress), StateError>> + use<'_> {
        self.keyspace.prefix(keys::host(Part::Mailed, host)).map(|guard| {
            let (key, value) = guard.into_inner().map_err(|error| self.failed(error))?;
            let harvest = keys::read_harvest(&key).ok_or_else(|| self.damaged("a harvest"))?;
            let mailed = encoding::read_mailed(&value).ok_or_else(|| self.damaged("a mailed address"))?;
            Ok((harvest, mailed))
        })
    }

    /// Which providers the trade depends on.
    ///
    /// The first time with a map it scans all hosts on all cores, during which nothing is applied: about half a second
    /// for a million. From then on [`State::apply`] keeps up what the picture is drawn from, until another map is
    /// passed, and to draw takes time by the number of providers only.
    ///
    /// # Errors
    /// [`StateError`] if the store can't be read.
    pub fn picture(&self, networks: &Arc<NetworkMap>) -> Result<Picture, StateError> {
        let mut writer = self.writer.lock();
        let kept = writer.rolled.take_if(|rolled| Arc::ptr_eq(&rolled.networks, networks));
        let rolled = match kept {
            Some(rolled) => rolled,
            None => Rolled { networks: Arc::clone(networks), rollup: self.scan(networks)? },
        };
        Ok(writer.rolled.insert(rolled).rollup.picture(&self.head.read().totals))
    }

    fn scan(&self, networks: &NetworkMap) -> Result<Rollup, StateError> {
        let slices = slices();
        let next = AtomicUsize::new(0);
        let scan = || {
            let mut rollup = Rollup::default();
            while let Some(slice) = slices.get(next.fetch_add(1, Ordering::Relaxed)) {
                for host in self.hosts_within(*slice) {
                    let (host, activities) = host?;
                    rollup.add(networks, host, &activities);
                }
            }
            Ok(rollup)
        };
        let cores = thread::available_parallelism().map_or(1, usize::from);
        let mut whole = Rollup::default();
        thread::scope(|scope| {
            let scans: Vec<_> = (0..cores).map(|_| scope.spawn(scan)).collect();
            scans.into_iter().try_for_each(|scan| {
                whole.merge(scan.join().map_err(|_| self.damaged("a slice of the hosts"))??);
                Ok(())
            })
        })?;
        Ok(whole)
    }
}

/// The address space in slices that can be scanned beside each other: 32 of IPv4, and IPv6 by its first four bits.
fn slices() -> Vec<IpNet> {
    let v4 = Ipv4Net::default().subnets(5).into_iter().flatten().map(IpNet::from);
    let v6 = Ipv6Net::default().subnets(4).into_iter().flatten().map(IpNet::from);
    v4.chain(v6).collect()
}
