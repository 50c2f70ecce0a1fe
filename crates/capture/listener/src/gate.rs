//! How many connections are open, in all and from one client.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::net::IpAddr;
use std::sync::Arc;

use model::VisitorNet;
use parking_lot::Mutex;
use thiserror::Error;

/// How many connections a [`ConnectionGate`] lets be open at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConnectionLimits {
    /// In all.
    pub total: usize,
    /// From one client: an IPv4 address, or an IPv6 /64, since that is what one customer has (RFC 6177 section 2).
    pub per_client: usize,
}

/// Counts open connections and refuses those above a limit. Clones share the count.
///
/// Constant time for each connection; memory for as many clients as have a connection open, so at most
/// [`ConnectionLimits::total`].
///
/// ```
/// use listener::{ConnectionGate, ConnectionLimits, Refused};
/// let gate = ConnectionGate::new(ConnectionLimits { total: 100, per_client: 1 });
/// let client = "192.0.2.1".parse()?;
/// let permit = gate.enter(client)?;
/// assert_eq!(gate.enter(client).unwrap_err(), Refused::ClientLimit);
/// drop(permit);
/// assert!(gate.enter(client).is_ok());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct ConnectionGate {
    limits: ConnectionLimits,
    open: Arc<Mutex<Open>>,
}

#[derive(Debug, Default)]
struct Open {
    total: usize,
    by_client: HashMap<VisitorNet, usize>,
}

/// Why a connection was not let in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Refused {
    /// As many connections are open as may be.
    #[error("too many connections are open; raise the limit on connections in all, or run another listener")]
    TotalLimit,
    /// This client has as many open as one may.
    #[error("this client has too many connections open; raise the limit on connections for each client")]
    ClientLimit,
}

/// A connection's place; free again when dropped.
#[derive(Debug)]
pub struct Permit {
    /// None for a proxy, which has no limit of its own.
    client: Option<VisitorNet>,
    open: Arc<Mutex<Open>>,
}

impl ConnectionGate {
    /// A gate with nothing open.
    pub fn new(limits: ConnectionLimits) -> Self {
        Self { limits, open: Arc::default() }
    }

    /// Lets a connection of this client in.
    ///
    /// For a trusted proxy's connection there is [`ConnectionGate::enter_proxy`] at accept; this is asked once the
    /// client is known, if the connection is one client's.
    ///
    /// # Errors
    /// [`Refused`] if a limit is reached; nothing is counted then.
    pub fn enter(&self, client: IpAddr) -> Result<Permit, Refused> {
        let client = VisitorNet::of(client);
        let mut open = self.open.lock();
        if open.total >= self.limits.total {
            return Err(Refused::TotalLimit);
        }
        let count = open.by_client.get(&client).copied().unwrap_or(0);
        if count >= self.limits.per_client {
            return Err(Refused::ClientLimit);
        }
        open.by_client.insert(client, count + 1);
        open.total += 1;
        Ok(Permit { client: Some(client), open: Arc::clone(&self.open) })
    }

    /// Lets a connection of a trusted proxy in. It counts in the total only: it stands for clients without number.
    ///
    /// # Errors
    /// [`Refused::TotalLimit`] if that is reached.
    pub fn enter_proxy(&self) -> Result<Permit, Refused> {
        let mut open = self.open.lock();
        if open.total >= self.limits.total {
            return Err(Refused::TotalLimit);
        }
        open.total += 1;
        Ok(Permit { client: None, open: Arc::clone(&self.open) })
    }

    /// How many connections are open.
    pub fn open(&self) -> usize {
        self.open.lock().total
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        let mut open = self.open.lock();
        open.total = open.total.saturating_sub(1);
        let Some(client) = self.client else { return };
        if let Entry::Occupied(mut entry) = open.by_client.entry(client) {
            match entry.get().checked_sub(1) {
                None | Some(0) => drop(entry.remove()),
                Some(rest) => *entry.get_mut() = rest,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn gate(total: usize, per_client: usize) -> ConnectionGate {
        ConnectionGate::new(ConnectionLimits { total, per_client })
    }

    #[test]
    fn one_client_cannot_take_every_place() {
        let gate = gate(10, 2);
        let greedy = "192.0.2.1".parse().unwrap();
        let held: Vec<_> = (0..2).map(|_| gate.enter(greedy).unwrap()).collect();
        assert_eq!(gate.enter(greedy).unwrap_err(), Refused::ClientLimit);
        assert!(gate.enter("192.0.2.2".parse().unwrap()).is_ok());
        drop(held);
        assert!(gate.enter(greedy).is_ok());
    }

    #[test]
    fn addresses_of_one_slash_64_are_one_client() {
        let gate = gate(10, 1);
        let _first = gate.enter("2001:db8::1".parse().unwrap()).unwrap();
        assert_eq!(gate.enter("2001:db8::2".parse().unwrap()).unwrap_err(), Refused::ClientLimit);
        assert!(gate.enter("2001:db8:0:1::1".parse().unwrap()).is_ok());
    }

    #[test]
    fn the_limit_in_all_holds_over_many_clients() {
        let gate = gate(3, 3);
        let held: Vec<_> = (0..3u8).map(|n| gate.enter([192, 0, 2, n].into()).unwrap()).collect();
        assert_eq!(gate.enter([192, 0, 2, 9].into()).unwrap_err(), Refused::TotalLimit);
        drop(held);
        assert_eq!(gate.open(), 0);
    }

    #[test]
    fn a_trusted_proxy_brings_as_many_as_there_is_room_for() {
        let gate = gate(3, 1);
        let held: Vec<_> = (0..3).map(|_| gate.enter_proxy().unwrap()).collect();
        assert_eq!(gate.enter_proxy().unwrap_err(), Refused::TotalLimit);
        drop(held);
        assert_eq!(gate.open(), 0);
    }

    #[test]
    fn nothing_is_kept_for_clients_that_have_gone() {
        let gate = gate(10, 10);
        for n in 0..=255u8 {
            drop(gate.enter([198, 51, 100, n].into()).unwrap());
        }
        assert!(gate.open.lock().by_client.is_empty());
    }
}
