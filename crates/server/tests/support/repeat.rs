//! A process dies in the middle of an assign or a drop, and another one is asked what became of it:
//! by the same request with the same key, or by the job of an assign that was not waited for. It
//! tells of each student, nothing is done twice, and what is answered is what is there.

use crate::audit::{course, id, settled, students};
use crate::binary::Serving;
use course_seats::demo::answers::{Assigned, Dropped, Enrolment, Job, Sagas, Seat};
use course_seats::demo::api::{LAB_OWNER, SERVICE_ADMIN, assigned, dropped};
use course_seats::demo::client::text;
use course_seats::demo::{Client, Reply, Watched, Wrong, must, same, until};
use reqwest::Method;
use serde_json::json;
use std::time::Duration;
use uuid::Uuid;

/// What a process is asked for in the middle of which it dies, and how many students are through by
/// then.
#[derive(Debug, Clone, Copy)]
pub enum Asked {
    /// An assign with a key.
    Assign(usize),
    /// An assign that is not waited for.
    Job(usize),
    /// A drop with a key.
    Drop(usize),
}

/// From the first students at work to the last ones.
pub const ASSIGNS: &[Asked] = &[Asked::Assign(0), Asked::Assign(3), Asked::Assign(9)];
/// Likewise, but some are at work.
pub const JOBS: &[Asked] = &[Asked::Job(0), Asked::Job(5)];
/// Likewise.
pub const DROPS: &[Asked] = &[Asked::Drop(0), Asked::Drop(5)];

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

const STUDENTS: usize = 12;

/// Seats that nobody gets.
const SPARE: usize = 2;

const KEY: [(&str, &str); 1] = [("Idempotency-Key", "the-one")];

const NOT_WAITED_FOR: [(&str, &str); 1] = [("Prefer", "respond-async")];

/// How long a repeat may hear that the first is at work: longer than what is taken over takes.
const PATIENCE: Duration = Duration::from_secs(60);

/// A course, and students for it.
struct Class {
    watched: Watched,
    course: Uuid,
    students: Vec<(String, String)>,
}

/// Asks a process, kills it when so many are through, and asks another one, which `another` starts,
/// what became of it. Returns that one.
pub async fn killed_and_asked_again(
    serving: Serving,
    asked: Asked,
    another: impl AsyncFnOnce() -> Result<Serving, Wrong>,
) -> Result<Serving, Wrong> {
    let class = Class::new(&serving.client, asked).await?;
    match asked {
        Asked::Assign(through) => class.killed_assign(serving, through, another).await,
        Asked::Job(through) => class.killed_job(serving, through, another).await,
        Asked::Drop(through) => class.killed_drop(serving, through, another).await,
    }
}

impl Class {
    async fn new(client: &Client, asked: Asked) -> Result<Self, Wrong> {
        let (what, through) = match asked {
            Asked::Assign(through) => ("repeated", through),
            Asked::Job(through) => ("begun", through),
            Asked::Drop(through) => ("dropped", through),
        };
        let name = format!("{what}-{through}");
        let (count, seats) = (STUDENTS as u32, (STUDENTS + SPARE) as u32);
        let watched = course(client, &name, seats).await?;
        Ok(Self { course: id(&watched)?, students: students(&name, count), watched })
    }

    async fn killed_assign(
        &self,
        serving: Serving,
        through: usize,
        another: impl AsyncFnOnce() -> Result<Serving, Wrong>,
    ) -> Result<Serving, Wrong> {
        let client = &serving.client;
        before_the_answer(self.assign(client), self.assigned_by_now(client, through)).await?;
        // kill -9
        drop(serving);

        let serving = another().await?;
        let client = &serving.client;
        let results = assigned(answered(|| self.assign(client)).await?)?;
        self.are_there(client, &results, through).await?;
        let again = assigned(answered(|| self.assign(client)).await?)?;
        let ids = |results: &[Assigned]| -> Vec<Option<Uuid>> {
            results.iter().map(|result| result.enrolment_id).collect()
        };
        same("the answer, once more", ids(&again), ids(&results))?;
        Ok(serving)
    }

