//! The contract of the store, on SQLite.
#![expect(clippy::unwrap_used, reason = "a failed check panics")]

use course_seats_sqlite::{SqliteSettings, SqliteStore};
use course_seats_testkit::clock::TestClock;
use course_seats_testkit::contract::store::World;
use std::sync::Arc;

async fn fresh() -> World {
    let folder = tempfile::tempdir().unwrap();
    let clock = Arc::new(TestClock::default());
    let file = folder.path().join("seats.sqlite");
    let store = SqliteStore::open(&file, clock.clone(), SqliteSettings::default()).unwrap();
    store.migrate().await.unwrap();
    World { store: Arc::new(store), time: clock, keep: Box::new(folder) }
}

course_seats_testkit::store_contract!(fresh);
