//! The database: an SQLite file in the data folder, or PostgreSQL.

use crate::config::Config;
use course_seats_application::ports::{Clock, Store, StoreError};
use course_seats_postgres::{LeaseTime, PostgresStore};
use course_seats_sqlite::{SqliteSettings, SqliteStore};
use std::sync::Arc;

/// One of the two.
pub enum Database {
    /// A file that only this process uses.
    Embedded(Arc<SqliteStore>),
    /// A server that others may use, too.
    Postgres(Arc<PostgresStore>),
}

impl Database {
    /// Opens it, as the settings say. Nothing is migrated, and no server asked yet. `leases` is
    /// what leases on PostgreSQL count by.
    pub fn open(
        config: &Config,
        clock: Arc<dyn Clock>,
        leases: LeaseTime,
    ) -> Result<Self, StoreError> {
        match &config.parts.database {
            Some(settings) => Ok(Self::Postgres(Arc::new(PostgresStore::open(settings, leases)?))),
            None => {
                let file = config.data_dir.join("course-seats.sqlite");
                let store = SqliteStore::open(&file, clock, SqliteSettings::default())?;
                Ok(Self::Embedded(Arc::new(store)))
            }
        }
    }

    /// Applies the migrations that are pending.
    pub async fn migrate(&self) -> Result<(), StoreError> {
        match self {
            Self::Embedded(store) => store.migrate().await,
            Self::Postgres(store) => store.migrate().await,
        }
    }

    /// Every migration, and whether it was applied.
    pub async fn migration_status(&self) -> Result<Vec<(String, bool)>, StoreError> {
        match self {
            Self::Embedded(store) => store.migration_status().await,
            Self::Postgres(store) => store.migration_status().await,
        }
    }

    /// As the application wants it.
    pub fn into_store(self) -> Arc<dyn Store> {
        match self {
            Self::Embedded(store) => store,
            Self::Postgres(store) => store,
        }
    }
}