    async fn killed_job(
        &self,
        serving: Serving,
        through: usize,
        another: impl AsyncFnOnce() -> Result<Serving, Wrong>,
    ) -> Result<Serving, Wrong> {
        let client = &serving.client;
        let begun =
            client.assign_with(LAB_OWNER, self.course, &self.students, &NOT_WAITED_FOR).await?;
        same("that it is not waited for", begun.status, 202)?;
        let status_url = text(&begun.body, "/status_url")?;
        let sat = self.assigned_by_now(client, through).await?;
        must(sat < STUDENTS, "that some are at work at the kill", sat)?;
        // kill -9
        drop(serving);

        let serving = another().await?;
        let client = &serving.client;
        let job: Job<Assigned> = client.get(LAB_OWNER, &status_url).await?;
        same("students of the job, right after the start", job.results.len(), STUDENTS)?;
        let job: Job<Assigned> = until(
            PATIENCE,
            || client.get(LAB_OWNER, &status_url),
            |job: &Job<Assigned>| must(job.status == "done", "a job that is done", job),
        )
        .await?;
        let count = |status| job.results.iter().filter(|it| it.status == status).count() as u64;
        let told = (job.total, job.done, job.failed);
        same("all, done and failed", told, (STUDENTS as u64, count("done"), count("failed")))?;
        self.are_there(client, &job.results, through).await?;
        Ok(serving)
    }

    async fn killed_drop(
        &self,
        serving: Serving,
        through: usize,
        another: impl AsyncFnOnce() -> Result<Serving, Wrong>,
    ) -> Result<Serving, Wrong> {
        let client = &serving.client;
        let results = assigned(self.assign(client).await?)?;
        must(results.iter().all(|it| it.status == "done"), "all with a seat", &results)?;
        let seats: Vec<Uuid> = results.iter().map(|result| result.seat_id).collect();
        before_the_answer(self.drop_all(client, &seats), self.dropped_by_now(client, through))
            .await?;
        // kill -9
        drop(serving);

        let serving = another().await?;
        let client = &serving.client;
        let results = dropped(answered(|| self.drop_all(client, &seats)).await?)?;
        let told: Vec<_> = results.iter().map(|it| (it.seat_id, it.is_dropped)).collect();
        same("the seats in their order", told, seats.iter().map(|seat| (*seat, true)).collect())?;
        let said = |it: &Dropped| (it.status.clone(), it.seat_recovered, it.credits_spent);
        let all = vec![("done".to_owned(), Some(true), Some(0.0)); STUDENTS];
        same("what became of each", results.iter().map(said).collect::<Vec<_>>(), all)?;
        self.are_out_once(client, &seats).await?;
        let again = dropped(answered(|| self.drop_all(client, &seats)).await?)?;
        let all = |results: &[Dropped]| results.iter().map(said).collect::<Vec<_>>();
        same("the answer, once more", all(&again), all(&results))?;
        Ok(serving)
    }

    async fn assign(&self, client: &Client) -> Result<Reply, Wrong> {
        client.assign_with(LAB_OWNER, self.course, &self.students, &KEY).await
    }

    async fn drop_all(&self, client: &Client, seats: &[Uuid]) -> Result<Reply, Wrong> {
        let path = format!("/seats/courses/{}/drop", self.course);
        let body = Some(json!({ "seat_ids": seats }));
        client.call_with(Some(LAB_OWNER), Method::POST, &path, body, &KEY).await
    }

    /// Waits until everybody is written down and so many are assigned; how many are.
    async fn assigned_by_now(&self, client: &Client, through: usize) -> Result<usize, Wrong> {
        let good = |seats: &Vec<Seat>| {
            let (reserved, sat) = (count(seats, "reserved"), count(seats, "assigned"));
            let written = reserved + sat == STUDENTS && sat >= through;
            must(written, "students that are written down, and some assigned", (reserved, sat))
        };
        let seats = until(PATIENCE, || client.seats(LAB_OWNER, self.course), good).await?;
        Ok(count(&seats, "assigned"))
    }

