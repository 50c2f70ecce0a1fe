//! The names that SQL knows: the six tables, each opened only if a question names it.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use datafusion::catalog::{CatalogProvider, MemoryCatalogProvider, SchemaProvider, TableProvider};
use datafusion::error::{DataFusionError, Result};
use lake::{Lake, Table};

/// The names of the catalog and the schema that questions are asked in.
pub const CATALOG: &str = "trapline";
/// See [`CATALOG`].
pub const SCHEMA: &str = "lake";

/// A catalog whose one schema has the lake's tables.
pub fn catalog(lake: Arc<Lake>) -> Result<Arc<dyn CatalogProvider>> {
    let catalog = MemoryCatalogProvider::new();
    catalog.register_schema(SCHEMA, Arc::new(Tables { lake }))?;
    Ok(Arc::new(catalog))
}

struct Tables {
    lake: Arc<Lake>,
}

impl fmt::Debug for Tables {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tables")
    }
}

#[async_trait]
impl SchemaProvider for Tables {
    fn table_names(&self) -> Vec<String> {
        Table::ALL.into_iter().map(|table| table.name().to_owned()).collect()
    }

    async fn table(&self, name: &str) -> Result<Option<Arc<dyn TableProvider>>> {
        let Some(table) = Table::from_name(name) else { return Ok(None) };
        self.lake.view(table).await.map(Some).map_err(|error| DataFusionError::External(Box::new(error)))
    }

    fn table_exist(&self, name: &str) -> bool {
        Table::from_name(name).is_some()
    }
}
