//! How Postgres answers the queries that are asked often, with 100,000 seats and enrolments: the
//! plans that it really used, which its `auto_explain` writes into the log.
#![expect(clippy::unwrap_used, reason = "a failed check panics")]

mod support;

use course_seats_application::ports::Store;
use course_seats_application::ports::store::{
    BatchFilter, EnrolmentFilter, Page, Reservation, SeatFilter, Tx,
};
use course_seats_domain::enrolment::EnrolmentState;
use course_seats_domain::ids::{BatchId, CourseId, EnrolmentId, LabId, SeatId, UserId};
use course_seats_domain::seat::SeatState;
use course_seats_testkit::builders::{day, enrolment, id, project, seat};
use course_seats_testkit::postgres::Database;
use support::{open, settings};
use uuid::Uuid;

/// A hundred courses with a thousand seats and enrolments each.
const ROWS: &str = "
    INSERT INTO institution SELECT uuid_in(md5('i' || n)::cstring), 'University ' || n, 'office@x.ch', now(), now()
    FROM generate_series(1, 20) n;
    INSERT INTO virtual_lab SELECT uuid_in(md5('l' || n)::cstring), 'Lab ' || n, NULL, NULL, false, now(), now(), NULL,
        'a' || n, 'm' || n, gen_random_uuid(), NULL, 'E', 'CELL_A', true
    FROM generate_series(1, 100) n;
    INSERT INTO project SELECT uuid_in(md5('p' || n)::cstring), 'Project ' || n, NULL, false, now(), now(), NULL,
        uuid_in(md5('l' || (n % 100 + 1))::cstring), 'a' || n, 'm' || n, gen_random_uuid(), NULL
    FROM generate_series(1, 100100) n;
    INSERT INTO course SELECT uuid_in(md5('c' || n)::cstring), uuid_in(md5('l' || n)::cstring),
        uuid_in(md5('i' || (n % 20 + 1))::cstring), uuid_in(md5('p' || (100000 + n))::cstring),
        now(), now() + interval '100 days', now() + interval '10 days', 'ACTIVE', 200, false, now(), now()
    FROM generate_series(1, 100) n;
    INSERT INTO course_enrolment SELECT uuid_in(md5('e' || n)::cstring), uuid_in(md5('c' || (n % 100 + 1))::cstring),
        uuid_in(md5('p' || n)::cstring), 'S' || n || '@X.ch', 'S' || n,
        CASE WHEN n % 3 > 0 THEN uuid_in(md5('u' || (n / 2))::cstring) END, n % 5 = 0,
        CASE WHEN n % 3 = 2 THEN now() END, now() - n * interval '1 minute'
    FROM generate_series(1, 100000) n;
    INSERT INTO seat SELECT uuid_in(md5('s' || n)::cstring), uuid_in(md5('c' || (n % 100 + 1))::cstring),
        uuid_in(md5('i' || ((n % 100 + 1) % 20 + 1))::cstring), n % 7 = 0, n % 11 = 0,
        uuid_in(md5('b' || n / 100)::cstring),
        CASE WHEN n % 2 = 0 THEN uuid_in(md5('e' || n)::cstring) END,
        '2027-03-01'::timestamptz + n * interval '1 minute', 200, now() - (n / 100) * interval '1 minute'
    FROM generate_series(1, 100000) n;
    ANALYZE;";

fn uuid<I: From<Uuid>>(database: &Database<'_>, name: &str) -> I {
    let uuid: Uuid = database.psql(&format!("SELECT md5('{name}')")).parse().unwrap();
    uuid.into()
}

