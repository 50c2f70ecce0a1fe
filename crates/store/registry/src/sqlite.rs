//! The registry in a SQLite file, which the server and the command line may have open at once.

use std::path::{Path, PathBuf};
use std::time::Duration;

use model::{SiteId, Timestamp};
use sqlx::migrate::{MigrateError, Migrator};
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteRow, SqliteSynchronous,
};
use sqlx::{Row, Sqlite as Sql, Transaction};

use crate::error::SLUG;
use crate::{Domain, RegistryError, Site, StaticTrap, slug, whole};

/// Each file there brings the format one step on. Never changed once released.
static MIGRATIONS: Migrator = sqlx::migrate!("migrations/sqlite");

/// How long a writer waits for another process's.
const PATIENCE: Duration = Duration::from_secs(10);

#[derive(Clone, Debug)]
pub(crate) struct Sqlite {
    pool: SqlitePool,
    path: PathBuf,
}

impl Sqlite {
    pub(crate) async fn open(path: &Path) -> Result<Self, RegistryError> {
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            // Readers and a writer don't hold each other up. FULL: what a command has said it did survives a power cut.
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(PATIENCE);
        let unavailable = |source| RegistryError::Unavailable { path: path.to_owned(), source };
        let pool = SqlitePoolOptions::new().max_connections(4).connect_with(options).await.map_err(unavailable)?;
        match MIGRATIONS.run(&pool).await {
            Ok(()) => Ok(Self { pool, path: path.to_owned() }),
            Err(MigrateError::VersionMissing(format)) => Err(RegistryError::Newer { path: path.to_owned(), format }),
            Err(MigrateError::Execute(source)) => Err(unavailable(source)),
            Err(other) => Err(unavailable(sqlx::Error::Migrate(Box::new(other)))),
        }
    }

    fn unavailable(&self, source: sqlx::Error) -> RegistryError {
        RegistryError::Unavailable { path: self.path.clone(), source }
    }

