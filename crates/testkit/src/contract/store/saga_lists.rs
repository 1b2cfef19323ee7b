//! Finding sagas.

use super::ledger::{done, opened, opened_for, recorded, taken};
use super::{LEASE, World};
use crate::builders::{day, id};
use chrono::TimeDelta;
use course_seats_application::ports::store::{GivenUp, Page, SagaFilter};
use course_seats_domain::ids::{CourseId, LabId, ProjectId, SagaId};
use course_seats_domain::plans::SagaKind;
use course_seats_domain::saga::{Event, Status};

/// Open ones that nobody has or whose lease ran out, closed ones whose look is due; oldest first.
pub async fn abandoned_ones_and_due_looks_are_found(world: &World) {
    let second = TimeDelta::seconds(1);
    let queued = opened(world, 1).await;
    world.time.pass(second).await;
    let released = opened(world, 1).await;
    let (ticket, _) = taken(world, released).await;
    let mut tx = world.begin().await;
    let due = world.time.now() + TimeDelta::minutes(1);
    tx.release(&ticket, &[], due).await.unwrap();
    tx.commit().await.unwrap();
    world.time.pass(second).await;
    let held = opened(world, 1).await;
    taken(world, held).await;
    let looked_at = opened(world, 1).await;
    let (ticket, _) = taken(world, looked_at).await;
    let mut tx = world.begin().await;
    let look_at = world.time.now() + second;
    tx.close(&ticket, &[done(0), Event::Completed], Some(look_at)).await.unwrap();
    tx.commit().await.unwrap();
    let closed = opened(world, 1).await;
    let (ticket, _) = taken(world, closed).await;
    let mut tx = world.begin().await;
    tx.close(&ticket, &[done(0), Event::Completed], None).await.unwrap();
    tx.commit().await.unwrap();

    assert_eq!(abandoned(world, 10).await, [queued]);
    assert_eq!(to_look_at(world).await, []);
    world.time.pass(second).await;
    assert_eq!(to_look_at(world).await, [looked_at]);
    world.time.pass(LEASE).await;
    assert_eq!(abandoned(world, 10).await, [queued, held]);
    world.time.pass(TimeDelta::minutes(1)).await;
    assert_eq!(abandoned(world, 10).await, [queued, held, released]);
    assert_eq!(abandoned(world, 2).await, [queued, held]);
    let heads = world.read().await.abandoned(due, 10).await.unwrap();
    let head = heads[2].1;
    assert_eq!((head.status, head.lease_until, head.due_at), (Status::Running, None, due));
    let before = world.read().await.abandoned(due - second, 10).await.unwrap();
    assert_eq!(before.len(), 2, "it was not due by then");
    let heads = world.read().await.to_look_at(10).await.unwrap();
    assert_eq!(heads[0].1.look_at, Some(look_at));
    let mut tx = world.begin().await;
    tx.claim_look(looked_at, LEASE).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(to_look_at(world).await, [], "a look is under way");
}

/// Those whose lease is over, or that are due by now.
async fn abandoned(world: &World, limit: u32) -> Vec<SagaId> {
    let now = world.time.now();
    let heads = world.read().await.abandoned(now, limit).await.unwrap();
    heads.into_iter().map(|(saga, _)| saga).collect()
}

async fn to_look_at(world: &World) -> Vec<SagaId> {
    let heads = world.read().await.to_look_at(10).await.unwrap();
    heads.into_iter().map(|(saga, _)| saga).collect()
}

/// What exists; what is open in a course.
pub async fn statuses_and_open_ones_are_told(world: &World) {
    let course: CourseId = id();
    let running = opened_for(world, 1, SagaKind::AssignSeat, course).await;
    world.time.pass(TimeDelta::seconds(1)).await;
    let undoing = opened_for(world, 1, SagaKind::DropSeat, course).await;
    let (ticket, _) = taken(world, undoing).await;
    recorded(world, &ticket, &[Event::TurnedToUndo { why: "no".into() }]).await;
    let undone = opened_for(world, 1, SagaKind::Activate, course).await;
    let mut tx = world.begin().await;
    let cancelled = [Event::Cancelled { why: "gone".into() }];
    tx.seize(undone, Status::Running, &cancelled, None).await.unwrap();
    tx.commit().await.unwrap();
    opened(world, 1).await;

    let mut tx = world.read().await;
    let mut told = tx.statuses(&[running, id(), undoing, undone]).await.unwrap();
    told.sort_by_key(|(saga, _)| *saga);
    let mut expected =
        [(running, Status::Running), (undoing, Status::Undoing), (undone, Status::Undone)];
    expected.sort_by_key(|(saga, _)| *saga);
    assert_eq!(told, expected);
    assert_eq!(
        tx.open_sagas(course).await.unwrap(),
        [(running, SagaKind::AssignSeat), (undoing, SagaKind::DropSeat)]
    );
}