/// What is asked while students are assigned, claim, log in, are dropped and listed.
async fn reads(tx: &mut dyn Tx, course: CourseId, known: &Known) {
    let now = day(0);
    let page = Some(Page { number: 3, size: 50 });
    tx.available_seats(course, now, Some(30)).await.unwrap();
    tx.available_seats(course, now, None).await.unwrap();
    tx.seat(known.seat).await.unwrap().unwrap();
    tx.seats_by_id(&known.seats).await.unwrap();
    let enrolment = tx.enrolment(known.enrolment).await.unwrap().unwrap();
    tx.enrolment_of(enrolment.project).await.unwrap().unwrap();
    tx.enrolments_by_id(&[enrolment.id]).await.unwrap();
    tx.seat_of(enrolment.id).await.unwrap();
    let names: Vec<String> = (0..500).map(|n| format!("s{n}@x.ch")).collect();
    tx.enrolled(course, &names, &names).await.unwrap();
    tx.live_enrolments(course).await.unwrap();
    tx.claimed_by(known.user).await.unwrap();
    tx.has_live_activated(known.lab, known.user).await.unwrap();
    tx.student_projects(course).await.unwrap();
    for text in [None, Some("S77".to_owned())] {
        for page in [page, None] {
            for state in [None, Some(SeatState::Free), Some(SeatState::Assigned)] {
                let filter = SeatFilter { state, text: text.clone() };
                tx.list_seats(course, now, &filter, page).await.unwrap();
            }
            for state in [None, Some(EnrolmentState::Dropped), Some(EnrolmentState::Claimed)] {
                let filter = EnrolmentFilter { state, text: text.clone() };
                tx.list_enrolments(course, &filter, page).await.unwrap();
            }
        }
    }
    let batches = |change: fn(&mut BatchFilter, &Known)| {
        let mut filter = BatchFilter::default();
        change(&mut filter, known);
        filter
    };
    for filter in [
        BatchFilter::default(),
        batches(|filter, known| filter.batch = Some(known.batch)),
        batches(|filter, known| filter.course = Some(known.course)),
    ] {
        assert!(tx.list_batches(&filter, page).await.unwrap().total > 0);
    }
}

/// What is written meanwhile. Never committed.
async fn writes(tx: &mut dyn Tx, known: &Known) {
    let course = tx.lock_course(known.course).await.unwrap().unwrap();
    let mut held = tx.seat(known.seat).await.unwrap().unwrap();
    held.consumed = true;
    tx.update_seat(&held).await.unwrap();
    let mut dropped = tx.enrolment(known.enrolment).await.unwrap().unwrap();
    dropped.dropped = true;
    tx.update_enrolment(&dropped).await.unwrap();
    let project = project(known.lab);
    tx.insert_project(&project).await.unwrap();
    tx.insert_enrolment(&enrolment(course.id, project.id)).await.unwrap();
    let seats: Vec<_> = (0..100).map(|_| seat(&course)).collect();
    tx.insert_seats(&seats).await.unwrap();
    let ids: Vec<SeatId> = seats.iter().map(|seat| seat.id).collect();
    tx.move_seats(&ids, known.other).await.unwrap();
    let these: Vec<_> = ids.iter().map(|seat| (id(), Reservation::Seat(*seat))).collect();
    tx.reserve_all(&these).await.unwrap();
    tx.delete_seats(course.id).await.unwrap();
    tx.delete_enrolments(course.id).await.unwrap();
    tx.delete_course(course.id).await.unwrap();
}

struct Known {
    course: CourseId,
    other: CourseId,
    lab: LabId,
    seat: SeatId,
    seats: Vec<SeatId>,
    batch: BatchId,
    enrolment: EnrolmentId,
    user: UserId,
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_asked_often_reads_no_table_from_end_to_end() {
    let database = support::database().await;
    database.psql(ROWS);
    database.psql(&format!(
        "ALTER DATABASE {0} SET session_preload_libraries = 'auto_explain';
         ALTER DATABASE {0} SET auto_explain.log_min_duration = 0;
         ALTER DATABASE {0} SET auto_explain.log_nested_statements = on;",
        database.name()
    ));
    let known = Known {
        course: uuid(&database, "c7"),
        other: uuid(&database, "c8"),
        lab: uuid(&database, "l7"),
        seat: uuid(&database, "s6"),
        seats: (0..400).map(|n| Uuid::from_u128(n).into()).collect(),
        batch: uuid(&database, "b5"),
        enrolment: uuid(&database, "e6"),
        user: uuid(&database, "u4"),
    };
    // One connection: from the sixth time on, Postgres may use a plan for any parameters.
    let mut settings = settings(&database);
    settings.pool_size = 1;
    let store = open(&settings);
    for _ in 0..8 {
        reads(&mut *store.read().await.unwrap(), known.course, &known).await;
        writes(&mut *store.begin().await.unwrap(), &known).await;
    }
    drop(store.begin().await.unwrap());
    let log = database.server().log();
    let plans: Vec<&str> = log.split("plan:").skip(1).collect();
    assert!(plans.len() > 8 * 40, "only {} plans were logged", plans.len());
    let scans = ["Seq Scan on seat ", "Seq Scan on course_enrolment "];
    let mut slow: Vec<&str> =
        plans.into_iter().filter(|plan| scans.iter().any(|scan| plan.contains(scan))).collect();
    slow.sort_by_key(|plan| plan.lines().nth(1));
    slow.dedup_by_key(|plan| plan.lines().nth(1));
    assert!(slow.is_empty(), "{} plans, such as:\n{}", slow.len(), slow.join("\n====\n"));
}
