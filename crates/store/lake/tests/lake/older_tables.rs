//! Tables that another version of Trapline made.

use deltalake::kernel::{DataType, PrimitiveType};
use deltalake::{DeltaTable, ensure_table_uri};
use lake::{Lake, LakeError, Table};

use crate::events;
use crate::support::{Bench, by_hand, counts, expected, number};

/// A table of probes with these columns of text besides its partition.
async fn make_probes(bench: &Bench, columns: &[&str]) {
    let folder = bench.table(Table::Probes);
    std::fs::create_dir_all(&folder).unwrap();
    let table = DeltaTable::try_from_url(ensure_table_uri(folder.to_str().unwrap()).unwrap()).await.unwrap();
    let mut create = table.create().with_partition_columns(["day"]);
    create = create.with_column("day", DataType::Primitive(PrimitiveType::Date), true, None);
    for column in columns {
        create = create.with_column(*column, DataType::Primitive(PrimitiveType::String), true, None);
    }
    create.await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_older_table_gets_the_columns_that_came_since() {
    let bench = Bench::new();
    make_probes(&bench, &["id", "kind", "target"]).await;
    let events = events::mixed(50);
    bench.append(events.clone()).await;
    let (lake, mut writer) = bench.start(by_hand()).await;
    writer.catch_up().await.unwrap();
    assert_eq!(counts(&lake).await, expected(&events));
    writer.flush().await.unwrap();
    assert_eq!(counts(&lake).await, expected(&events));
    assert_eq!(number(&lake, Table::Probes, "select count(*) from t where helo = 'PC-OF-JOHN'").await, 10);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_newer_table_is_left_alone() {
    let bench = Bench::new();
    make_probes(&bench, &["id", "dialect"]).await;
    let refused = Lake::open(bench.folder.path()).await.err().unwrap();
    assert!(matches!(refused, LakeError::Schema { table: Table::Probes, .. }), "{refused}");
    assert!(refused.to_string().contains("dialect"));
}