    /// Waits until so many are dropped, and somebody is being dropped.
    async fn dropped_by_now(&self, client: &Client, through: usize) -> Result<(), Wrong> {
        let good = |rows: &Vec<Enrolment>| {
            let count = |state| rows.iter().filter(|row| row.state == state).count();
            let (dropping, out) = (count("dropping"), count("dropped"));
            must(dropping > 0 && out >= through, "some who are dropped", (dropping, out))
        };
        until(PATIENCE, || client.enrolments(LAB_OWNER, self.course), good).await.map(drop)
    }

    /// What was told of each student is what is there.
    async fn are_there(
        &self,
        client: &Client,
        results: &[Assigned],
        through: usize,
    ) -> Result<(), Wrong> {
        same("results", results.len(), self.students.len())?;
        for (result, (student, _)) in results.iter().zip(&self.students) {
            same("the students in their order", &result.student_id, student)?;
            let told = matches!(result.status.as_str(), "done" | "failed");
            must(told, "that each student is decided", result)?;
        }
        let seen = settled(client, std::slice::from_ref(&self.watched)).await?;
        let enrolments: Vec<_> = seen.courses.iter().flat_map(|seen| &seen.enrolments).collect();
        for result in results {
            let enrolment = enrolments.iter().find(|one| one.student_id == result.student_id);
            let (told, there) = (result.enrolment_id, enrolment.map(|one| one.id));
            same("the enrolment that is told and the one that is there", told, there)?;
        }
        must(enrolments.len() >= through, "those that were assigned", enrolments.len())?;
        let free: usize = seen.courses.iter().map(|seen| seen.seats_in("free")).sum();
        same("seats that are free", free, SPARE + results.len() - enrolments.len())
    }

    /// Everybody is dropped, by one saga each, and the credits were taken back once.
    async fn are_out_once(&self, client: &Client, seats: &[Uuid]) -> Result<(), Wrong> {
        let seen = settled(client, std::slice::from_ref(&self.watched)).await?;
        let rows: Vec<_> = seen.courses.iter().flat_map(|seen| &seen.enrolments).collect();
        same("those who are dropped", rows.iter().filter(|row| row.is_dropped).count(), STUDENTS)?;
        let back = seen.courses.iter().flat_map(|seen| &seen.seats);
        let back = back.filter(|seat| seats.contains(&seat.id) && seat.state == "free");
        same("seats that came back", back.filter(|it| it.previously_dropped).count(), STUDENTS)?;
        let path = "/operator/sagas?kind=drop_seat&page_size=1000";
        let sagas = client.get::<Sagas>(SERVICE_ADMIN, path).await?.data;
        for row in rows {
            let subject = format!("enrolment:{}", row.id);
            let drops = sagas.iter().filter(|saga| saga.subject == subject);
            let drops: Vec<_> = drops.map(|saga| saga.status.as_str()).collect();
            same("the drops of a student", drops, vec!["completed"])?;
            let account = format!("project/{}", row.project_id);
            let journal = seen.accounts.journal.iter().filter(|moved| moved.from == account);
            let taken: Vec<_> = journal.map(|moved| moved.amount).collect();
            same("what was taken back", taken, vec![self.watched.credits.into()])?;
        }
        Ok(())
    }
}

fn count(seats: &[Seat], state: &str) -> usize {
    seats.iter().filter(|seat| seat.state == state).count()
}

/// Waits until so much is done, which is before the answer is there.
async fn before_the_answer<T>(
    reply: impl Future<Output = Result<Reply, Wrong>>,
    reached: impl Future<Output = Result<T, Wrong>>,
) -> Result<T, Wrong> {
    tokio::select! {
        biased;
        reply = reply => Err(Wrong::new("no answer before the kill", format!("{reply:?}"))),
        reached = reached => reached,
    }
}

/// Repeats a request until it is answered and nobody is pending.
async fn answered<F: Future<Output = Result<Reply, Wrong>>>(
    ask: impl Fn() -> F,
) -> Result<Reply, Wrong> {
    until(PATIENCE, ask, |reply| {
        if reply.status == 409 {
            must(reply.retry_after.is_some(), "a Retry-After", reply)?;
        }
        let pending = reply.body.to_string().contains("\"pending\"");
        must(reply.status == 200 && !pending, "an answer that tells of all", reply)
    })
    .await
}
