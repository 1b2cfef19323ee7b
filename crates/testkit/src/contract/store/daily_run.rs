//! Daily jobs.

use super::{LEASE, World};
use crate::builders::day;

/// By one at a time, and not again once it was done.
pub async fn is_taken_once(world: &World) {
    let mut tx = world.begin().await;
    assert!(tx.take_run("expiry", day(0), LEASE).await.unwrap());
    assert!(!tx.take_run("expiry", day(0), LEASE).await.unwrap());
    assert!(tx.take_run("other", day(0), LEASE).await.unwrap());
    world.time.pass(LEASE).await;
    assert!(tx.take_run("expiry", day(0), LEASE).await.unwrap(), "its owner is gone");
    tx.run_done("expiry", day(0)).await.unwrap();
    assert!(!tx.take_run("expiry", day(0), LEASE).await.unwrap());
    assert!(!tx.take_run("expiry", day(-1), LEASE).await.unwrap());
    assert!(tx.take_run("expiry", day(1), LEASE).await.unwrap());
    tx.run_done("never taken", day(3)).await.unwrap();
    assert!(!tx.take_run("never taken", day(3), LEASE).await.unwrap());
}
