//! One flush: all rows up to a position, table after table, each in one commit; then the journal is told.

use std::sync::Arc;

use journal::{Journal, Position};
use tokio::runtime::Handle;

use crate::delta::Store;
use crate::tail::{Batches, between};
use crate::{CONSUMER, Lake, LakeError, Table, durable, encode};

/// Writes all rows that wait up to `through`, forces them to disk, acknowledges them, and lets go of them.
///
/// `unforced` says that there may be commits which nobody has forced to disk: those of a process that was killed.
pub async fn flush(
    lake: Arc<Lake>,
    journal: Arc<dyn Journal>,
    through: Position,
    unforced: bool,
) -> Result<(), LakeError> {
    for table in Table::ALL {
        let store = lake.store(table).clone();
        let waiting = lake.tail().lock().snapshot(table)?;
        // Encoding is work for the processor, and must not hold up a thread that serves connections.
        let handle = Handle::current();
        let written = tokio::task::spawn_blocking(move || handle.block_on(append(&store, &waiting, through)));
        written.await.unwrap_or(Err(LakeError::Stopped))?;
    }
    if unforced {
        tokio::task::spawn_blocking(durable::sync_everything).await.map_err(|_| LakeError::Stopped)?;
    }
    journal.acknowledge(CONSUMER, through).await?;
    lake.tail().lock().drop_through(through);
    Ok(())
}

async fn append(store: &Store, waiting: &Batches, through: Position) -> Result<(), LakeError> {
    let committed = store.certain().await?;
    let rows = between(waiting, committed.position, through);
    if rows.is_empty() {
        return Ok(());
    }
    let adds = encode::write_files(&committed.delta, store.table(), &rows).await?;
    let files: Vec<String> = adds.iter().map(|add| add.path.clone()).collect();
    let version = store.append(adds, through).await?;
    durable::sync_commit(store.folder(), &files, version)
        .map_err(|source| LakeError::Folder { path: store.folder().display().to_string(), source })
}
