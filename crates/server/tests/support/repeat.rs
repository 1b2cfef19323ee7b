//! A process dies in the middle of an assign that was sent with a key, and the same request comes
//! again: it is answered with what became of each student, nobody is assigned twice, and what is
//! answered is what is there.

use crate::audit::{course, id, settled, students};
use crate::binary::Serving;
use course_seats::demo::answers::Assigned;
use course_seats::demo::api::{LAB_OWNER, assigned};
use course_seats::demo::{Client, Wrong, must, same, until};
use std::time::Duration;
use uuid::Uuid;

/// How many students have their seat by the kill: from the first ones at work to the last ones.
pub const MOMENTS: [usize; 3] = [0, 3, 9];

/// How long a call outside takes before the kill.
pub const LATENCY_MS: u64 = 100;

/// Time limits that let a test see in seconds what else takes a minute.
pub const IMPATIENT: &[(&str, &str)] = &[
    ("OUTSIDE_TIMEOUT_MS", "500"),
    ("SAGA_LEASE_MS", "2000"),
    ("MAIL_TIMEOUT_MS", "1000"),
    ("GRANT_PATIENCE_MS", "1000"),
    ("LATE_ARRIVAL_GRACE_MS", "3000"),
    ("RECONCILE_INTERVAL_MS", "300"),
    ("RETRY_MAX_MS", "1000"),
    ("OUTBOX_RETRY_BASE_MS", "200"),
    ("BATCH_CONCURRENCY", "4"),
];

const STUDENTS: u32 = 12;

const KEY: [(&str, &str); 1] = [("Idempotency-Key", "the-one")];

/// How long a repeat may hear that the first is at work: longer than what is taken over takes.
const PATIENCE: Duration = Duration::from_secs(60);

/// Assigns on a process, kills it when so many have their seat, and asks another one, which
/// `another` starts, for the rest. Returns that one.
pub async fn killed_and_repeated(
    serving: Serving,
    assigned_before: usize,
    another: impl AsyncFnOnce() -> Result<Serving, Wrong>,
) -> Result<Serving, Wrong> {
    let client = &serving.client;
    let watched = course(client, &format!("Repeated {assigned_before}"), STUDENTS + 2).await?;
    let course = id(&watched)?;
    let students = students(&format!("repeated-{assigned_before}"), STUDENTS);
    tokio::select! {
        biased;
        reply = client.assign_with(LAB_OWNER, course, &students, &KEY) => {
            return Err(Wrong::new("no answer before the kill", format!("{reply:?}")));
        }
        reached = reached(client, course, assigned_before) => reached?,
    }
    // kill -9
    drop(serving);

    let serving = another().await?;
    let client = &serving.client;
    let results = answered(client, course, &students).await?;
    same("results", results.len(), students.len())?;
    for (result, (student, _)) in results.iter().zip(&students) {
        same("the students in their order", &result.student_id, student)?;
        let told = matches!(result.status.as_str(), "done" | "failed");
        must(told, "that each student is decided", result)?;
    }
    let seen = settled(client, std::slice::from_ref(&watched)).await?;
    let enrolments: Vec<_> = seen.courses.iter().flat_map(|seen| &seen.enrolments).collect();
    for result in &results {
        let enrolment = enrolments.iter().find(|one| one.student_id == result.student_id);
        let (told, there) = (result.enrolment_id, enrolment.map(|one| one.id));
        same("the enrolment that is told and the one that is there", told, there)?;
    }
    must(enrolments.len() >= assigned_before, "those that were assigned", enrolments.len())?;
    same("seats that are free", free(client, course).await?, 2 + results.len() - enrolments.len())?;
    let again = answered(client, course, &students).await?;
    let ids = |results: &[Assigned]| -> Vec<Option<Uuid>> {
        results.iter().map(|result| result.enrolment_id).collect()
    };
    same("the answer, once more", ids(&again), ids(&results))?;
    Ok(serving)
}

/// Waits until everybody is written down and so many are assigned.
async fn reached(client: &Client, course: Uuid, assigned: usize) -> Result<(), Wrong> {
    until(
        PATIENCE,
        || client.seats(LAB_OWNER, course),
        |seats| {
            let count = |state| seats.iter().filter(|seat| seat.state == state).count();
            let (reserved, sat) = (count("reserved"), count("assigned"));
            let written = reserved + sat == STUDENTS as usize && sat >= assigned;
            must(written, "students that are written down, and some assigned", (reserved, sat))
        },
    )
    .await?;
    Ok(())
}

/// Repeats the assign until it is answered and nobody is pending.
async fn answered(
    client: &Client,
    course: Uuid,
    students: &[(String, String)],
) -> Result<Vec<Assigned>, Wrong> {
    let reply = until(
        PATIENCE,
        || client.assign_with(LAB_OWNER, course, students, &KEY),
        |reply| {
            if reply.status == 409 {
                must(reply.retry_after.is_some(), "a Retry-After", reply)?;
            }
            let pending = reply.body.to_string().contains("\"pending\"");
            must(reply.status == 200 && !pending, "an answer that tells of all", reply)
        },
    )
    .await?;
    assigned(reply)
}

async fn free(client: &Client, course: Uuid) -> Result<usize, Wrong> {
    let seats = client.seats(LAB_OWNER, course).await?;
    Ok(seats.iter().filter(|seat| seat.state == "free").count())
}
