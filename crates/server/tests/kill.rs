//! `kill -9` at a random point of assigning 30 students, twenty times, the real binary: after the
//! restart every student whose grant was not in flight ends assigned, the others assigned or
//! cleanly undone; each credit is granted once, and no group, seat or mail is lost. Every third
//! round is killed once more, while the first kill is being made good.
//!
//! Beside it: killed in the middle of a step of each saga.
//!
//! `KILL_SEED=n` repeats the round with this seed alone.
#![expect(clippy::indexing_slicing, reason = "a test that does not find what it needs has failed")]

#[path = "support/acts.rs"]
mod acts;
#[path = "support/audit.rs"]
mod audit;
#[path = "support/binary.rs"]
mod binary;
#[path = "kill/moments.rs"]
mod moments;
#[path = "support/place.rs"]
mod place;
#[path = "support/settled.rs"]
mod settled;

use audit::{course, id, settled, students};
use binary::Serving;
use course_seats::demo::answers::{Saga, Sagas};
use course_seats::demo::api::{LAB_OWNER, SERVICE_ADMIN, assigned};
use course_seats::demo::{Client, Snapshot, Watched, Wrong, must, pause, same};
use futures::{StreamExt, stream};
use place::Place;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use std::ops::Range;
use std::time::Duration;

const STUDENTS: u32 = 30;
const SEATS: u32 = 32;
const ROUNDS: u64 = 20;

/// Rounds at once, each with its own folder and port.
const AT_ONCE: usize = 4;

/// How long a call to the sandbox takes before the kill.
const LATENCY_MS: u64 = 30;

/// Time limits that let a test see in seconds what else takes a minute.
const IMPATIENT: &[(&str, &str)] = &[
    ("OUTSIDE_TIMEOUT_MS", "500"),
    ("SAGA_LEASE_MS", "2000"),
    ("MAIL_TIMEOUT_MS", "1000"),
    ("GRANT_PATIENCE_MS", "1000"),
    ("LATE_ARRIVAL_GRACE_MS", "3000"),
    ("RECONCILE_INTERVAL_MS", "300"),
    ("RETRY_MAX_MS", "1000"),
    ("OUTBOX_RETRY_BASE_MS", "200"),
];

/// When the kill comes: from just before the students are written down to about the answer.
const MOMENTS_MS: Range<u64> = 40..560;

/// When the second kill comes, if there is one: while what the first one left is taken over.
const SECOND_MOMENTS_MS: Range<u64> = 1500..4500;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_assign_is_finished_or_undone() {
    let seeds: Vec<u64> = match std::env::var("KILL_SEED") {
        Ok(seed) => vec![seed.parse().unwrap()],
        Err(_) => {
            let first = u64::from(rand::random::<u32>());
            (first..first + ROUNDS).collect()
        }
    };
    let told: Vec<String> = stream::iter(seeds)
        .map(told_round)
        .buffer_unordered(AT_ONCE)
        .filter_map(|f| async { f })
        .collect()
        .await;
    assert!(told.is_empty(), "{} rounds failed:\n{}", told.len(), told.join("\n"));
}

/// Plays a round and tells it; what failed, if it did.
async fn told_round(seed: u64) -> Option<String> {
    let place = match Place::new(IMPATIENT) {
        Ok(place) => place,
        Err(wrong) => return Some(wrong.to_string()),
    };
    match round(&place, seed).await {
        Ok(told) => {
            println!("KILL_SEED={seed}: {told}");
            None
        }
        Err(wrong) => {
            println!("KILL_SEED={seed}: {wrong}\n{}", place.log());
            Some(format!("KILL_SEED={seed}: {wrong}"))
        }
    }
}

async fn round(place: &Place, seed: u64) -> Result<String, Wrong> {
    let serving = place.serve(LATENCY_MS).await?;
    let watched = course(&serving.client, "Killed", SEATS).await?;
    let mut random = StdRng::seed_from_u64(seed);
    let moment = random.random_range(MOMENTS_MS);
    let answered = kill_in_the_middle(serving, &watched, Duration::from_millis(moment)).await?;

    if random.random_ratio(1, 3) {
        let serving = place.serve(LATENCY_MS).await?;
        pause(Duration::from_millis(random.random_range(SECOND_MOMENTS_MS))).await;
        drop(serving);
    }

    let serving = place.serve(0).await?;
    let client = &serving.client;
    let seen = settled(client, std::slice::from_ref(&watched)).await?;
    let (completed, undone) = check_sagas(client).await?;
    let (free, taken) = seats(&seen);
    same("free and assigned seats", (free, taken), (SEATS as usize - completed, completed))?;
    if answered {
        same("students of an answered assign", completed, STUDENTS as usize)?;
    }

    // What was undone leaves nothing behind: the same students get their seats now.
    let enrolled: Vec<_> = seen.courses.iter().flat_map(|seen| &seen.enrolments).collect();
    let mut left = students("killed", STUDENTS);
    left.retain(|(student, _)| enrolled.iter().all(|enrolment| enrolment.student_id != *student));
    if !left.is_empty() {
        let results = assigned(client.assign(LAB_OWNER, id(&watched)?, &left).await?)?;
        must(results.iter().all(|result| result.status == "done"), "that all are done", &results)?;
    }
    let seen = settled(client, std::slice::from_ref(&watched)).await?;
    same("seats in the end", seats(&seen), (2, STUDENTS as usize))?;
    serving.stop().await?;
    let when = if answered { "after its answer" } else { "in the middle" };
    Ok(format!("killed after {moment} ms, {when}: {completed} assigned, {undone} undone"))
}

/// Begins the assign and kills the process after so long; whether the assign was answered before.
async fn kill_in_the_middle(
    serving: Serving,
    watched: &Watched,
    moment: Duration,
) -> Result<bool, Wrong> {
    let course = id(watched)?;
    // The token is there, so that the moment counts from the assign.
    serving.client.token(LAB_OWNER).await?;
    let students = students("killed", STUDENTS);
    let answered = tokio::select! {
        biased;
        reply = serving.client.assign(LAB_OWNER, course, &students) => {
            let results = assigned(reply?)?;
            same("results that are done", results.iter().filter(|r| r.status == "done").count(), 30)?;
            true
        }
        () = pause(moment) => false,
    };
    // kill -9
    drop(serving);
    Ok(answered)
}

/// How many assigns were completed and undone: all or none were written down, and none was undone
/// whose grant was not in flight.
async fn check_sagas(client: &Client) -> Result<(usize, usize), Wrong> {
    let path = "/operator/sagas?kind=assign_seat&page_size=1000";
    let sagas = client.get::<Sagas>(SERVICE_ADMIN, path).await?.data;
    let in_state = |status: &str| -> Vec<&Saga> {
        sagas.iter().filter(|saga| saga.status == status).collect()
    };
    let (completed, undone) = (in_state("completed"), in_state("undone"));
    let all = completed.len() + undone.len();
    must(all == 0 || all == STUDENTS as usize, "all students or none in the ledger", all)?;
    for saga in &undone {
        let notebook = client.saga(saga.id).await?;
        let grant = notebook.steps.iter().find(|step| step.name == "grant");
        let in_flight = grant.is_some_and(|step| !step.output.is_empty());
        must(in_flight, "that only what was being granted is undone", &notebook)?;
    }
    Ok((completed.len(), undone.len()))
}

fn seats(seen: &Snapshot) -> (usize, usize) {
    let count = |state| seen.courses.iter().map(|seen| seen.seats_in(state)).sum();
    (count("free"), count("assigned"))
}
