//! Stores on databases of a test's own.
#![expect(clippy::unwrap_used, reason = "a failed check panics")]

use course_seats_postgres::{LeaseTime, PostgresSettings, PostgresStore};
use course_seats_testkit::postgres::{self, Database};

/// The settings for a database.
pub fn settings(database: &Database<'_>) -> PostgresSettings {
    PostgresSettings::from_url(&database.url()).unwrap()
}

/// A store that counts the database's time.
pub fn open(settings: &PostgresSettings) -> PostgresStore {
    PostgresStore::open(settings, LeaseTime::Database).unwrap()
}

async fn migrated(url: String) {
    open(&PostgresSettings::from_url(&url).unwrap()).migrate().await.unwrap();
}

/// A migrated database.
pub async fn database() -> Database<'static> {
    postgres::prepared(migrated).await
}
