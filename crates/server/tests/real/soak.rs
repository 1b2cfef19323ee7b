//! A soak: people do random things through two replicas, a fifth of all calls outside goes wrong in
//! random ways, the mail server with them, and every 20 s a replica is killed and started again. When
//! the faults end, everything must be settled and add up within a minute.
//!
//! A minute of it is a test; `SOAK_SECONDS=600` (`just soak`) makes it longer, `SOAK_SEED` repeats the
//! faults and the choices (not the moments) of an earlier one.

use crate::audit::{course, students};
use crate::binary::{Serving, ready};
use crate::parts::Parts;
use crate::settled::Everything;
use accounting_stand_in as accounting;
use course_seats::demo::answers::Sagas;
use course_seats::demo::api::{LAB_OWNER, SERVICE_ADMIN, assigned};
use course_seats::demo::{
    Client, Mails, Reply, Snapshot, Stopwatch, Watched, Wrong, must, pause, until,
};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use serde_json::Value;
use std::collections::BTreeMap;
use std::io::Write;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::RwLock;
use uuid::Uuid;

/// As short as they may be told.
const SETTINGS: &[(&str, &str)] = &[
    ("SAGA_LEASE_MS", "2000"),
    ("OUTSIDE_TIMEOUT_MS", "500"),
    ("GRANT_PATIENCE_MS", "1000"),
    ("LATE_ARRIVAL_GRACE_MS", "3000"),
    ("RECONCILE_INTERVAL_MS", "300"),
    ("RETRY_MAX_MS", "1000"),
    ("OUTBOX_RETRY_BASE_MS", "200"),
    ("MAIL_TIMEOUT_MS", "1000"),
    ("ANSWER_DEADLINE_MS", "5000"),
    ("AUTH_CACHE_MS", "1000"),
];

const FAULT_RATE: f64 = 0.2;

/// How late an effect may land, and an answer come.
const LATE_MS: u64 = 1500;

const KILL_EVERY: Duration = Duration::from_secs(20);

/// The mail server works for so long at most, and is away for so long at most.
const MAIL_MS: [std::ops::Range<u64>; 2] = [2000..8000, 500..2500];

/// How long a token may be asked for while a fifth of all calls goes wrong.
const TOKEN_LIMIT: Duration = Duration::from_secs(30);

/// When everything must add up, after the last fault.
const CLEAN_LIMIT: Duration = Duration::from_secs(60);

/// How long a delete is waited for while a fifth of all calls goes wrong. It looks at every group of
/// the course in one go: with many students it comes to its end after the faults.
const DELETE_PATIENCE: Duration = Duration::from_secs(10);

const TEACHERS: u64 = 3;

/// Courses that are there before anything goes wrong: with a fifth of all calls going wrong, most of
/// the later ones never get as far as that somebody teaches in them.
const FIRST_COURSES: u32 = 4;

/// A replica: the process, and a client of it, which change together.
struct Replica {
    log: String,
    now: RwLock<(Option<Serving>, Arc<Client>)>,
}

struct Soak {
    parts: Parts,
    replicas: [Replica; 2],
    courses: Mutex<Vec<Watched>>,
    ends: Stopwatch,
    length: Duration,
    /// Courses that were voided, and that somebody began to delete.
    deleting: Mutex<Vec<Uuid>>,
    told: Mutex<BTreeMap<String, u32>>,
    bad: Mutex<Vec<String>>,
    /// Enrolments that an answer promised, by course; what is dropped or voided later is taken out.
    promised: Mutex<BTreeMap<Uuid, Vec<Uuid>>>,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_left_behind() {
    let number = |name: &str, default: u64| {
        std::env::var(name).ok().and_then(|value| value.parse().ok()).unwrap_or(default)
    };
    let seed = number("SOAK_SEED", u64::from(rand::random::<u32>()));
    let length = Duration::from_secs(number("SOAK_SECONDS", 60));
    tell(&format!("SOAK_SEED={seed} SOAK_SECONDS={}", length.as_secs()));
    let soak = Arc::new(Soak::begin(length).await.unwrap());
    soak.chaos(FAULT_RATE, seed);
    // By itself: a start of the mail server keeps whoever waits for it from everything else.
    let mail = Arc::clone(&soak);
    let mail = tokio::runtime::Handle::current().spawn(async move { mail.break_mail(seed).await });
    let teachers = (0..TEACHERS).map(|n| soak.teach(n, seed));
    let (_, (), kills) =
        futures::join!(futures::future::join_all(teachers), soak.administer(seed), soak.kill());
    mail.await.unwrap();
    soak.chaos(0.0, seed);
    soak.judge(seed, kills).await;
}

/// Seen also in a run that passes, which `println!` is not.
fn tell(what: &str) {
    std::io::stderr().write_all(format!("soak: {what}\n").as_bytes()).unwrap();
}

/// The address of some students makes the mail server misbehave.
fn with_moody_mail(mut who: Vec<(String, String)>, random: &mut StdRng) -> Vec<(String, String)> {
    for (student, email) in &mut who {
        let mood = match random.random_range(0..50) {
            // Kept, and never answered.
            0 => "slow",
            // Kept; the connection is closed instead of an answer, or behind it.
            1..4 => "lost",
            4..7 => "bye",
            _ => continue,
        };
        *email = format!("{mood}@{student}.u.example");
    }
    who
}

impl Soak {
    async fn begin(length: Duration) -> Result<Self, Wrong> {
        let parts = Parts::start().await;
        parts.migrate();
        let one = Replica::start(&parts, "one.log").await?;
        let other = Replica::start(&parts, "other.log").await?;
        let mut courses = Vec::new();
        for number in 0..FIRST_COURSES {
            courses.push(course(&*one.client().await, &format!("Soak {number}"), 100).await?);
        }
        Ok(Self {
            parts,
            replicas: [one, other],
            courses: Mutex::new(courses),
            ends: Stopwatch::start(),
            length,
            deleting: Mutex::default(),
            told: Mutex::default(),
            bad: Mutex::default(),
            promised: Mutex::default(),
        })
    }

