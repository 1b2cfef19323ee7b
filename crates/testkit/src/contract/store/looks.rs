//! Late looks.

use super::ledger::{done, opened, taken};
use super::{LEASE, World};
use chrono::{DateTime, TimeDelta, Utc};
use course_seats_domain::ids::SagaId;
use course_seats_domain::plans::{CourseSaga, CourseStep};
use course_seats_domain::saga::{Claim, Event, Status, Ticket};

async fn closed(world: &World, look_at: Option<DateTime<Utc>>) -> SagaId {
    let saga = opened(world, 1).await;
    let (ticket, _) = taken(world, saga).await;
    let mut tx = world.begin().await;
    tx.close(&ticket, &[done(0), Event::Completed], look_at).await.unwrap();
    tx.commit().await.unwrap();
    saga
}

async fn claim(world: &World, saga: SagaId) -> Claim<CourseStep> {
    let mut tx = world.begin().await;
    let claim = tx.claim_look(saga, LEASE).await.unwrap();
    tx.commit().await.unwrap();
    claim
}

async fn looking(world: &World, saga: SagaId) -> (Ticket, CourseSaga) {
    let claim = claim(world, saga).await;
    let Claim::Taken { ticket, saga, .. } = claim else { unreachable!("{claim:?}") };
    assert!(saga.looking);
    (ticket, *saga)
}

/// Not before, not twice at once, and again at the time that the last one set.
pub async fn are_claimed_when_due(world: &World) {
    let open = opened(world, 1).await;
    assert_eq!(claim(world, open).await, Claim::Held);
    let never = closed(world, None).await;
    assert_eq!(claim(world, never).await, Claim::Held);
    let hour = TimeDelta::hours(1);
    let saga = closed(world, Some(world.time.now() + hour)).await;
    assert_eq!(claim(world, saga).await, Claim::Held);
    world.time.pass(hour).await;
    let (ticket, story) = looking(world, saga).await;
    assert_eq!((ticket.status, story.looks, story.looks_anew), (Status::Completed, 0, false));
    assert_eq!(claim(world, saga).await, Claim::Held);
    let mut tx = world.begin().await;
    tx.record(&ticket, &[], LEASE).await.unwrap();
    let next = world.time.now() + hour;
    tx.close(&ticket, &[Event::Looked], Some(next)).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(claim(world, saga).await, Claim::Held);
    world.time.pass(hour).await;
    let (_, story) = looking(world, saga).await;
    assert_eq!((story.looks, story.looks_anew), (1, false));
}

/// An unknown outcome: all looks start anew, and the dead owner is fenced.
pub async fn a_dead_look_is_taken_over(world: &World) {
    let saga = closed(world, Some(world.time.now())).await;
    let (old, _) = looking(world, saga).await;
    world.time.pass(LEASE).await;
    let (new, story) = looking(world, saga).await;
    assert!(story.looks_anew);
    assert_eq!(new.generation, old.generation + 1);
    let mut tx = world.begin().await;
    assert!(tx.close(&old, &[Event::Looked], None).await.is_err());
    tx.close(&new, &[Event::Looked], None).await.unwrap();
    assert!(!tx.load(saga.uuid()).await.unwrap().unwrap().looking);
    assert_eq!(tx.claim_look(saga, LEASE).await.unwrap(), Claim::Held);
}

/// At the time that was set, as the same look, with nothing unknown.
pub async fn a_released_look_is_due_again(world: &World) {
    let saga = closed(world, Some(world.time.now())).await;
    let (ticket, _) = looking(world, saga).await;
    let minute = TimeDelta::minutes(1);
    let mut tx = world.begin().await;
    tx.release(&ticket, &[], world.time.now() + minute).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(claim(world, saga).await, Claim::Held);
    world.time.pass(minute).await;
    let (_, story) = looking(world, saga).await;
    assert!(!story.looks_anew);
}
