//! People at work while something outside is down: each answer must be a clean one, and what an
//! answer promised must be so in the end.

use crate::audit::{course, id};
use course_seats::demo::answers::{Activated, Assigned, Results};
use course_seats::demo::api::{FACULTY, LAB_OWNER, SERVICE_ADMIN, assigned, dropped};
use course_seats::demo::{Client, Reply, Seen, Snapshot, Watched, Wrong, must, pause, until};
use reqwest::Method;
use serde_json::Value;
use std::collections::HashMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;
use uuid::Uuid;

const SEATS: u32 = 100;
const BATCHES: u32 = 6;

/// Fewer than there are seats: some are taken by who is dropped again.
const MOST_ENROLLED: usize = 250;

/// Between two calls of one person: so long that there are seats left after an outage.
const BREATH: Duration = Duration::from_millis(500);

/// People at work on one course.
pub struct Load<'a> {
    client: &'a Client,
    pub watched: Watched,
    stop: AtomicBool,
    students: AtomicU32,
    pub told: Told,
}

/// What was answered.
#[derive(Default)]
pub struct Told {
    /// Status → how often.
    statuses: Mutex<HashMap<u16, u32>>,
    /// Answers that no client should have to see.
    unclean: Mutex<Vec<String>>,
    /// Who is enrolled, as far as an answer said so last: and nothing more was asked since.
    enrolled: Mutex<Vec<Uuid>>,
    let_in: Mutex<Vec<Uuid>>,
    dropped: Mutex<Vec<Uuid>>,
    unsent: AtomicU32,
}

impl<'a> Load<'a> {
    /// A course with seats, and everybody's tokens.
    pub async fn prepare(client: &'a Client) -> Result<Self, Wrong> {
        let watched = course(client, "Under load", SEATS).await?;
        for _ in 1..BATCHES {
            client.provision(id(&watched)?, SEATS).await?;
        }
        for user in [SERVICE_ADMIN, LAB_OWNER, FACULTY, "student-1", "student-2"] {
            client.token(user).await?;
        }
        let (stop, students) = (AtomicBool::new(false), AtomicU32::new(0));
        Ok(Self { client, watched, stop, students, told: Told::default() })
    }

    /// Everybody works until the load is stopped.
    pub async fn run(&self) -> Result<(), Wrong> {
        futures::try_join!(
            self.teach("student-1"),
            self.teach("student-2"),
            self.read(),
            self.open_labs(),
        )?;
        Ok(())
    }

    pub fn stop(&self) {
        self.stop.store(true, Ordering::Relaxed);
    }

    fn goes_on(&self) -> bool {
        !self.stop.load(Ordering::Relaxed)
    }

    /// Assigns two students; one of them claims and is let in, and every other time is dropped.
    async fn teach(&self, user: &str) -> Result<(), Wrong> {
        let course = id(&self.watched)?;
        let mut round = 0_u32;
        // As long as there are seats: those who were refused took none.
        while self.goes_on() && self.told.enrolled.lock().unwrap().len() < MOST_ENROLLED {
            round += 1;
            let first = self.students.fetch_add(2, Ordering::Relaxed);
            let student = |n: u32| (format!("load-{n}"), format!("load-{n}@u.example"));
            let two = [student(first), student(first + 1)];
            let reply = self.client.assign(LAB_OWNER, course, &two).await?;
            let done = self.assigned(reply)?;
            if let Some(pupil) = done.first() {
                self.follow(user, pupil, round.is_multiple_of(2)).await?;
            }
            pause(BREATH).await;
        }
        Ok(())
    }

    /// The students who were told to be enrolled.
    fn assigned(&self, reply: Reply) -> Seen<Vec<Assigned>> {
        if !self.told.clean(&reply) {
            return Ok(Vec::new());
        }
        let done = assigned(reply)?.into_iter().filter(|result| result.status == "done");
        let done: Vec<_> = done.collect();
        for result in &done {
            self.told.enrolled.lock().unwrap().extend(result.enrolment_id);
            if !result.email_sent {
                self.told.unsent.fetch_add(1, Ordering::Relaxed);
            }
        }
        Ok(done)
    }

    async fn follow(&self, user: &str, pupil: &Assigned, drop_it: bool) -> Seen<()> {
        let (course, enrolment) = (id(&self.watched)?, pupil.enrolment_id.unwrap_or_default());
        let claimed = self.client.claim(user, enrolment).await?;
        self.told.clean(&claimed);
        let login = self.client.post(user, "/courses/activate-enrolments", Value::Null).await?;
        if self.told.clean(&login) {
            let results = login.into::<Results<Activated>>()?.results;
            let is_in = results.iter().filter(|result| result.activated);
            self.told.let_in.lock().unwrap().extend(is_in.map(|result| result.enrolment_id));
        }
        if drop_it {
            // From here on nobody promises that the student stays.
            self.told.enrolled.lock().unwrap().retain(|id| *id != enrolment);
            self.told.let_in.lock().unwrap().retain(|id| *id != enrolment);
            let reply = self.client.drop_seats(LAB_OWNER, course, &[pupil.seat_id]).await?;
            if self.told.clean(&reply) {
                let done = dropped(reply)?.iter().any(|result| result.status == "done");
                self.told.dropped.lock().unwrap().extend(done.then_some(enrolment));
            }
        }
        Ok(())
    }

