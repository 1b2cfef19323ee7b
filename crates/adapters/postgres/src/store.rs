use crate::connect::{Connector, FirstContact};
use crate::db::{Manager, Pool, Purpose, Tx};
use crate::errors::{failed, no_connection, unavailable};
use crate::settings::PostgresSettings;
use async_trait::async_trait;
use course_seats_application::ports::Clock;
use course_seats_application::ports::store::{Store, StoreError, Tx as TxPort};
use diesel::migration::MigrationSource;
use diesel::pg::Pg;
use diesel::sql_types::{Bool, Text};
use diesel::{QueryableByName, sql_query};
use diesel_async::{AsyncMigrationHarness, RunQueryDsl, SimpleAsyncConnection};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};
use std::sync::Arc;
use std::time::Duration;
use tokio::runtime::Handle;

/// The migrations, in the order in which they are applied.
pub const MIGRATIONS: EmbeddedMigrations = embed_migrations!("../../../migrations/postgres");

/// What leases and reservations count time by.
#[derive(Clone, Default)]
pub enum LeaseTime {
    /// The database's clock, which all replicas share.
    #[default]
    Database,
    /// This clock, for a process that runs alone: one that can be moved, in a demo or in a test.
    Clock(Arc<dyn Clock>),
}

/// The database on a PostgreSQL server.
pub struct PostgresStore {
    pool: Pool,
    connector: Connector,
    lock_timeout: Duration,
    time: LeaseTime,
    runtime: Handle,
}

impl PostgresStore {
    /// A store on the database of `settings`. Connects when it is first used. Call
    /// [`PostgresStore::migrate`] before anything else, once.
    ///
    /// # Errors
    /// `Unavailable` if the CA file cannot be read, or outside a tokio runtime: connections live
    /// on the one that this is called in, which must be the process's own multi-threaded one.
    pub fn open(settings: &PostgresSettings, time: LeaseTime) -> Result<Self, StoreError> {
        let connector = Connector::new(settings)?;
        let pool = Pool::builder(Manager { connector: connector.clone() })
            .max_size(settings.pool_size.max(1))
            .wait_timeout(Some(settings.acquire_timeout))
            .create_timeout(Some(settings.acquire_timeout))
            .runtime(deadpool::Runtime::Tokio1)
            .build()
            .map_err(unavailable)?;
        let runtime = Handle::try_current().map_err(unavailable)?;
        Ok(Self { pool, connector, lock_timeout: settings.lock_timeout, time, runtime })
    }

    /// Applies the migrations that are pending, each of them all or not at all, one process at a
    /// time. On a connection of its own, whose statements may take as long as they need; but they
    /// wait for a table's lock no longer than `lock_timeout`, so that nobody queues behind them.
    ///
    /// # Errors
    /// `Unavailable` or `Corrupt`.
    pub async fn migrate(&self) -> Result<(), StoreError> {
        let (connector, lock_timeout) = (self.connector.clone(), self.lock_timeout.as_millis());
        let task = async move {
            let mut connection = connector.connect().await?;
            // The lock goes with the connection. Its number is this service's own.
            let sql = format!(
                "SET statement_timeout = 0; SET lock_timeout = 0; \
                 SELECT pg_advisory_lock(7263554017); SET lock_timeout = {lock_timeout}"
            );
            connection.batch_execute(&sql).await.map_err(failed)?;
            // diesel's migrations block.
            let work = move || {
                let mut harness = AsyncMigrationHarness::new(connection);
                harness.run_pending_migrations(MIGRATIONS).map(|_| ()).map_err(not_migrated)
            };
            Handle::current().spawn_blocking(work).await.map_err(unavailable)?
        };
        self.runtime.spawn(task).await.unwrap_or_else(|stopped| Err(unavailable(stopped)))
    }

    /// Whether the server lets us in, asked now on a connection of its own.
    pub async fn first_contact(&self) -> FirstContact {
        let connector = self.connector.clone();
        let task = async move { connector.first_contact().await };
        let stopped = |error: tokio::task::JoinError| FirstContact::Silent(error.to_string());
        self.runtime.spawn(task).await.unwrap_or_else(stopped)
    }

    /// Every migration, and whether it was applied.
    ///
    /// # Errors
    /// `Unavailable` or `Corrupt`.
    pub async fn migration_status(&self) -> Result<Vec<(String, bool)>, StoreError> {
        let pool = self.pool.clone();
        let task = async move {
            let mut session = pool.get().await.map_err(no_connection)?;
            // Not through diesel's harness, which would create the table.
            let table: Exists =
                sql_query("SELECT to_regclass('__diesel_schema_migrations') IS NOT NULL AS there")
                    .get_result(&mut *session)
                    .await
                    .map_err(failed)?;
            let applied: Vec<Applied> = if table.there {
                sql_query("SELECT version::text FROM __diesel_schema_migrations")
                    .load(&mut *session)
                    .await
                    .map_err(failed)?
            } else {
                Vec::new()
            };
            let known = MigrationSource::<Pg>::migrations(&MIGRATIONS).map_err(not_migrated)?;
            let is_applied = |version: &str| applied.iter().any(|one| one.version == version);
            let mut status: Vec<_> = known
                .iter()
                .map(|one| (one.name().to_string(), is_applied(&one.name().version().to_string())))
                .collect();
            status.sort();
            Ok(status)
        };
        self.runtime.spawn(task).await.unwrap_or_else(|stopped| Err(unavailable(stopped)))
    }
}

#[derive(QueryableByName)]
struct Exists {
    #[diesel(sql_type = Bool)]
    there: bool,
}

#[derive(QueryableByName)]
struct Applied {
    #[diesel(sql_type = Text)]
    version: String,
}

/// A migration fails for what a query fails for.
fn not_migrated(error: Box<dyn std::error::Error + Send + Sync>) -> StoreError {
    match error.downcast::<diesel::result::Error>() {
        Ok(error) => failed(*error),
        Err(error) => StoreError::Corrupt(format!("a migration failed: {error}")),
    }
}

#[async_trait]
impl Store for PostgresStore {
    async fn begin(&self) -> Result<Box<dyn TxPort>, StoreError> {
        let tx = Tx::begin(&self.pool, Purpose::Write, &self.time, &self.runtime).await?;
        Ok(Box::new(tx))
    }

    async fn read(&self) -> Result<Box<dyn TxPort>, StoreError> {
        let tx = Tx::begin(&self.pool, Purpose::Read, &self.time, &self.runtime).await?;
        Ok(Box::new(tx))
    }

    async fn glance(&self) -> Result<Box<dyn TxPort>, StoreError> {
        let tx = Tx::begin(&self.pool, Purpose::Single, &self.time, &self.runtime).await?;
        Ok(Box::new(tx))
    }

    async fn single(&self) -> Result<Box<dyn TxPort>, StoreError> {
        self.glance().await
    }

    async fn ready(&self) -> Result<(), StoreError> {
        let pending = self.migration_status().await?.into_iter().find(|(_, applied)| !applied);
        match pending {
            Some((name, _)) => Err(StoreError::Unavailable(format!("{name} is not applied"))),
            None => Ok(()),
        }
    }
}
