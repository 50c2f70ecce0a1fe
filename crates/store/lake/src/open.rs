//! The lake as a whole: its six tables and the tail before them.

use std::path::Path;
use std::sync::Arc;

use futures::future::try_join_all;
use journal::Position;
use parking_lot::Mutex;

use crate::delta::Store;
use crate::tail::{SharedTail, Tail};
use crate::{LakeError, Table};

/// All history: six Delta tables in one folder, and the rows that wait to be flushed to them.
///
/// One process at a time writes; readers of the files may be many. Cheap to share behind an [`Arc`].
pub struct Lake {
    stores: Vec<Arc<Store>>,
    tail: SharedTail,
}

impl Lake {
    /// Opens the lake in this folder, making the folder and the tables that are missing.
    pub async fn open(folder: &Path) -> Result<Arc<Self>, LakeError> {
        std::fs::create_dir_all(folder)
            .map_err(|source| LakeError::Folder { path: folder.display().to_string(), source })?;
        let stores = try_join_all(Table::ALL.map(|table| Store::open(folder, table))).await?;
        let tail = Arc::new(Mutex::new(Tail::new(Position(0))));
        Ok(Arc::new(Self { stores: stores.into_iter().map(Arc::new).collect(), tail }))
    }

    /// The journal position that a table's commits reach: it has all its rows up to there, and none past it.
    pub fn position(&self, table: Table) -> Position {
        self.store(table).committed().position
    }

    /// The furthest position of any table: a journal that ends before it is not the one this lake was written from.
    pub fn furthest(&self) -> Position {
        Table::ALL.into_iter().map(|table| self.position(table)).max().unwrap_or_default()
    }

    /// Rows that wait for a flush.
    pub fn waiting_rows(&self) -> usize {
        self.tail.lock().rows()
    }

    /// The last journal entry that views show.
    pub fn shown_to(&self) -> Position {
        self.tail.lock().read_to()
    }

    /// Reads what other processes have committed since.
    pub async fn refresh(&self) -> Result<(), LakeError> {
        try_join_all(self.stores.iter().map(|store| store.refresh())).await?;
        Ok(())
    }

    pub(crate) fn store(&self, table: Table) -> &Arc<Store> {
        &self.stores[table.index()]
    }

    pub(crate) fn tail(&self) -> &SharedTail {
        &self.tail
    }
}
