//! The contract of the store, on PostgreSQL.
#![expect(clippy::unwrap_used, reason = "a failed check panics")]

mod support;

use course_seats_postgres::{LeaseTime, PostgresStore};
use course_seats_testkit::clock::TestClock;
use course_seats_testkit::contract::store::World;
use std::sync::Arc;

async fn fresh() -> World {
    let database = support::database().await;
    let clock = Arc::new(TestClock::default());
    let mut settings = support::settings(&database);
    settings.pool_size = 8;
    let store = PostgresStore::open(&settings, LeaseTime::Clock(clock.clone())).unwrap();
    World { store: Arc::new(store), time: clock, keep: Box::new(database) }
}

course_seats_testkit::store_contract!(fresh);
