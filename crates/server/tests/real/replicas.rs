//! Two replicas of the binary on one PostgreSQL.

use crate::audit::{course, id, settled, students};
use crate::parts::{IMPATIENT, Parts, until_log};
use chrono::{TimeDelta, Timelike};
use course_seats::demo::answers::Sagas;
use course_seats::demo::api::SERVICE_ADMIN;
use course_seats::demo::api::{LAB_OWNER, assigned, dropped};
use course_seats::demo::{must, pause, same, until};
use std::time::Duration;

const STUDENTS: u32 = 20;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_assigns_the_other_drops_and_finishes_what_a_killed_one_began() {
    let parts = Parts::start().await;
    parts.migrate();
    let one = parts.serve("one.log", IMPATIENT).await.unwrap();
    let other = parts.serve("other.log", IMPATIENT).await.unwrap();
    let watched = course(&one.client, "Shared", STUDENTS).await.unwrap();
    let course_id = id(&watched).unwrap();

    let some = &students("first", 4);
    let results = assigned(one.client.assign(LAB_OWNER, course_id, some).await.unwrap()).unwrap();
    assert!(results.iter().all(|result| result.status == "done"), "{results:?}");
    let seats: Vec<_> = results.iter().map(|result| result.seat_id).collect();
    let results = other.client.drop_seats(LAB_OWNER, course_id, &seats).await.unwrap();
    let results = dropped(results).unwrap();
    assert!(results.iter().all(|result| result.status == "done"), "{results:?}");
    assert!(results.iter().all(|result| result.seat_recovered == Some(true)), "{results:?}");

    // Killed when the ledger has the whole batch and no student is done yet.
    let many = students("second", STUDENTS);
    other.client.token(SERVICE_ADMIN).await.unwrap();
    let killed = async {
        let begun = |sagas: &Sagas| must(!sagas.data.is_empty(), "open sagas", sagas);
        let path = "/operator/sagas?kind=assign_seat&status=running&page_size=100";
        let open = || other.client.get::<Sagas>(SERVICE_ADMIN, path);
        until(Duration::from_secs(20), open, begun).await.unwrap();
    };
    let begun = one.client.assign(LAB_OWNER, course_id, &many);
    tokio::select! {
        biased;
        () = killed => {}
        reply = begun => panic!("answered before the kill: {reply:?}"),
    }
    drop(one);
    let seen = settled(&other.client, std::slice::from_ref(&watched)).await.unwrap();
    let live = seen.courses[0].live().count();
    let free = seen.courses[0].seats_in("free");
    same("seats that are taken or free", live + free, STUDENTS as usize).unwrap();
    assert!(live > 0, "the other one has finished what was begun");
    other.stop().await.unwrap();
}

/// Two runs were due: the one before the start, and the next minute's.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_daily_job_runs_once() {
    let parts = Parts::start().await;
    parts.migrate();
    #[expect(clippy::disallowed_methods, reason = "the binary lives by the system's clock")]
    let now = chrono::Utc::now();
    // A minute that has not begun when both run.
    let at = now + TimeDelta::seconds(70);
    let schedule = format!("{} {} * * *", at.minute(), at.hour());
    let mut settings = IMPATIENT.to_vec();
    settings.extend([("EXPIRE_COURSES_TIMEZONE", "UTC"), ("EXPIRE_COURSES_SCHEDULE", &schedule)]);
    let logs = ["one.log", "other.log"];
    let one = parts.serve(logs[0], &settings).await.unwrap();
    let other = parts.serve(logs[1], &settings).await.unwrap();
    let runs = || {
        let count = |log: &&str| parts.log(log).matches("courses were expired").count();
        logs.iter().map(count).sum::<usize>()
    };
    until(Duration::from_secs(30), async || Ok(runs()), |n| same("runs", *n, 1)).await.unwrap();
    until(Duration::from_secs(150), async || Ok(runs()), |n| same("runs", *n, 2)).await.unwrap();
    // Some more rounds of both.
    pause(Duration::from_secs(2)).await;
    assert_eq!(runs(), 2);
    let done = "SELECT count(*) FROM daily_run WHERE lease_until IS NULL OR lease_until < now() \
                OR done_until IS NOT NULL";
    assert_eq!(parts.postgres.psql("seats", done), "1");
    one.stop().await.unwrap();
    other.stop().await.unwrap();
    until_log(&parts, logs[0], "stopped").await;
}