    async fn read(&self) -> Result<(), Wrong> {
        let course = id(&self.watched)?;
        while self.goes_on() {
            for (user, path) in [
                (LAB_OWNER, format!("/seats/courses/{course}")),
                (SERVICE_ADMIN, format!("/courses/{course}")),
            ] {
                let reply = self.client.call(Some(user), Method::GET, &path, None).await?;
                self.told.clean(&reply);
            }
            pause(BREATH).await;
        }
        Ok(())
    }

    /// One object at a time: what cannot be made is undone, and says so.
    async fn open_labs(&self) -> Result<(), Wrong> {
        for n in 1.. {
            if !self.goes_on() {
                break;
            }
            let name = format!("Another {n}");
            let body = serde_json::json!({ "name": name, "description": "d", "entity": "e" });
            let reply = self.client.post(LAB_OWNER, "/virtual-labs", body).await?;
            self.told.clean(&reply);
            pause(BREATH * 5).await;
        }
        Ok(())
    }

    /// Waits until so many have come and gone.
    pub async fn has_dropped(&self, count: usize, limit: Duration) -> Result<(), Wrong> {
        let seen = async || Ok(self.told.dropped());
        until(limit, seen, |n| must(*n >= count, "people who came and went", n)).await?;
        Ok(())
    }

    /// A new student gets in: everything works again.
    pub async fn works(&self) -> Result<(), Wrong> {
        let n = self.students.fetch_add(1, Ordering::Relaxed);
        let one = [(format!("again-{n}"), format!("again-{n}@u.example"))];
        let reply = self.client.assign(LAB_OWNER, id(&self.watched)?, &one).await?;
        let status = reply.status;
        let done = self.assigned(reply)?;
        must(done.len() == 1, "a student who gets in", status)
    }
}

impl Told {
    /// Counts the answer; whether it is a 200. Others must be a 503 with `Retry-After`, or a 502 for
    /// an object that could not be made.
    fn clean(&self, reply: &Reply) -> bool {
        *self.statuses.lock().unwrap().entry(reply.status).or_default() += 1;
        let later = reply.retry_after.is_some_and(|seconds| seconds > 0);
        let code = reply.body.get("error_code").and_then(Value::as_str).unwrap_or_default();
        let clean = match reply.status {
            200 => true,
            503 => later && !code.is_empty(),
            502 => code == "EXTERNAL_SERVICE_ERROR",
            _ => false,
        };
        if !clean {
            let (request, status, body) = (&reply.request, reply.status, &reply.body);
            self.unclean.lock().unwrap().push(format!("{request} → {status} {body}"));
        }
        reply.status == 200
    }

    pub fn count(&self, status: u16) -> u32 {
        self.statuses.lock().unwrap().get(&status).copied().unwrap_or_default()
    }

    /// How many were told to be dropped: each came in before.
    pub fn dropped(&self) -> usize {
        self.dropped.lock().unwrap().len()
    }

    /// How many were told that their mail is not sent yet.
    pub fn unsent(&self) -> u32 {
        self.unsent.load(Ordering::Relaxed)
    }

    /// What was promised, held against what is.
    pub fn kept(&self, seen: &Snapshot) {
        let unclean = self.unclean.lock().unwrap();
        assert!(unclean.is_empty(), "{} unclean answers:\n{}", unclean.len(), unclean.join("\n"));
        let rows: HashMap<Uuid, _> =
            seen.courses[0].enrolments.iter().map(|row| (row.id, row)).collect();
        let (enrolled, dropped) = (self.enrolled.lock().unwrap(), self.dropped.lock().unwrap());
        assert!(!enrolled.is_empty() && !dropped.is_empty(), "people were at work");
        for id in enrolled.iter() {
            assert!(rows.get(id).is_some_and(|row| !row.is_dropped), "enrolment {id} is lost");
        }
        for id in self.let_in.lock().unwrap().iter() {
            let is_in = rows.get(id).is_some_and(|row| row.activated_at.is_some());
            assert!(is_in, "enrolment {id} was let in");
        }
        for id in dropped.iter() {
            assert!(rows.get(id).is_some_and(|row| row.is_dropped), "enrolment {id} was dropped");
        }
        let told: Vec<_> = [200, 502, 503].map(|status| (status, self.count(status))).into();
        println!("answers {told:?}, {} mails late, {} enrolled", self.unsent(), enrolled.len());
    }
}
