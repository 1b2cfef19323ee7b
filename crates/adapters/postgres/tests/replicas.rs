//! Several replicas on one database, and callers that go away.
#![expect(clippy::unwrap_used, reason = "a failed check panics")]

mod support;

use chrono::{DateTime, TimeDelta, Utc};
use course_seats_application::ports::Store;
use course_seats_application::ports::store::{
    BatchFilter, EnrolmentFilter, MailContent, Page, Reservation, StoreError, Tx,
};
use course_seats_domain::ids::{EnrolmentId, MailId, SagaId};
use course_seats_domain::plans::{CourseEvent, CourseStep, SagaKind};
use course_seats_domain::saga::{
    Claim, Event, LedgerError, NewSaga, Plan, Status, StepState, Ticket,
};
use course_seats_domain::seat::Seat;
use course_seats_domain::values::Credits;
use course_seats_postgres::PostgresStore;
use course_seats_testkit::builders::{Campus, email, enrolment, id, institution, project, seat};
use course_seats_testkit::postgres::Database;
use futures::future::{join, join_all};
use std::collections::HashSet;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use support::{open, settings};

const LEASE: TimeDelta = TimeDelta::seconds(20);

/// Two replicas on a database of their own.
async fn replicas() -> (Database<'static>, [Arc<PostgresStore>; 2]) {
    let database = support::database().await;
    let replicas = [(); 2].map(|()| Arc::new(open(&settings(&database))));
    (database, replicas)
}

async fn opened(store: &PostgresStore) -> SagaId {
    let saga: SagaId = id();
    let steps = vec![CourseStep::Grant { project: id(), amount: Credits::whole(200) }; 2];
    let mut tx = store.begin().await.unwrap();
    tx.open(NewSaga {
        id: saga.uuid(),
        kind: SagaKind::AssignSeat.as_str().into(),
        subject: "subject".into(),
        scope: None,
        request: None,
        plan: Plan::undoable(steps),
    })
    .await
    .unwrap();
    tx.commit().await.unwrap();
    saga
}

async fn taken(store: &PostgresStore, saga: SagaId) -> Ticket {
    let mut tx = store.begin().await.unwrap();
    let Claim::Taken { ticket, .. } = tx.claim(saga.uuid(), LEASE).await.unwrap() else {
        unreachable!("nobody has it")
    };
    tx.commit().await.unwrap();
    ticket
}