    /// A transaction that writes. It takes the write lock at once: one that first reads and then wants to write would
    /// fail, not wait, if another wrote in between.
    async fn begin(&self) -> Result<Transaction<'_, Sql>, RegistryError> {
        self.pool.begin_with("BEGIN IMMEDIATE").await.map_err(|e| self.unavailable(e))
    }

    async fn commit(&self, transaction: Transaction<'_, Sql>) -> Result<(), RegistryError> {
        transaction.commit().await.map_err(|e| self.unavailable(e))
    }

    pub(crate) async fn revision(&self) -> Result<i64, RegistryError> {
        let number = sqlx::query_scalar("SELECT number FROM revision").fetch_one(&self.pool).await;
        number.map_err(|e| self.unavailable(e))
    }

    pub(crate) async fn add_site(
        &self,
        hosts: Vec<String>,
        slug: Option<String>,
        owner: Option<String>,
        now: Timestamp,
    ) -> Result<Site, RegistryError> {
        let mut transaction = self.begin().await?;
        for host in &hosts {
            self.refuse_taken(&mut transaction, "the host name", "SELECT site FROM site_hosts WHERE host = ?", host)
                .await?;
        }
        let slug = match slug {
            Some(slug) => {
                self.refuse_taken(&mut transaction, SLUG, "SELECT id FROM sites WHERE slug = ?", &slug).await?;
                slug
            }
            None => self.free_slug(&mut transaction).await?,
        };
        let last: Option<i64> = sqlx::query_scalar("SELECT seq FROM sqlite_sequence WHERE name = 'sites'")
            .fetch_optional(&mut *transaction)
            .await
            .map_err(|e| self.unavailable(e))?;
        let id = u32::try_from(last.unwrap_or(0) + 1).ok().and_then(SiteId::new).ok_or(RegistryError::SitesUsedUp)?;
        sqlx::query("INSERT INTO sites (id, slug, owner, created_us) VALUES (?, ?, ?, ?)")
            .bind(i64::from(id.get()))
            .bind(&slug)
            .bind(&owner)
            .bind(now.as_microsecond())
            .execute(&mut *transaction)
            .await
            .map_err(|e| self.unavailable(e))?;
        let mut given: Vec<String> = Vec::with_capacity(hosts.len());
        for host in hosts {
            if given.contains(&host) {
                continue;
            }
            sqlx::query("INSERT INTO site_hosts (host, site, place) VALUES (?, ?, ?)")
                .bind(&host)
                .bind(i64::from(id.get()))
                .bind(given.len() as i64)
                .execute(&mut *transaction)
                .await
                .map_err(|e| self.unavailable(e))?;
            given.push(host);
        }
        self.commit(transaction).await?;
        Ok(Site { id, slug, hosts: given, owner, key_generation: 0, created: whole(now) })
    }

    async fn refuse_taken(
        &self,
        transaction: &mut Transaction<'_, Sql>,
        what: &'static str,
        query: &'static str,
        name: &str,
    ) -> Result<(), RegistryError> {
        let site: Option<i64> = sqlx::query_scalar(query)
            .bind(name)
            .fetch_optional(&mut **transaction)
            .await
            .map_err(|e| self.unavailable(e))?;
        match site.and_then(|site| u32::try_from(site).ok()).and_then(SiteId::new) {
            Some(site) => Err(RegistryError::Taken { what, name: name.to_owned(), site }),
            None => Ok(()),
        }
    }

    async fn free_slug(&self, transaction: &mut Transaction<'_, Sql>) -> Result<String, RegistryError> {
        loop {
            let slug = slug::random();
            let taken: Option<i64> = sqlx::query_scalar("SELECT id FROM sites WHERE slug = ?")
                .bind(&slug)
                .fetch_optional(&mut **transaction)
                .await
                .map_err(|e| self.unavailable(e))?;
            if taken.is_none() {
                return Ok(slug);
            }
        }
    }

    pub(crate) async fn sites(&self) -> Result<Vec<Site>, RegistryError> {
        // One statement sees one state. A host name holds no space.
        let rows = sqlx::query(
            "SELECT id, slug, owner, key_generation, created_us,
                    (SELECT group_concat(host, ' ' ORDER BY place) FROM site_hosts WHERE site = sites.id) AS hosts
             FROM sites ORDER BY id",
        )
        .fetch_all(&self.pool)
        .await
        .map_err(|e| self.unavailable(e))?;
        rows.iter().map(|row| site(row).map_err(|e| self.unavailable(e))).collect()
    }

    pub(crate) async fn rotate_key(&self, id: SiteId) -> Result<Site, RegistryError> {
        let mut transaction = self.begin().await?;
        let generation: Option<i64> = sqlx::query_scalar("SELECT key_generation FROM sites WHERE id = ?")
            .bind(i64::from(id.get()))
            .fetch_optional(&mut *transaction)
            .await
            .map_err(|e| self.unavailable(e))?;
        let generation = generation.ok_or(RegistryError::NoSite(id))?;
        if generation >= i64::from(u16::MAX) {
            return Err(RegistryError::KeysUsedUp(id));
        }
        sqlx::query("UPDATE sites SET key_generation = key_generation + 1 WHERE id = ?")
            .bind(i64::from(id.get()))
            .execute(&mut *transaction)
            .await
            .map_err(|e| self.unavailable(e))?;
        self.commit(transaction).await?;
        self.sites().await?.into_iter().find(|site| site.id == id).ok_or(RegistryError::NoSite(id))
    }

    pub(crate) async fn add_domain(&self, domain: Domain) -> Result<Domain, RegistryError> {
        let added = sqlx::query("INSERT INTO domains (name, note, created_us) VALUES (?, ?, ?)")
            .bind(&domain.name)
            .bind(&domain.note)
            .bind(domain.created.as_microsecond())
            .execute(&self.pool)
            .await;
        match added {
            Ok(_) => Ok(domain),
            Err(sqlx::Error::Database(e)) if e.is_unique_violation() => Err(RegistryError::Exists(domain.name)),
            Err(other) => Err(self.unavailable(other)),
        }
    }

    pub(crate) async fn domains(&self) -> Result<Vec<Domain>, RegistryError> {
        let rows = sqlx::query("SELECT name, note, created_us FROM domains ORDER BY name").fetch_all(&self.pool).await;
        let domain = |row: &SqliteRow| {
            Ok(Domain { name: row.try_get("name")?, note: row.try_get("note")?, created: time(row, "created_us")? })
        };
        rows.and_then(|rows| rows.iter().map(domain).collect()).map_err(|e| self.unavailable(e))
    }

    pub(crate) async fn add_static_trap(&self, trap: StaticTrap, domain: String) -> Result<StaticTrap, RegistryError> {
        let added = sqlx::query("INSERT INTO static_traps (address, domain, note, created_us) VALUES (?, ?, ?, ?)")
            .bind(&trap.address)
            .bind(&domain)
            .bind(&trap.note)
            .bind(trap.created.as_microsecond())
            .execute(&self.pool)
            .await;
        match added {
            Ok(_) => Ok(trap),
            Err(sqlx::Error::Database(e)) if e.is_unique_violation() => Err(RegistryError::Exists(trap.address)),
            Err(sqlx::Error::Database(e)) if e.is_foreign_key_violation() => {
                Err(RegistryError::NotTrapDomain { address: trap.address, domain })
            }
            Err(other) => Err(self.unavailable(other)),
        }
    }

    pub(crate) async fn static_traps(&self) -> Result<Vec<StaticTrap>, RegistryError> {
        let rows = sqlx::query("SELECT address, note, created_us FROM static_traps ORDER BY address")
            .fetch_all(&self.pool)
            .await;
        let trap = |row: &SqliteRow| {
            Ok(StaticTrap {
                address: row.try_get("address")?,
                note: row.try_get("note")?,
                created: time(row, "created_us")?,
            })
        };
        rows.and_then(|rows| rows.iter().map(trap).collect()).map_err(|e| self.unavailable(e))
    }
}

fn site(row: &SqliteRow) -> Result<Site, sqlx::Error> {
    let hosts: Option<String> = row.try_get("hosts")?;
    Ok(Site {
        id: SiteId::new(row.try_get("id")?).ok_or_else(|| undecodable("id", "it is no site's number"))?,
        slug: row.try_get("slug")?,
        hosts: hosts.iter().flat_map(|hosts| hosts.split(' ')).map(str::to_owned).collect(),
        owner: row.try_get("owner")?,
        key_generation: row.try_get("key_generation")?,
        created: time(row, "created_us")?,
    })
}

fn time(row: &SqliteRow, column: &'static str) -> Result<Timestamp, sqlx::Error> {
    Timestamp::from_microsecond(row.try_get(column)?).map_err(|e| undecodable(column, &e.to_string()))
}

fn undecodable(column: &str, why: &str) -> sqlx::Error {
    sqlx::Error::ColumnDecode { index: column.to_owned(), source: why.to_owned().into() }
}
