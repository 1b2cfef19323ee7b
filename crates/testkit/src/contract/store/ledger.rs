//! The ledger: claims, fences, and what is written.

use super::{LEASE, World};
use crate::builders::id;
use chrono::TimeDelta;
use course_seats_domain::ids::{CourseId, SagaId};
use course_seats_domain::plans::{CourseEvent, CourseSaga, CourseStep, Note, SagaKind};
use course_seats_domain::saga::{
    Claim, Event, LedgerError, NewSaga, Plan, Saga, Status, StepState, Ticket,
};
use course_seats_domain::values::Credits;

/// A saga of so many steps, written down.
pub(super) async fn opened(world: &World, steps: usize) -> SagaId {
    opened_for(world, steps, SagaKind::AssignSeat, id()).await
}

pub(super) async fn opened_for(
    world: &World,
    steps: usize,
    kind: SagaKind,
    course: CourseId,
) -> SagaId {
    let saga: SagaId = id();
    let amount: Credits = "200.50".parse().unwrap();
    let steps = (0..steps).map(|_| CourseStep::Grant { project: id(), amount }).collect();
    let new = NewSaga {
        id: saga.uuid(),
        kind: kind.as_str().into(),
        subject: format!("subject of {saga}"),
        scope: Some(course.uuid()),
        request: Some(id()),
        plan: Plan::undoable(steps),
    };
    let mut tx = world.begin().await;
    tx.open(new).await.unwrap();
    tx.commit().await.unwrap();
    saga
}

/// Claims a saga, which must be free.
pub(super) async fn taken(world: &World, saga: SagaId) -> (Ticket, CourseSaga) {
    let mut tx = world.begin().await;
    let claim = tx.claim(saga.uuid(), LEASE).await.unwrap();
    tx.commit().await.unwrap();
    let Claim::Taken { ticket, saga, .. } = claim else { unreachable!("{claim:?}") };
    (ticket, *saga)
}

async fn claim(world: &World, saga: SagaId) -> Claim<CourseStep> {
    let mut tx = world.begin().await;
    let claim = tx.claim(saga.uuid(), LEASE).await.unwrap();
    tx.commit().await.unwrap();
    claim
}

/// Records and commits.
pub(super) async fn recorded(world: &World, ticket: &Ticket, events: &[CourseEvent]) {
    let mut tx = world.begin().await;
    tx.record(ticket, events, LEASE).await.unwrap();
    tx.commit().await.unwrap();
}

/// A done step.
pub(super) fn done(step: usize) -> CourseEvent {
    Event::Done { step, note: None }
}

/// Nobody else has it before; whoever takes it then hears of a takeover.
pub async fn a_claim_holds_until_its_lease_ends(world: &World) {
    assert_eq!(claim(world, id()).await, Claim::Missing);
    let saga = opened(world, 2).await;
    let written = world.time.now();
    world.time.pass(TimeDelta::seconds(1)).await;
    let first = claim(world, saga).await;
    let Claim::Taken { ticket, saga: story, created_at } = first else { unreachable!("{first:?}") };
    assert_eq!((ticket.generation, ticket.status), (1, Status::Running));
    assert_eq!(created_at, written);
    assert!(!story.taken_over);
    assert_eq!(claim(world, saga).await, Claim::Held);
    world.time.pass(LEASE - TimeDelta::microseconds(1)).await;
    assert_eq!(claim(world, saga).await, Claim::Held);
    recorded(world, &ticket, &[]).await;
    world.time.pass(LEASE - TimeDelta::microseconds(1)).await;
    assert_eq!(claim(world, saga).await, Claim::Held, "progress renews the lease");
    world.time.pass(TimeDelta::microseconds(1)).await;
    let (second, story) = taken(world, saga).await;
    assert_eq!(second.generation, 2);
    assert!(story.taken_over && story.uncertain);
}

/// With one statement, and only if nobody has had it: whoever comes later must claim it.
pub async fn a_new_one_is_claimed_at_once(world: &World) {
    let (saga, other) = (opened(world, 1).await, opened(world, 1).await);
    let claim = async |saga: SagaId| {
        let mut tx = world.store.single().await.unwrap();
        let claim = tx.claim_new(saga, LEASE).await.unwrap();
        tx.commit().await.unwrap();
        claim
    };
    let Some(Claim::Taken { ticket, saga: taken, .. }) = claim(saga).await else {
        unreachable!("nobody has it")
    };
    assert_eq!((ticket.generation, ticket.status, taken.taken_over), (1, Status::Running, false));
    assert!(claim(saga).await.is_none(), "somebody has it");
    let mut tx = world.begin().await;
    assert!(matches!(tx.claim(saga.uuid(), LEASE).await.unwrap(), Claim::Held));
    tx.record(&ticket, &[], LEASE).await.unwrap();
    tx.release(&ticket, &[], world.time.now()).await.unwrap();
    tx.commit().await.unwrap();
    assert!(claim(saga).await.is_none(), "somebody had it");
    let mut tx = world.begin().await;
    tx.seize(other, Status::Running, &[CourseEvent::TakenOver], None).await.unwrap();
    tx.commit().await.unwrap();
    assert!(claim(other).await.is_none(), "somebody else has moved it");
    assert!(claim(id()).await.is_none(), "there is none");
}

