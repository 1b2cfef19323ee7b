//! The contract of the store, on PostgreSQL.
#![expect(clippy::unwrap_used, reason = "a failed check panics")]

use course_seats_postgres::{LeaseTime, PostgresSettings, PostgresStore};
use course_seats_testkit::clock::TestClock;
use course_seats_testkit::contract::store::World;
use course_seats_testkit::postgres;
use std::sync::Arc;

async fn migrated(url: String) {
    let settings = PostgresSettings::from_url(&url).unwrap();
    PostgresStore::open(&settings, LeaseTime::Database).unwrap().migrate().await.unwrap();
}

async fn fresh() -> World {
    let database = postgres::prepared(migrated).await;
    let clock = Arc::new(TestClock::default());
    let mut settings = PostgresSettings::from_url(&database.url()).unwrap();
    settings.pool_size = 8;
    let store = PostgresStore::open(&settings, LeaseTime::Clock(clock.clone())).unwrap();
    World { store: Arc::new(store), time: clock, keep: Box::new(database) }
}

course_seats_testkit::store_contract!(fresh);