/// With filters and pages.
pub async fn are_listed_newest_first(world: &World) {
    let mut sagas = Vec::new();
    for kind in [SagaKind::CreateLab, SagaKind::DropSeat, SagaKind::DropSeat] {
        sagas.push(opened_for(world, 1, kind, id()).await);
        world.time.pass(TimeDelta::seconds(1)).await;
    }
    let (ticket, _) = taken(world, sagas[1]).await;
    recorded(world, &ticket, &[Event::NeedsAttention { why: "money".into() }]).await;
    let (ticket, _) = taken(world, sagas[0]).await;
    recorded(world, &ticket, &[Event::TurnedToUndo { why: "no".into() }]).await;
    let mut tx = world.read().await;
    let first = Page { number: 1, size: 10 };
    for (filter, expected) in [
        (SagaFilter::default(), vec![2, 1, 0]),
        (SagaFilter { kind: Some(SagaKind::DropSeat), ..Default::default() }, vec![2, 1]),
        (SagaFilter { needs_attention: true, ..Default::default() }, vec![1]),
        (SagaFilter { status: Some(Status::Undoing), ..Default::default() }, vec![0]),
        (SagaFilter { status: Some(Status::Undone), ..Default::default() }, vec![]),
    ] {
        let listed = tx.list_sagas(&filter, first).await.unwrap();
        let ids: Vec<SagaId> = listed.items.iter().map(|one| one.id).collect();
        let expected: Vec<SagaId> = expected.into_iter().map(|at: usize| sagas[at]).collect();
        assert_eq!((ids, listed.total), (expected.clone(), expected.len() as u64));
    }
    let second = Page { number: 2, size: 2 };
    let listed = tx.list_sagas(&SagaFilter::default(), second).await.unwrap();
    assert_eq!((listed.items[0].id, listed.total), (sagas[0], 3));
    assert_eq!(listed.items[0].subject, format!("subject of {}", sagas[0]));
    assert_eq!(listed.items[0].kind, SagaKind::CreateLab);
}

/// Twice is the same as once.
pub async fn accounts_are_given_up_once(world: &World) {
    let mut tx = world.begin().await;
    let uuid: uuid::Uuid = id();
    for account in [GivenUp::Lab(LabId::new(uuid)), GivenUp::Project(ProjectId::new(uuid))] {
        tx.give_up(account, id(), day(1)).await.unwrap();
        tx.give_up(account, id(), day(2)).await.unwrap();
    }
    tx.commit().await.unwrap();
}

/// Whatever its backoff; not of one that is closed, and not from whoever has it.
pub async fn an_open_one_is_made_due(world: &World) {
    let never = world.time.now() + TimeDelta::days(3650);
    let waiting = opened(world, 1).await;
    let (ticket, _) = taken(world, waiting).await;
    let mut tx = world.begin().await;
    tx.release(&ticket, &[], never).await.unwrap();
    let now = world.time.now();
    assert_eq!(tx.set_due(waiting, now).await.unwrap(), Some(Status::Running));
    assert_eq!(tx.set_due(id(), now).await.unwrap(), None);
    tx.commit().await.unwrap();
    assert_eq!(abandoned(world, 10).await, [waiting]);
    let (ticket, _) = taken(world, waiting).await;
    let mut tx = world.begin().await;
    assert_eq!(tx.set_due(waiting, now).await.unwrap(), Some(Status::Running));
    tx.record(&ticket, &[], LEASE).await.unwrap();
    tx.close(&ticket, &[done(0), Event::Completed], None).await.unwrap();
    assert_eq!(tx.set_due(waiting, now).await.unwrap(), Some(Status::Completed));
    tx.commit().await.unwrap();
    world.time.pass(LEASE).await;
    assert!(abandoned(world, 10).await.is_empty());
}

/// By closing it, or by ending the call for attention of one that is closed.
pub async fn a_person_ends_the_call_for_attention(world: &World) {
    let attention = Event::NeedsAttention { why: "money".into() };
    let open = opened(world, 1).await;
    let (ticket, _) = taken(world, open).await;
    recorded(world, &ticket, std::slice::from_ref(&attention)).await;
    let closed = opened(world, 1).await;
    let (ticket, _) = taken(world, closed).await;
    let look_at = world.time.now() + TimeDelta::hours(1);
    let story = [done(0), Event::Completed, attention];
    let mut tx = world.begin().await;
    tx.close(&ticket, &story, Some(look_at)).await.unwrap();
    let settled = [Event::TakenOver, Event::Settled { why: "the bank says so".into() }];
    tx.seize(open, Status::Running, &settled, Some(look_at)).await.unwrap();
    let seen = [Event::Seen { why: "seen".into() }];
    tx.seize(closed, Status::Completed, &seen, None).await.unwrap();
    tx.commit().await.unwrap();
    for (saga, status, reason) in
        [(open, Status::Undone, "the bank says so"), (closed, Status::Completed, "seen")]
    {
        let (summary, notebook) = world.read().await.describe(saga).await.unwrap().unwrap();
        assert_eq!((summary.status, summary.needs_attention), (status, false));
        assert_eq!((notebook.status, notebook.needs_attention), (status, false));
        assert_eq!(notebook.reason.as_deref(), Some(reason));
    }
    world.time.pass(TimeDelta::hours(1)).await;
    let mut looks = to_look_at(world).await;
    looks.sort();
    let mut both = [open, closed];
    both.sort();
    assert_eq!(looks, both, "its looks stay");
}