/// Who was overtaken changes nothing.
pub async fn an_old_generation_is_fenced(world: &World) {
    let saga = opened(world, 2).await;
    let (old, _) = taken(world, saga).await;
    world.time.pass(LEASE).await;
    let (new, _) = taken(world, saga).await;
    let before = world.read().await.load(saga.uuid()).await.unwrap();
    let fenced = Err(LedgerError::Fenced);
    let mut tx = world.begin().await;
    assert_eq!(tx.record(&old, &[done(0)], LEASE).await, fenced);
    assert_eq!(tx.release(&old, &[done(0)], world.time.now()).await, fenced);
    let undone = [Event::Cancelled { why: "old".into() }];
    assert_eq!(tx.close(&old, &undone, None).await, fenced);
    let unknown = Ticket { saga: id(), ..new };
    assert_eq!(tx.record(&unknown, &[], LEASE).await, fenced);
    tx.commit().await.unwrap();
    assert_eq!(world.read().await.load(saga.uuid()).await.unwrap(), before);
    recorded(world, &new, &[done(0)]).await;
}

/// Who believes it elsewhere changes nothing.
pub async fn an_old_status_is_fenced(world: &World) {
    let saga = opened(world, 2).await;
    let (ticket, _) = taken(world, saga).await;
    recorded(world, &ticket, &[Event::TurnedToUndo { why: "no".into() }]).await;
    let mut tx = world.begin().await;
    assert_eq!(tx.record(&ticket, &[done(0)], LEASE).await, Err(LedgerError::Fenced));
    let undoing = Ticket { status: Status::Undoing, ..ticket };
    tx.close(&undoing, &[Event::AllUndone], None).await.unwrap();
    assert_eq!(tx.record(&undoing, &[], LEASE).await, Err(LedgerError::Fenced));
    assert_eq!(tx.claim(saga.uuid(), LEASE).await.unwrap(), Claim::Closed(Status::Undone));
}

/// Attempts, error and flag follow the events.
pub async fn events_set_the_row(world: &World) {
    let saga = opened(world, 2).await;
    let (ticket, _) = taken(world, saga).await;
    let why = |why: &str| why.to_owned();
    recorded(world, &ticket, &[Event::Tried { step: 0, why: why("a") }]).await;
    let events = [Event::Unknown { step: 0, why: why("b") }, done(0)];
    recorded(world, &ticket, &events).await;
    let (summary, _) = world.read().await.describe(saga).await.unwrap().unwrap();
    assert_eq!((summary.attempts, summary.error.as_deref()), (2, Some("b")));
    assert!(!summary.needs_attention);
    assert_eq!(summary.lease_until, Some(world.time.now() + LEASE));
    let events = [
        Event::TurnedToUndo { why: why("turned") },
        Event::UndoTried { step: 0, why: why("c") },
        Event::UndoUnknown { step: 0, why: why("d") },
        Event::NeedsAttention { why: why("look") },
    ];
    world.time.pass(TimeDelta::seconds(1)).await;
    recorded(world, &ticket, &events).await;
    let (summary, story) = world.read().await.describe(saga).await.unwrap().unwrap();
    assert_eq!((summary.attempts, summary.error.as_deref()), (4, Some("look")));
    assert!(summary.needs_attention && story.needs_attention);
    assert_eq!((summary.status, story.status), (Status::Undoing, Status::Undoing));
    assert_eq!(summary.updated_at, world.time.now());
}

/// Closed: no lease, no claim; an event must close it.
pub async fn closing_ends_everything(world: &World) {
    let saga = opened(world, 1).await;
    let (ticket, _) = taken(world, saga).await;
    let mut tx = world.begin().await;
    assert!(tx.close(&ticket, &[done(0)], None).await.is_err());
    drop(tx);
    let mut tx = world.begin().await;
    tx.close(&ticket, &[done(0), Event::Completed], None).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(claim(world, saga).await, Claim::Closed(Status::Completed));
    let (summary, story) = world.read().await.describe(saga).await.unwrap().unwrap();
    assert_eq!((summary.status, summary.lease_until), (Status::Completed, None));
    assert_eq!(story.status, Status::Completed);
    assert_eq!(world.read().await.describe(id()).await.unwrap(), None);
}

