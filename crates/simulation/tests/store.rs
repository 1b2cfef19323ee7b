//! The contract of the store, on the database in memory.

use course_seats_simulation::memory::{CalmWeather, MemoryDatabase, MemoryStore};
use course_seats_testkit::clock::TestClock;
use course_seats_testkit::contract::store::World;
use std::sync::Arc;

async fn fresh() -> World {
    let clock = Arc::new(TestClock::default());
    let database = Arc::new(MemoryDatabase::default());
    let store = MemoryStore::new(database, clock.clone(), Arc::new(CalmWeather));
    World { store: Arc::new(store), time: clock, keep: Box::new(()) }
}

course_seats_testkit::store_contract!(fresh);
