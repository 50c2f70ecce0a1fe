//! Both journals keep the contract.
#![allow(clippy::unwrap_used)]

use journal::{FileJournal, MemoryJournal, Options, contract};

#[tokio::test]
async fn the_journal_in_memory_keeps_the_contract() {
    contract::check(|| (MemoryJournal::new(), ())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_journal_on_disk_keeps_the_contract() {
    contract::check(|| {
        let folder = tempfile::tempdir().unwrap();
        (FileJournal::open(folder.path(), Options::default()).unwrap(), folder)
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_journal_whose_buffers_are_tiny_keeps_the_contract() {
    let options = Options { queue_bytes: 1, buffer_bytes: 1_000, ..Options::default() };
    contract::check(|| {
        let folder = tempfile::tempdir().unwrap();
        (FileJournal::open(folder.path(), options).unwrap(), folder)
    })
    .await;
}