/// A lease that was given back writes nothing any more, not even the same again.
pub async fn a_ticket_ends_with_its_lease(world: &World) {
    let saga = opened(world, 2).await;
    let (ticket, _) = taken(world, saga).await;
    let mut tx = world.begin().await;
    tx.release(&ticket, &[done(0)], world.time.now()).await.unwrap();
    let fenced = Err(LedgerError::Fenced);
    assert_eq!(tx.record(&ticket, &[done(1)], LEASE).await, fenced);
    assert_eq!(tx.release(&ticket, &[done(0)], world.time.now()).await, fenced);
}

/// Whoever closes a saga that needed attention ends that.
pub async fn a_closed_saga_needs_nobody(world: &World) {
    let saga = opened(world, 1).await;
    let (ticket, _) = taken(world, saga).await;
    recorded(world, &ticket, &[Event::NeedsAttention { why: "slow".into() }]).await;
    let mut tx = world.begin().await;
    tx.close(&ticket, &[done(0), Event::Completed], None).await.unwrap();
    let (row, _) = tx.describe(saga).await.unwrap().unwrap();
    assert!(!row.needs_attention);
}

/// Whatever its due time, and without a takeover.
pub async fn a_released_saga_is_taken_at_once(world: &World) {
    let saga = opened(world, 2).await;
    let (ticket, _) = taken(world, saga).await;
    let mut tx = world.begin().await;
    let later = world.time.now() + TimeDelta::days(1);
    tx.release(&ticket, &[done(0)], later).await.unwrap();
    tx.commit().await.unwrap();
    let (ticket, story) = taken(world, saga).await;
    assert_eq!(ticket.generation, 2);
    assert!(!story.taken_over);
    assert_eq!(story.steps[0].state, StepState::Done);
}

/// It is nobody's and due; in another status nothing happens.
pub async fn seizing_fences_the_owner(world: &World) {
    let saga = opened(world, 2).await;
    let (ticket, _) = taken(world, saga).await;
    let mut tx = world.begin().await;
    let cancelled = [Event::Cancelled { why: "gone".into() }];
    let fenced = Err(LedgerError::Fenced);
    assert_eq!(tx.seize(saga, Status::Undoing, &cancelled, None).await, fenced);
    assert_eq!(tx.seize(id(), Status::Running, &cancelled, None).await, fenced);
    let turn = [Event::TurnedToUndo { why: "gone".into() }];
    tx.seize(saga, Status::Running, &turn, None).await.unwrap();
    assert_eq!(tx.record(&ticket, &[], LEASE).await, fenced);
    let undoing = Ticket { status: Status::Undoing, ..ticket };
    assert_eq!(tx.record(&undoing, &[], LEASE).await, fenced);
    tx.commit().await.unwrap();
    let (ticket, story) = taken(world, saga).await;
    assert_eq!((ticket.status, story.taken_over), (Status::Undoing, false));
    let mut tx = world.begin().await;
    let look_at = world.time.now() + TimeDelta::hours(1);
    tx.seize(saga, Status::Undoing, &cancelled, Some(look_at)).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(claim(world, saga).await, Claim::Closed(Status::Undone));
    world.time.pass(TimeDelta::hours(1)).await;
    let mut tx = world.begin().await;
    assert!(matches!(tx.claim_look(saga, LEASE).await, Ok(Claim::Taken { .. })));
}

/// In the order in which it was told, notes and all.
pub async fn stories_are_replayed(world: &World) {
    let saga = opened(world, 2).await;
    assert_eq!(world.read().await.load(id()).await.unwrap(), None);
    let (ticket, new) = taken(world, saga).await;
    assert_eq!(new, Saga::new(new.plan.clone()));
    let balance = Some("149.990".parse().unwrap());
    let story = [
        vec![Event::Noted { step: 0, note: Note::GrantAttempt }, done(0)],
        vec![],
        vec![Event::Noted { step: 1, note: Note::Balance { balance } }],
        vec![Event::Done { step: 1, note: Some(Note::NotNeeded) }],
    ];
    for events in &story {
        recorded(world, &ticket, events).await;
    }
    let expected = Saga::replay(new.plan, story.iter().flatten()).unwrap();
    assert_eq!(world.read().await.load(saga.uuid()).await.unwrap(), Some(expected));
}