    fn chaos(&self, rate: f64, seed: u64) {
        let calls = accounting::Calls::All;
        let writes = accounting::Chaos::of_writes(rate, seed);
        let books = accounting::Chaos { delay_ms: LATE_MS, calls, ..writes };
        let realm = books.clone();
        self.parts.accounting(|stand_in| stand_in.set_chaos(books)).unwrap();
        self.parts.keycloak.stand_in(|stand_in| stand_in.set_chaos(realm)).unwrap();
    }

    fn goes_on(&self) -> bool {
        self.ends.elapsed() < self.length
    }

    /// One of the replicas.
    async fn client(&self, random: &mut StdRng) -> Arc<Client> {
        self.replicas[random.random_range(0..2)].client().await
    }

    /// Counts an answer; `None` if it was lost, or refused.
    fn heard(&self, what: &str, reply: Result<Reply, Wrong>) -> Option<Reply> {
        let status = match &reply {
            Ok(reply) => reply.status.to_string(),
            Err(_) => "lost".into(),
        };
        *self.told.lock().unwrap().entry(format!("{what} {status}")).or_default() += 1;
        let reply = reply.ok()?;
        // 409 and 404: somebody else was faster, or the course is gone.
        if !matches!(reply.status, 200 | 202 | 404 | 409 | 502 | 503 | 403) {
            let (request, status, body) = (&reply.request, reply.status, &reply.body);
            self.bad.lock().unwrap().push(format!("{request} → {status} {body}"));
        }
        Some(reply).filter(|reply| reply.status == 200)
    }

    /// Assigns, lets students in, drops.
    async fn teach(&self, number: u64, seed: u64) {
        let mut random = StdRng::seed_from_u64(seed.wrapping_add(number));
        let user = format!("student-{}", number + 1);
        for round in 0.. {
            if !self.goes_on() {
                return;
            }
            let Some(watched) = self.some_course(&mut random, 1) else {
                pause(Duration::from_millis(100)).await;
                continue;
            };
            let course = watched.course.unwrap_or_default();
            let name = format!("t{number}-{round}");
            let who = students(&name, random.random_range(1..=4));
            let who = with_moody_mail(who, &mut random);
            let client = self.client(&mut random).await;
            let reply = client.assign(LAB_OWNER, course, &who).await;
            let Some(reply) = self.heard("assign", reply) else { continue };
            let Ok(results) = assigned(reply) else { continue };
            for result in results.into_iter().filter(|result| result.status == "done") {
                let enrolment = result.enrolment_id.unwrap_or_default();
                self.promised.lock().unwrap().entry(course).or_default().push(enrolment);
                if random.random_bool(0.6) {
                    let client = self.client(&mut random).await;
                    self.heard("claim", client.claim(&user, enrolment).await);
                    let client = self.client(&mut random).await;
                    let path = "/courses/activate-enrolments";
                    self.heard("activate", client.post(&user, path, Value::Null).await);
                }
                if random.random_bool(0.4) {
                    self.break_promise(course, enrolment);
                    let client = self.client(&mut random).await;
                    let reply = client.drop_seats(LAB_OWNER, course, &[result.seat_id]).await;
                    self.heard("drop", reply);
                }
            }
        }
    }

