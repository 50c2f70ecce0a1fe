//! What the writer of the state keeps in memory between batches.

use std::collections::HashMap;
use std::hash::Hash;
use std::mem;
use std::sync::Arc;

use hosts::{Activities, Details, MailedAddress};
use model::{SealedVisit, VisitorNet};
use network::NetworkMap;
use picture::Rollup;

/// So many hosts and so many addresses, at least, are at hand: 20 to 40 MB.
const AT_HAND: usize = 8_192;

/// What the writer keeps between batches. All of it is in the store too.
#[derive(Default)]
pub(crate) struct Writer {
    pub hosts: Recent<VisitorNet, Known>,
    pub mailed: Recent<SealedVisit, MailedAddress>,
    /// What the picture is drawn from, once one was asked for.
    pub rolled: Option<Rolled>,
}

/// A host as it is in the store.
#[derive(Default)]
pub(crate) struct Known {
    pub activities: Activities,
    pub details: Details,
}

/// A rollup of all hosts in the store, and the map that says where they are.
pub(crate) struct Rolled {
    pub networks: Arc<NetworkMap>,
    pub rollup: Rollup,
}

/// The values put last, between [`AT_HAND`] and twice as many. A few senders send most of the spam and a few
/// harvesters took most of the addresses, so that most of what a batch needs is here.
pub(crate) struct Recent<K, V> {
    young: HashMap<K, V>,
    old: HashMap<K, V>,
}

impl<K, V> Default for Recent<K, V> {
    fn default() -> Self {
        Self { young: HashMap::new(), old: HashMap::new() }
    }
}

impl<K: Eq + Hash, V> Recent<K, V> {
    /// Takes a value out. A fold that fails doesn't put it back, and then the store is asked again.
    pub fn take(&mut self, key: &K) -> Option<V> {
        self.young.remove(key).or_else(|| self.old.remove(key))
    }

    /// Puts a value in that is in the store.
    pub fn put(&mut self, key: K, value: V) {
        if self.young.len() >= AT_HAND {
            self.old = mem::take(&mut self.young);
        }
        self.young.insert(key, value);
    }
}