/// Until a transaction waits for a row that another one has locked.
async fn until_somebody_waits(database: &Database<'_>) {
    let waiting = "SELECT count(*) FROM pg_stat_activity
                   WHERE datname = current_database() AND wait_event_type = 'Lock'";
    while database.psql(waiting) == "0" {
        tokio::task::yield_now().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn writers_of_one_course_take_turns_and_sell_no_seat_twice() {
    let (_database, replicas) = replicas().await;
    let campus = Campus::build(&*replicas[0]).await;
    let mut tx = replicas[0].begin().await.unwrap();
    let seats: Vec<_> = (0..20).map(|_| seat(&campus.course)).collect();
    tx.insert_seats(&seats).await.unwrap();
    tx.commit().await.unwrap();
    let buyers = (0..30).map(|number| {
        let (store, campus) = (Arc::clone(&replicas[number % 2]), campus.clone());
        async move {
            let mut tx = store.begin().await.unwrap();
            let course = tx.lock_course(campus.course.id).await.unwrap().unwrap();
            let now = course.created_at;
            let free = tx.available_seats(course.id, now, Some(1)).await.unwrap();
            let mut seat = free.into_iter().next()?;
            let project = project(campus.lab.id);
            let enrolment = enrolment(course.id, project.id);
            tx.insert_project(&project).await.unwrap();
            tx.insert_enrolment(&enrolment).await.unwrap();
            seat.enrolment = Some(enrolment.id);
            tx.update_seat(&seat).await.unwrap();
            tx.commit().await.unwrap();
            Some(seat.id)
        }
    });
    let sold: Vec<_> = join_all(buyers).await.into_iter().flatten().collect();
    assert_eq!(sold.len(), 20);
    assert_eq!(sold.iter().collect::<HashSet<_>>().len(), 20);
}

/// As two requests for the same students in opposite order do, and with rows to clean up.
#[tokio::test(flavor = "multi_thread")]
async fn crossing_reservations_do_not_deadlock() {
    let (_database, replicas) = replicas().await;
    for _ in 0..10 {
        let all: Vec<_> = (0..50).map(|_| Reservation::Seat(id())).collect();
        let mut tx = replicas[0].begin().await.unwrap();
        let long_ago = DateTime::<Utc>::UNIX_EPOCH;
        for what in all.iter().take(10) {
            assert!(tx.reserve(id(), what, Some(long_ago)).await.unwrap());
        }
        tx.commit().await.unwrap();
        let racers = (0..4).map(|number| {
            let (store, saga) = (Arc::clone(&replicas[number % 2]), id::<SagaId>());
            let mut these: Vec<_> = all.iter().map(|what| (saga, what.clone())).collect();
            if number % 2 == 1 {
                these.reverse();
            }
            async move {
                let mut tx = store.begin().await.unwrap();
                tx.reserve_all(&these).await?;
                tx.commit().await
            }
        });
        let mut results = join_all(racers).await;
        results.sort_by_key(Result::is_err);
        assert_eq!(results.remove(0), Ok(()));
        let conflict = StoreError::Conflict("reservation_pkey".into());
        assert!(results.iter().all(|result| result.as_ref() == Err(&conflict)), "{results:?}");
    }
}

/// Its owner writes before the saga is loaded or not at all, but never in between.
#[tokio::test(flavor = "multi_thread")]
async fn a_saga_is_seized_as_it_was_loaded() {
    let (database, [one, other]) = replicas().await;
    let saga = opened(&one).await;
    let ticket = taken(&one, saga).await;

    let mut seizing = other.begin().await.unwrap();
    let loaded = seizing.load(saga.uuid()).await.unwrap().unwrap();
    assert_eq!(loaded.status, Status::Running);
    let owner = async {
        let mut tx = one.begin().await.unwrap();
        let recorded = tx.record(&ticket, &[Event::Done { step: 0, note: None }], LEASE).await;
        tx.commit().await.unwrap();
        recorded
    };
    let seizing = async {
        // Its owner waits for the row.
        until_somebody_waits(&database).await;
        let events = [CourseEvent::TakenOver, CourseEvent::TurnedToUndo { why: "late".into() }];
        seizing.seize(saga, Status::Running, &events, None).await.unwrap();
        seizing.commit().await.unwrap();
    };
    let (recorded, ()) = tokio::join!(owner, seizing);
    assert_eq!(recorded, Err(LedgerError::Fenced));
    let (_, story) = one.read().await.unwrap().describe(saga).await.unwrap().unwrap();
    assert_eq!(story.status, Status::Undoing);
}

/// Its owner took a write for lost and writes again, while the first is being committed: the second
/// has to read anew, and harms nothing.
#[tokio::test(flavor = "multi_thread")]
async fn a_write_beside_one_that_is_committed_late_is_repeated() {
    let (database, [one, _]) = replicas().await;
    let saga = opened(&one).await;
    let ticket = taken(&one, saga).await;

    let done = |step| [Event::Done { step, note: None }];
    let mut late = one.begin().await.unwrap();
    late.record(&ticket, &done(0), LEASE).await.unwrap();
    let again = async {
        let mut tx = one.begin().await.unwrap();
        tx.record(&ticket, &done(1), LEASE).await
    };
    let commits = async {
        until_somebody_waits(&database).await;
        late.commit().await.unwrap();
    };
    let (again, ()) = tokio::join!(again, commits);
    assert!(matches!(again, Err(LedgerError::Unavailable(_))), "{again:?}");
    let mut tx = one.begin().await.unwrap();
    tx.record(&ticket, &done(1), LEASE).await.unwrap();
    tx.commit().await.unwrap();
    let loaded = one.read().await.unwrap().load(saga.uuid()).await.unwrap().unwrap();
    assert!(loaded.steps.iter().all(|record| record.state == StepState::Done));
}

/// By the database's clock, and to the microsecond as it was written.
#[tokio::test(flavor = "multi_thread")]
async fn leases_end_by_the_databases_clock() {
    let (database, [one, other]) = replicas().await;
    let saga = opened(&one).await;
    let short = TimeDelta::milliseconds(300);
    let mut tx = one.begin().await.unwrap();
    assert!(matches!(tx.claim(saga.uuid(), short).await.unwrap(), Claim::Taken { .. }));
    tx.commit().await.unwrap();
    let claim = async || {
        let mut tx = other.begin().await.unwrap();
        let claim = tx.claim(saga.uuid(), LEASE).await.unwrap();
        tx.commit().await.unwrap();
        claim
    };
    assert_eq!(claim().await, Claim::Held);
    let ends = format!("SELECT clock_timestamp() >= lease_until FROM saga WHERE id = '{saga}'");
    while database.psql(&ends) == "f" {}
    let Claim::Taken { ticket, saga: story, .. } = claim().await else {
        unreachable!("it is over")
    };
    assert_eq!(ticket.generation, 2);
    assert!(story.taken_over);
    let (summary, _) = one.read().await.unwrap().describe(saga).await.unwrap().unwrap();
    let written = database.psql(&format!(
        "SELECT to_char(lease_until AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')
         FROM saga WHERE id = '{saga}'"
    ));
    assert_eq!(summary.lease_until, Some(written.parse().unwrap()));
}

/// Postgres has no texts with NUL in them; who sends or looks for some is not refused.
#[tokio::test(flavor = "multi_thread")]
async fn a_nul_from_outside_harms_nobody() {
    let (_database, [one, _]) = replicas().await;
    let saga = opened(&one).await;
    let mut tx = one.begin().await.unwrap();
    let Claim::Taken { ticket, .. } = tx.claim(saga.uuid(), LEASE).await.unwrap() else {
        unreachable!("nobody has it")
    };
    let tried = Event::Tried { step: 0, why: "garbage \0 answer".into() };
    tx.record(&ticket, std::slice::from_ref(&tried), LEASE).await.unwrap();
    tx.commit().await.unwrap();
    let mut tx = one.read().await.unwrap();
    let (summary, _) = tx.describe(saga).await.unwrap().unwrap();
    assert_eq!(summary.error.as_deref(), Some("garbage  answer"));
    assert_eq!(tx.search_institutions(Some("a\0"), None).await.unwrap().total, 0);
}

/// Two take the last seats of a batch to another course, and neither sees what the other does.
#[tokio::test(flavor = "multi_thread")]
async fn a_batch_that_two_take_away_is_gone() {
    let (database, [one, other]) = replicas().await;
    let (from, to) = (Campus::build(&*one).await, Campus::build(&*one).await);
    let batch = id();
    let seats = [(); 2].map(|()| Seat { batch, ..seat(&from.course) });
    let mut tx = one.begin().await.unwrap();
    tx.insert_seats(&seats).await.unwrap();
    tx.commit().await.unwrap();
    let mut first = one.begin().await.unwrap();
    first.move_seats(&[seats[0].id], to.course.id).await.unwrap();
    let second = async {
        let mut tx = other.begin().await.unwrap();
        tx.move_seats(&[seats[1].id], to.course.id).await.unwrap();
        tx.commit().await.unwrap();
    };
    let commit = async {
        until_somebody_waits(&database).await;
        first.commit().await.unwrap();
    };
    join(second, commit).await;
    let mut tx = one.read().await.unwrap();
    let batches = tx.list_batches(&BatchFilter::default(), None).await.unwrap();
    let found: Vec<_> =
        batches.items.iter().map(|it| (it.id, it.course.course.id, it.seats.len())).collect();
    assert_eq!((found, batches.total), (vec![(batch, to.course.id, 2)], 1));
}

/// Who settles holds the course's row with others; who wants it alone waits for all of them.
#[tokio::test(flavor = "multi_thread")]
async fn many_hold_a_course_and_one_locks_it() {
    let (database, [one, other]) = replicas().await;
    let course = Campus::build(&*one).await.course;
    let (mut first, mut second) = (one.begin().await.unwrap(), other.begin().await.unwrap());
    assert_eq!(first.hold_course(course.id).await.unwrap(), Some(course.clone()));
    assert_eq!(second.hold_course(course.id).await.unwrap(), Some(course.clone()));
    assert_eq!(second.hold_course(id()).await.unwrap(), None);
    second.commit().await.unwrap();
    let lock = async {
        let mut tx = other.begin().await.unwrap();
        tx.lock_course(course.id).await.unwrap().unwrap()
    };
    let commit = async {
        until_somebody_waits(&database).await;
        first.commit().await.unwrap();
    };
    assert_eq!(join(lock, commit).await.0, course);
}

/// The other service enrols, and calls outside before it commits: nobody waits for its tally.
#[tokio::test(flavor = "multi_thread")]
async fn who_enrols_waits_for_nobody_and_all_are_counted() {
    let (database, [one, other]) = replicas().await;
    let campus = Campus::build(&*one).await;
    campus.enrol(&*one, false, |_| {}).await;
    let mut slow = one.begin().await.unwrap();
    let project = project(campus.lab.id);
    slow.insert_project(&project).await.unwrap();
    slow.insert_enrolment(&enrolment(campus.course.id, project.id)).await.unwrap();
    // Each would wait for the slow one until its lock time limit.
    campus.enrol(&*other, false, |_| {}).await;
    campus.enrol(&*other, false, |_| {}).await;
    slow.commit().await.unwrap();
    campus.enrol(&*one, false, |_| {}).await;
    let page = Some(Page { number: 1, size: 1 });
    let listed = |mut tx: Box<dyn Tx>| async move {
        let every = EnrolmentFilter::default();
        tx.list_enrolments(campus.course.id, &every, page).await.unwrap().total
    };
    assert_eq!(listed(one.read().await.unwrap()).await, 5);
    let rows = "SELECT count(*) FROM enrolment_tally";
    assert_eq!(database.psql(rows), "2", "as many as wrote at once");

    let mut tx = other.begin().await.unwrap();
    tx.delete_enrolments(campus.course.id).await.unwrap();
    assert_eq!(listed(tx).await, 0);
    let mut tx = other.begin().await.unwrap();
    tx.delete_enrolments(campus.course.id).await.unwrap();
    tx.delete_course(campus.course.id).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(database.psql(rows), "0");
}

/// Nobody waits for mails that another replica is claiming.
#[tokio::test(flavor = "multi_thread")]
async fn replicas_claim_different_mails() {
    let (_database, [one, other]) = replicas().await;
    let mut tx = one.begin().await.unwrap();
    for _ in 0..20 {
        let content = MailContent::Claim { enrolment: id::<EnrolmentId>(), lab_name: "Lab".into() };
        tx.enqueue(id::<MailId>(), &email("ada@x.ch"), &content, None).await.unwrap();
    }
    tx.commit().await.unwrap();
    let mut first = one.begin().await.unwrap();
    let mut second = other.begin().await.unwrap();
    let mine = first.claim_due_mails(15, LEASE).await.unwrap();
    let theirs = second.claim_due_mails(15, LEASE).await.unwrap();
    second.commit().await.unwrap();
    first.commit().await.unwrap();
    let ids: HashSet<_> = mine.iter().chain(&theirs).map(|mail| mail.id).collect();
    assert_eq!((mine.len(), theirs.len(), ids.len()), (15, 5, 20));
}

/// Runs on a web worker's runtime, which has no timer either.
fn on_a_worker<T>(task: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(task)
}

/// Polls a future so many times and drops it, as a caller that goes away does.
async fn go_away_after<T>(polls: usize, task: impl Future<Output = T>) {
    let mut task = pin!(task);
    for _ in 0..polls {
        let polled = poll_fn(|context| Poll::Ready(task.as_mut().poll(context))).await;
        if polled.is_ready() {
            return;
        }
        tokio::task::yield_now().await;
    }
}

#[test]
fn a_caller_may_go_away_anywhere() {
    let main = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let (_database, [store, _]) = main.block_on(replicas());
    on_a_worker(async {
        let campus = Campus::build(&*store).await;
        for polls in 0..60 {
            let one = institution();
            let task = async {
                let mut tx = store.begin().await.unwrap();
                let course = tx.lock_course(campus.course.id).await.unwrap().unwrap();
                tx.insert_institution(&one).await.unwrap();
                tx.insert_seats(&[seat(&course)]).await.unwrap();
                // Never committed.
                poll_fn(|_| Poll::<()>::Pending).await;
            };
            go_away_after(polls * 20, task).await;
            let mut tx = store.begin().await.unwrap();
            tx.lock_course(campus.course.id).await.unwrap();
            assert_eq!(tx.institution(one.id).await.unwrap(), None);
        }
    });
}