    fn break_promise(&self, course: Uuid, enrolment: Uuid) {
        let mut promised = self.promised.lock().unwrap();
        promised.entry(course).or_default().retain(|id| *id != enrolment);
    }

    /// One of the open courses, if there are so many.
    fn some_course(&self, random: &mut StdRng, at_least: usize) -> Option<Watched> {
        let courses = self.courses.lock().unwrap();
        let open: Vec<_> = courses.iter().filter(|it| it.course.is_some() && !it.closed).collect();
        if open.len() < at_least {
            return None;
        }
        open.get(random.random_range(0..open.len())).map(|it| (*it).clone())
    }

    /// Opens courses, and voids or deletes older ones.
    async fn administer(&self, seed: u64) {
        let mut random = StdRng::seed_from_u64(seed.wrapping_add(1000));
        for number in FIRST_COURSES.. {
            if !self.goes_on() {
                return;
            }
            let client = self.client(&mut random).await;
            // Any of its steps may be refused: then it is a lab that nobody teaches in.
            if let Ok(new) = course(&client, &format!("Soak {number}"), 100).await {
                self.courses.lock().unwrap().push(new);
            }
            pause(Duration::from_millis(random.random_range(500..4000))).await;
            if random.random_bool(0.5) {
                self.close_one(&mut random).await;
            }
        }
    }

    async fn close_one(&self, random: &mut StdRng) {
        // The last one stays: people have somewhere to be.
        let Some(watched) = self.some_course(random, 2) else { return };
        let course = watched.course.unwrap_or_default();
        {
            let mut courses = self.courses.lock().unwrap();
            // Nobody teaches in it from here on; those who are at it hear that it is closed.
            let this = courses.iter_mut().find(|it| it.course == Some(course)).unwrap();
            this.closed = true;
            self.promised.lock().unwrap().remove(&course);
        }
        // Said until it is done: what is half closed would not be known as such.
        while self.heard("void", self.client(random).await.void_course(course).await).is_none() {
            pause(Duration::from_millis(200)).await;
        }
        self.promised.lock().unwrap().remove(&course);
        if random.random_bool(0.4) {
            self.deleting.lock().unwrap().push(course);
            let watch = Stopwatch::start();
            while watch.elapsed() < DELETE_PATIENCE {
                let reply = self.client(random).await.delete_course(course).await;
                let gone = reply.as_ref().is_ok_and(|reply| reply.status == 404);
                if gone | self.heard("delete", reply).is_some() {
                    return;
                }
                pause(Duration::from_millis(200)).await;
            }
        }
    }

    /// Every course that somebody began to delete is gone, in what is left of the limit.
    async fn deletes_end(&self, client: &Client, since: Stopwatch) -> u32 {
        let deleting = std::mem::take(&mut *self.deleting.lock().unwrap());
        for course in &deleting {
            let gone = |reply: &Reply| must(matches!(reply.status, 200 | 404), "no course", reply);
            let left = CLEAN_LIMIT.saturating_sub(since.elapsed());
            until(left, || client.delete_course(*course), gone).await.unwrap();
            let mut courses = self.courses.lock().unwrap();
            let this = courses.iter_mut().find(|it| it.course == Some(*course)).unwrap();
            (this.course, this.mails) = (None, Mails::Any);
        }
        deleting.len() as u32
    }

    /// Stops the mail server now and then, and starts it again.
    async fn break_mail(&self, seed: u64) {
        let mut random = StdRng::seed_from_u64(seed.wrapping_add(2000));
        while self.goes_on() {
            let [works, is_away] = MAIL_MS.map(|range| random.random_range(range));
            pause(Duration::from_millis(works)).await;
            tokio::task::block_in_place(|| self.parts.smtp.lock().unwrap().stop());
            pause(Duration::from_millis(is_away)).await;
            tokio::task::block_in_place(|| self.parts.smtp.lock().unwrap().start_again());
        }
    }

    /// Kills one after the other; how often.
    async fn kill(&self) -> u32 {
        let mut kills = 0;
        loop {
            // From kill to kill: however long a start takes, the next kill comes no later for it.
            let next = KILL_EVERY * (kills + 1);
            pause(next.saturating_sub(self.ends.elapsed())).await;
            if !self.goes_on() {
                return kills;
            }
            let replica = &self.replicas[kills as usize % 2];
            replica.again(&self.parts).await.unwrap();
            kills += 1;
        }
    }

