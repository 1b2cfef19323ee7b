//! Reservations.

use super::ledger::{opened, taken};
use super::{LEASE, World, is_conflict};
use crate::builders::id;
use chrono::TimeDelta;
use course_seats_application::ports::store::Reservation;
use course_seats_domain::ids::{CourseId, SagaId};
use course_seats_domain::plans::Subject;
use course_seats_domain::saga::Event;
use std::sync::Arc;

/// Another saga does not get it; the same one has it.
pub async fn belong_to_one_saga(world: &World) {
    let (one, other) = (id::<SagaId>(), id::<SagaId>());
    let course = id::<CourseId>();
    let what = Reservation::Email(course, "ada@x.ch".into());
    let mut tx = world.begin().await;
    assert!(tx.reserve(one, &what, None).await.unwrap());
    assert!(tx.reserve(one, &what, None).await.unwrap());
    assert!(!tx.reserve(other, &what, None).await.unwrap());
    for free in [
        Reservation::Email(id(), "ada@x.ch".into()),
        Reservation::StudentId(course, "ada@x.ch".into()),
        Reservation::Email(course, "ADA@x.ch".into()),
    ] {
        assert!(tx.taken(std::slice::from_ref(&free)).await.unwrap().is_empty());
        assert_eq!(tx.taken_until(&free).await.unwrap(), None);
        assert!(tx.reserve(other, &free, None).await.unwrap());
    }
    assert_eq!(tx.taken_until(&what).await.unwrap(), Some(None));
    assert_eq!(tx.taken(std::slice::from_ref(&what)).await.unwrap(), [what]);
}

/// `Conflict` if one is taken, whoever has it.
pub async fn are_taken_all_or_not_at_all(world: &World) {
    let (one, other) = (id::<SagaId>(), id::<SagaId>());
    let [a, b, c] = [0; 3].map(|_| Reservation::Seat(id()));
    let mut tx = world.begin().await;
    tx.reserve_all(&[(one, a.clone()), (other, b.clone())]).await.unwrap();
    tx.commit().await.unwrap();
    let mut tx = world.begin().await;
    assert!(is_conflict(&tx.reserve_all(&[(one, c.clone()), (one, b.clone())]).await));
    tx.rollback().await.unwrap();
    let mut tx = world.begin().await;
    assert!(is_conflict(&tx.reserve_all(&[(one, a.clone())]).await));
    drop(tx);
    let mut tx = world.read().await;
    assert_eq!(tx.taken(&[c, a.clone(), b.clone()]).await.unwrap(), [a, b]);
}

/// One whose time is over is anybody's.
pub async fn end_with_their_time(world: &World) {
    let (one, other) = (id::<SagaId>(), id::<SagaId>());
    let [what, closing] =
        [Reservation::Subject(Subject::Enrolment(id())), Reservation::ClosingLab(id())];
    let until = world.time.now() + LEASE;
    let mut tx = world.begin().await;
    assert!(tx.reserve(one, &what, Some(until)).await.unwrap());
    assert!(tx.reserve(one, &closing, Some(until)).await.unwrap());
    assert!(!tx.reserve(other, &what, None).await.unwrap());
    assert_eq!(tx.taken_until(&what).await.unwrap(), Some(Some(until)));
    let later = until + LEASE;
    assert!(tx.reserve(one, &closing, Some(later)).await.unwrap());
    assert_eq!(tx.taken_until(&closing).await.unwrap(), Some(Some(later)));
    world.time.pass(LEASE).await;
    assert_eq!(tx.taken_until(&what).await.unwrap(), None);
    let both = [what.clone(), closing.clone()];
    assert_eq!(tx.taken(&both).await.unwrap(), [closing]);
    assert!(tx.reserve(other, &what, None).await.unwrap());
    assert!(!tx.reserve(one, &what, None).await.unwrap());
    let over = Reservation::Seat(id());
    assert!(tx.reserve(one, &over, Some(world.time.now())).await.unwrap());
    tx.reserve_all(&[(other, over)]).await.unwrap();
}

/// All of the saga's, but those with an end of their own.
pub async fn go_when_the_saga_closes(world: &World) {
    let saga = opened(world, 1).await;
    let (mine, kept, others) =
        (Reservation::LabName("L".into()), Reservation::ClosingLab(id()), Reservation::Seat(id()));
    let ticket = taken(world, saga).await.0;
    let mut tx = world.begin().await;
    assert!(tx.reserve(saga, &mine, None).await.unwrap());
    let until = world.time.now() + TimeDelta::days(1);
    assert!(tx.reserve(saga, &kept, Some(until)).await.unwrap());
    assert!(tx.reserve(id(), &others, None).await.unwrap());
    let done = [Event::Done { step: 0, note: None }, Event::Completed];
    tx.close(&ticket, &done, None).await.unwrap();
    let all = [mine, kept.clone(), others.clone()];
    assert_eq!(tx.taken(&all).await.unwrap(), [kept, others]);
}

/// Never both, however they race.
pub async fn two_at_once_and_one_wins(world: &World) {
    for _ in 0..10 {
        let what = Reservation::Seat(id());
        let racers = (0..4).map(|_| {
            let (store, what) = (Arc::clone(&world.store), what.clone());
            async move {
                let mut tx = store.begin().await.unwrap();
                let won = tx.reserve(id(), &what, None).await.unwrap();
                tx.commit().await.unwrap();
                won
            }
        });
        let won = futures::future::join_all(racers).await;
        assert_eq!(won.iter().filter(|won| **won).count(), 1);
    }
}

/// Not by anybody else.
pub async fn are_given_back_by_their_owner(world: &World) {
    let (one, other) = (id::<SagaId>(), id::<SagaId>());
    let what = Reservation::ProjectName(id(), "p".into());
    let mut tx = world.begin().await;
    assert!(tx.reserve(one, &what, None).await.unwrap());
    tx.unreserve(other, &what).await.unwrap();
    assert!(!tx.reserve(other, &what, None).await.unwrap());
    tx.unreserve(one, &what).await.unwrap();
    assert!(tx.reserve(other, &what, None).await.unwrap());
}
