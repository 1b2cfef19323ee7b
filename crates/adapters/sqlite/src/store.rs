use crate::db::{Manager, Pool, Tx};
use crate::errors::{no_connection, unavailable};
use async_trait::async_trait;
use course_seats_application::ports::Clock;
use course_seats_application::ports::store::{Store, StoreError, Tx as TxPort};
use diesel::SqliteConnection;
use diesel::migration::{MigrationSource, MigrationVersion};
use diesel::sqlite::Sqlite;
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::runtime::Handle;

/// The migrations, in the order in which they are applied.
pub const MIGRATIONS: EmbeddedMigrations = embed_migrations!("../../../migrations/sqlite");

/// How the store behaves.
#[derive(Debug, Clone, Copy)]
pub struct SqliteSettings {
    /// How many transactions may read at once. One more writes.
    pub pool_size: usize,
    /// How long to wait for one's turn: to write, for a connection, for another process.
    pub lock_timeout: Duration,
}

impl Default for SqliteSettings {
    fn default() -> Self {
        Self { pool_size: 8, lock_timeout: Duration::from_secs(5) }
    }
}

/// The database in one SQLite file.
pub struct SqliteStore {
    /// One connection: whoever writes waits here, and is served in the order of asking.
    writer: Pool,
    readers: Pool,
    clock: Arc<dyn Clock>,
    runtime: Handle,
}

impl SqliteStore {
    /// A store on `path`, which is created when it is first used. Call [`SqliteStore::migrate`]
    /// before anything else.
    ///
    /// # Errors
    /// `Unavailable` outside a tokio runtime: transactions end on the one that this is called in,
    /// which must be the process's own multi-threaded one.
    pub fn open(
        path: &Path,
        clock: Arc<dyn Clock>,
        settings: SqliteSettings,
    ) -> Result<Self, StoreError> {
        let pool = |size: usize| {
            let manager = Manager {
                file: path.to_string_lossy().into_owned(),
                busy_timeout: settings.lock_timeout,
            };
            Pool::builder(manager)
                .max_size(size.max(1))
                .wait_timeout(Some(settings.lock_timeout))
                .runtime(deadpool::Runtime::Tokio1)
                .build()
                .map_err(unavailable)
        };
        Ok(Self {
            writer: pool(1)?,
            readers: pool(settings.pool_size)?,
            clock,
            runtime: Handle::try_current().map_err(unavailable)?,
        })
    }

    /// Applies the migrations that are pending, all or none.
    ///
    /// # Errors
    /// `Unavailable`, or `Corrupt` (also for a database that a newer version has migrated).
    pub async fn migrate(&self) -> Result<(), StoreError> {
        on_connection(&self.writer, &self.runtime, |connection| {
            // Immediate: of two processes that start at once, the second finds it done.
            connection
                .immediate_transaction(|connection| {
                    refuse_newer(connection)?;
                    let applied = connection.run_pending_migrations(MIGRATIONS);
                    applied.map(|_| ()).map_err(Migrating::from)
                })
                .map_err(StoreError::from)
        })
        .await
    }

    /// Every migration, and whether it was applied.
    ///
    /// # Errors
    /// `Unavailable` or `Corrupt`.
    pub async fn migration_status(&self) -> Result<Vec<(String, bool)>, StoreError> {
        let read = |connection: &mut SqliteConnection| Ok(status(connection)?);
        on_connection(&self.readers, &self.runtime, read).await
    }
}

/// Runs `work` on a connection, in no transaction.
async fn on_connection<R: Send + 'static>(
    pool: &Pool,
    runtime: &Handle,
    work: impl FnOnce(&mut SqliteConnection) -> Result<R, StoreError> + Send + 'static,
) -> Result<R, StoreError> {
    let pool = pool.clone();
    let task = async move {
        let mut session = pool.get().await.map_err(no_connection)?;
        let worked = session.spawn_blocking(move |connection| Ok(work(connection))).await;
        worked.map_err(crate::errors::failed)?
    };
    runtime.spawn(task).await.unwrap_or_else(|stopped| Err(unavailable(stopped)))
}

#[async_trait]
impl Store for SqliteStore {
    async fn begin(&self) -> Result<Box<dyn TxPort>, StoreError> {
        let tx = Tx::begin(&self.writer, "BEGIN IMMEDIATE", &self.clock, &self.runtime).await?;
        Ok(Box::new(tx))
    }

    async fn read(&self) -> Result<Box<dyn TxPort>, StoreError> {
        let tx = Tx::begin(&self.readers, "BEGIN", &self.clock, &self.runtime).await?;
        Ok(Box::new(tx))
    }

    async fn ready(&self) -> Result<(), StoreError> {
        let pending = self.migration_status().await?.into_iter().find(|(_, applied)| !applied);
        match pending {
            Some((name, _)) => Err(StoreError::Unavailable(format!("{name} is not applied"))),
            None => Ok(()),
        }
    }
}

fn status(connection: &mut SqliteConnection) -> Result<Vec<(String, bool)>, Migrating> {
    let applied: Vec<MigrationVersion<'static>> = connection.applied_migrations()?;
    let known = MigrationSource::<Sqlite>::migrations(&MIGRATIONS)?;
    let mut status: Vec<_> = known
        .iter()
        .map(|one| (one.name().to_string(), applied.contains(&one.name().version())))
        .collect();
    status.sort();
    Ok(status)
}

/// What a newer version has made of it is nothing that this one can write to.
fn refuse_newer(connection: &mut SqliteConnection) -> Result<(), Migrating> {
    let known = MigrationSource::<Sqlite>::migrations(&MIGRATIONS)?;
    let newer = connection
        .applied_migrations()?
        .into_iter()
        .find(|applied| !known.iter().any(|one| one.name().version() == *applied));
    newer.map_or(Ok(()), |version| Err(Migrating::Newer(version.to_string())))
}

/// What can go wrong while migrating.
#[derive(Debug)]
enum Migrating {
    Newer(String),
    Query(diesel::result::Error),
    Migration(String),
}

impl From<diesel::result::Error> for Migrating {
    fn from(error: diesel::result::Error) -> Self {
        Self::Query(error)
    }
}

impl From<Box<dyn std::error::Error + Send + Sync>> for Migrating {
    fn from(error: Box<dyn std::error::Error + Send + Sync>) -> Self {
        Self::Migration(error.to_string())
    }
}

impl From<Migrating> for StoreError {
    fn from(error: Migrating) -> Self {
        match error {
            Migrating::Newer(version) => Self::Corrupt(format!(
                "migration {version} is of a newer version of this program, which is needed here"
            )),
            Migrating::Query(error) => crate::errors::failed(error),
            Migrating::Migration(why) => Self::Corrupt(format!("a migration failed: {why}")),
        }
    }
}
