//! Transactions.

use super::{World, is_conflict};
use crate::builders::{Campus, day, institution};
use course_seats_application::ports::store::AuditEntry;
use std::sync::Arc;

/// Not before, and not by a snapshot that is older.
pub async fn are_seen_once_committed(world: &World) {
    world.store.ready().await.unwrap();
    let one = institution();
    let mut before = world.read().await;
    assert_eq!(before.institution(one.id).await.unwrap(), None);
    let mut tx = world.begin().await;
    tx.insert_institution(&one).await.unwrap();
    assert_eq!(world.read().await.institution(one.id).await.unwrap(), None);
    tx.commit().await.unwrap();
    assert_eq!(before.institution(one.id).await.unwrap(), None);
    assert_eq!(world.read().await.institution(one.id).await.unwrap(), Some(one));
}

/// As rolled back ones are.
pub async fn dropped_ones_are_taken_back(world: &World) {
    for dropped in [true, false] {
        let one = institution();
        let mut tx = world.begin().await;
        tx.insert_institution(&one).await.unwrap();
        if dropped {
            drop(tx);
        } else {
            tx.rollback().await.unwrap();
        }
        let mut tx = world.begin().await;
        assert_eq!(tx.institution(one.id).await.unwrap(), None);
        tx.insert_institution(&one).await.unwrap();
        tx.commit().await.unwrap();
    }
}

/// None is lost, none fails: who writes about a course locks it first.
pub async fn writers_take_turns(world: &World) {
    let course = Campus::build(&*world.store).await.course.id;
    let before = world.read().await.course(course).await.unwrap().unwrap().credits_per_seat;
    let writers = (0..20).map(|_| {
        let store = Arc::clone(&world.store);
        async move {
            let mut tx = store.begin().await.unwrap();
            let mut one = tx.lock_course(course).await.unwrap().unwrap();
            one.credits_per_seat += 1;
            tx.update_course(&one).await.unwrap();
            tx.commit().await.unwrap();
        }
    });
    futures::future::join_all(writers).await;
    let after = world.read().await.course(course).await.unwrap().unwrap();
    assert_eq!(after.credits_per_seat, before + 20);
}

/// And the database goes on.
pub async fn a_conflict_can_be_rolled_back(world: &World) {
    let (one, other) = (institution(), institution());
    let mut tx = world.begin().await;
    tx.insert_institution(&one).await.unwrap();
    tx.commit().await.unwrap();
    let mut tx = world.begin().await;
    tx.insert_institution(&other).await.unwrap();
    assert!(is_conflict(&tx.insert_institution(&one).await));
    tx.rollback().await.unwrap();
    let mut tx = world.begin().await;
    assert_eq!(tx.institution(other.id).await.unwrap(), None);
    tx.insert_institution(&other).await.unwrap();
    tx.commit().await.unwrap();
}

/// With whatever they say.
pub async fn audit_entries_are_taken(world: &World) {
    let entry = AuditEntry {
        at: day(0),
        actor: "somebody".into(),
        action: "void",
        subject: "course".into(),
        detail: serde_json::json!({"from": "draft"}),
    };
    let mut tx = world.begin().await;
    tx.audit(&entry).await.unwrap();
    tx.audit(&entry).await.unwrap();
    tx.commit().await.unwrap();
}