    async fn judge(&self, seed: u64, kills: u32) {
        let watch = Stopwatch::start();
        let client = self.replicas[0].client().await;
        let deleted = self.deletes_end(&client, watch).await;
        let watched = self.courses.lock().unwrap().clone();
        let look = async || {
            Ok((Snapshot::take(&client, &watched).await?, Everything::take(&client).await?))
        };
        let clean = |(seen, everything): &(Snapshot, Everything)| {
            let undecidable = |it: &&course_seats::demo::answers::Saga| {
                it.kind == "fund_template" && it.needs_attention
            };
            let mut seen = seen.clone();
            seen.open.retain(|saga| !undecidable(&saga));
            let mut findings = seen.findings();
            for template in &everything.undecided {
                let its = format!("project {template} ");
                findings.retain(|finding| !finding.starts_with(&its));
            }
            findings.extend(everything.findings(&watched));
            must(findings.is_empty(), "that all adds up", findings)
        };
        let seen = until(CLEAN_LIMIT.saturating_sub(watch.elapsed()), look, clean).await;
        let took = watch.elapsed();
        let (seen, everything) = seen.unwrap_or_else(|wrong| panic!("SOAK_SEED={seed}: {wrong}"));
        // Whoever waits looks once more when no time is left: what is clean by then is late.
        assert!(took <= CLEAN_LIMIT, "SOAK_SEED={seed}: clean only after {took:?}");
        for (course, enrolments) in self.promised.lock().unwrap().iter() {
            let open = |watched: &Watched| watched.course == Some(*course) && !watched.closed;
            let Some(row) = seen.courses.iter().find(|it| open(&it.watched)) else { continue };
            for id in enrolments {
                let there = row.enrolments.iter().any(|row| row.id == *id && !row.is_dropped);
                assert!(there, "enrolment {id} was promised");
            }
        }
        let expected = u32::try_from(self.length.as_secs() / KILL_EVERY.as_secs()).unwrap();
        // None at the very end.
        let expected = expected.saturating_sub(1);
        assert!(kills >= expected, "{kills} kills, not {expected}");
        let bad = std::mem::take(&mut *self.bad.lock().unwrap());
        assert!(bad.is_empty(), "{} bad answers: {}", bad.len(), bad.join("\n"));
        let sagas =
            client.get::<Sagas>(SERVICE_ADMIN, "/operator/sagas?page_size=1000").await.unwrap();
        let mut kinds: BTreeMap<String, u32> = BTreeMap::new();
        for saga in &sagas.data {
            *kinds.entry(format!("{} {}", saga.kind, saga.status)).or_default() += 1;
        }
        let wrong = self.parts.accounting(|it| it.gone_wrong())
            + self.parts.keycloak.stand_in(|it| it.gone_wrong());
        let told = self.told.lock().unwrap().clone();
        tell(&format!(
            "seed {seed}, {} operations, {kills} kills, {wrong} calls gone wrong, {} courses, \
             {deleted} of them deleted, {} templates that \
             nobody can tell of; clean {:.1} s after the last fault\nanswers {told:?}\nsagas {kinds:?}",
            told.values().sum::<u32>(),
            watched.len(),
            everything.undecided.len(),
            took.as_secs_f32(),
        ));
        must(wrong > 0 && !sagas.data.is_empty(), "faults and sagas", wrong).unwrap();
    }
}

impl Replica {
    async fn start(parts: &Parts, log: &str) -> Result<Self, Wrong> {
        let (serving, client) = Self::serve(parts, log).await?;
        Ok(Self { log: log.to_owned(), now: RwLock::new((Some(serving), client)) })
    }

    async fn serve(parts: &Parts, log: &str) -> Result<(Serving, Arc<Client>), Wrong> {
        let serving = parts.serve(log, SETTINGS).await?;
        ready(&serving.client).await?;
        let client = Arc::clone(&serving.client);
        for user in [SERVICE_ADMIN, LAB_OWNER, "student-1", "student-2", "student-3"] {
            let token = async || Ok(client.token(user).await);
            until(TOKEN_LIMIT, token, |token| token.clone().map(drop)).await??;
        }
        Ok((serving, client))
    }

    async fn client(&self) -> Arc<Client> {
        Arc::clone(&self.now.read().await.1)
    }

    /// kill -9, and a new start.
    async fn again(&self, parts: &Parts) -> Result<(), Wrong> {
        // Whoever waits for an answer of it hears that it is gone.
        drop(self.now.write().await.0.take());
        let (serving, client) = Self::serve(parts, &self.log).await?;
        *self.now.write().await = (Some(serving), client);
        Ok(())
    }
}
