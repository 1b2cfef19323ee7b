//! Many at once, on the real binary: seats are never oversold, nobody is dropped twice, and a
//! void, a delete or a drop that arrives in the middle of something leaves nothing behind.

#![expect(clippy::unwrap_used, reason = "so a test fails")]

#[path = "support/audit.rs"]
mod audit;
#[path = "support/binary.rs"]
mod binary;
#[path = "support/place.rs"]
mod place;

use audit::{course, id, settled, students};
use course_seats::demo::answers::{Dropped, Enrolment};
use course_seats::demo::api::{LAB_OWNER, assigned, dropped};
use course_seats::demo::{Client, Mails, Reply, Watched, Wrong, must, pause, same};
use futures::future::{join_all, try_join_all};
use place::Place;
use std::time::Duration;
use uuid::Uuid;

/// How long a call to the sandbox takes in the tests about a bad moment.
const LATENCY_MS: u64 = 30;

/// Reconcilers that look often.
const SETTINGS: &[(&str, &str)] = &[("RECONCILE_INTERVAL_MS", "300"), ("RETRY_MAX_MS", "1000")];

/// After how many milliseconds the second operation arrives.
const MOMENTS_MS: [u64; 6] = [0, 25, 60, 110, 180, 280];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fifty_assigns_at_once_take_exactly_twenty_seats() {
    let place = Place::new(SETTINGS).unwrap();
    let serving = place.serve(5).await.unwrap();
    let client = &serving.client;
    let watched = course(client, "Crowded", 20).await.unwrap();
    let course = id(&watched).unwrap();
    client.token(LAB_OWNER).await.unwrap();
    let all = students("crowd", 50);
    let calls = all.iter().map(|one| client.assign(LAB_OWNER, course, std::slice::from_ref(one)));
    let replies: Vec<Reply> = try_join_all(calls).await.unwrap();
    let (took, refused): (Vec<_>, Vec<_>) =
        replies.into_iter().partition(|reply| reply.status == 200);
    for reply in refused {
        let text = "Not enough available seats: requested 1, found 0";
        reply.refused(409, text).unwrap();
    }
    assert_eq!(took.len(), 20, "answers that are 200");
    for reply in took {
        let results = assigned(reply).unwrap();
        assert!(results.iter().all(|result| result.status == "done"), "{results:?}");
    }
    let seen = settled(client, &[watched]).await.unwrap();
    let seats: usize = seen.courses.iter().map(|seen| seen.seats_in("assigned")).sum();
    assert_eq!(seats, 20, "seats that are taken");
    serving.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_students_in_many_requests_are_assigned_once() {
    let place = Place::new(SETTINGS).unwrap();
    let serving = place.serve(5).await.unwrap();
    let client = &serving.client;
    let watched = course(client, "Doubled", 40).await.unwrap();
    let course = id(&watched).unwrap();
    client.token(LAB_OWNER).await.unwrap();
    let four = students("double", 4);
    let backward: Vec<_> = four.iter().rev().cloned().collect();
    let calls = (0..10).map(|call| {
        let students = if call % 2 == 0 { &four } else { &backward };
        client.assign(LAB_OWNER, course, students)
    });
    let replies: Vec<Reply> = try_join_all(calls).await.unwrap();
    let won = replies.iter().filter(|reply| reply.status == 200).count();
    assert_eq!(won, 1, "{:?}", replies.iter().map(|reply| reply.status).collect::<Vec<_>>());
    for reply in replies.into_iter().filter(|reply| reply.status != 200) {
        reply.refused(409, "Students already enrolled in this course").unwrap();
    }
    let seen = settled(client, &[watched]).await.unwrap();
    let enrolments: usize = seen.courses.iter().map(|seen| seen.enrolments.len()).sum();
    assert_eq!(enrolments, 4);
    serving.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_void_in_the_middle_of_an_assign() {
    at_each_moment("Voided", async |client, watched, turn| {
        let course = id(&watched)?;
        let students = students("voided", 6);
        let (assign, void) = tokio::join!(client.assign(LAB_OWNER, course, &students), async {
            pause(turn.moment).await;
            client.void_course(course).await
        });
        void?.ok()?;
        decided_or_refused(assign?, "Cannot assign seats: course is in 'voided' status")?;
        Ok(Watched { closed: true, ..watched })
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_delete_in_the_middle_of_an_assign() {
    at_each_moment("Deleted", async |client, watched, turn| {
        let course = id(&watched)?;
        let students = students("deleted", 6);
        let (assign, delete) = tokio::join!(client.assign(LAB_OWNER, course, &students), async {
            pause(turn.moment).await;
            client.void_course(course).await?.ok()?;
            client.delete_course(course).await
        });
        delete?.ok()?;
        let assign = assign?;
        // Whoever comes after the delete is an admin of nothing.
        must([200, 409, 403].contains(&assign.status), "200, 409 or 403", &assign)?;
        Ok(Watched { course: None, closed: true, mails: Mails::Any, ..watched })
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_drop_in_the_middle_of_an_assign() {
    at_each_moment("Busy", async |client, watched, turn| {
        let course = id(&watched)?;
        let seated = seated(client, course, 3).await?;
        let more = students("more", 5);
        let (assign, drops) = tokio::join!(client.assign(LAB_OWNER, course, &more), async {
            pause(turn.moment).await;
            // Every seat: of those that are being assigned nothing can be dropped yet.
            let seats = client.seats(LAB_OWNER, course).await?;
            let seats: Vec<Uuid> = seats.iter().map(|seat| seat.id).collect();
            dropped(client.drop_seats(LAB_OWNER, course, &seats).await?)
        });
        let results = assigned(assign?)?;
        must(results.iter().all(|result| result.status == "done"), "that all are done", &results)?;
        for result in drops? {
            let was_seated = seated.iter().any(|(_, seat)| *seat == result.seat_id);
            must(result.is_dropped || !was_seated, "that who was seated is dropped", &result)?;
        }
        Ok(watched)
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_drop_in_the_middle_of_an_activation() {
    at_each_moment("Entered", async |client, watched, turn| {
        let course = id(&watched)?;
        let (enrolment, seat) = one_claimed(client, course, &turn.student).await?;
        let (activated, drop) = tokio::join!(client.log_in(&turn.student), async {
            pause(turn.moment).await;
            client.drop_seats(LAB_OWNER, course, &[seat]).await
        });
        activated?;
        let drops: Vec<Dropped> = dropped(drop?)?;
        must(drops.iter().all(|drop| drop.status != "failed"), "that he is dropped", &drops)?;
        settled(client, std::slice::from_ref(&watched)).await?;
        let now = client.enrolments(LAB_OWNER, course).await?;
        let is_dropped = now.iter().any(|now| now.id == enrolment && now.is_dropped);
        must(is_dropped, "a dropped enrolment", &now)?;
        Ok(watched)
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_void_in_the_middle_of_an_activation() {
    at_each_moment("Left", async |client, watched, turn| {
        let course = id(&watched)?;
        one_claimed(client, course, &turn.student).await?;
        let (activated, void) = tokio::join!(client.log_in(&turn.student), async {
            pause(turn.moment).await;
            client.void_course(course).await
        });
        void?.ok()?;
        activated?;
        Ok(Watched { closed: true, ..watched })
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_drops_of_one_seat_drop_once() {
    at_each_moment("Pushed", async |client, watched, _| {
        let course = id(&watched)?;
        let seated = seated(client, course, 2).await?;
        let seats: Vec<Uuid> = seated.iter().map(|(_, seat)| *seat).collect();
        let calls = (0..8).map(|_| client.drop_seats(LAB_OWNER, course, &seats));
        let replies = try_join_all(calls).await?;
        let results: Vec<Vec<Dropped>> =
            replies.into_iter().map(dropped).collect::<Result<_, _>>()?;
        for seat in &seats {
            let all = results.iter().flatten().filter(|result| result.seat_id == *seat);
            let done: Vec<_> = all.filter(|result| result.is_dropped).collect();
            same("drops of one seat", done.len(), 1)?;
            let came_back = done.iter().all(|result| result.seat_recovered == Some(true));
            must(came_back, "that the seat comes back", &done)?;
        }
        Ok(watched)
    })
    .await;
}

/// One play of many.
struct Turn {
    /// When the second operation arrives.
    moment: Duration,
    /// A student whom no other turn has.
    student: String,
}

/// Does it in a course of its own for each moment, all on one server at the same time, and
/// audits what it leaves. `act` says how the course should be looked at then.
async fn at_each_moment(
    name: &str,
    act: impl AsyncFn(&Client, Watched, Turn) -> Result<Watched, Wrong>,
) {
    let place = Place::new(SETTINGS).unwrap();
    let serving = place.serve(LATENCY_MS).await.unwrap();
    let client = &serving.client;
    client.token(LAB_OWNER).await.unwrap();
    let plays = MOMENTS_MS.iter().zip(1..).map(|(moment, number)| {
        let act = &act;
        let turn =
            Turn { moment: Duration::from_millis(*moment), student: format!("student-{number}") };
        async move {
            let watched = course(client, &format!("{name} after {moment} ms"), 12).await?;
            client.token(&turn.student).await?;
            act(client, watched, turn).await
        }
    });
    let mut watched = Vec::new();
    for (played, moment) in join_all(plays).await.into_iter().zip(MOMENTS_MS) {
        match played {
            Ok(one) => watched.push(one),
            Err(wrong) => {
                println!("{}", place.log());
                assert_eq!(wrong.to_string(), "", "{name} after {moment} ms");
            }
        }
    }
    let seen = settled(client, &watched).await;
    assert!(seen.is_ok(), "{}\n{}", place.log(), seen.unwrap_err());
    serving.stop().await.unwrap();
}

/// Assigns seats; the enrolments with their seats.
async fn seated(client: &Client, course: Uuid, count: u32) -> Result<Vec<(Uuid, Uuid)>, Wrong> {
    let reply = client.assign(LAB_OWNER, course, &students("seated", count)).await?;
    let results = assigned(reply)?;
    must(results.iter().all(|result| result.status == "done"), "that all are done", &results)?;
    let pairs = results.iter().filter_map(|result| Some((result.enrolment_id?, result.seat_id)));
    Ok(pairs.collect())
}

/// An enrolment that this student has claimed, and its seat.
async fn one_claimed(client: &Client, course: Uuid, student: &str) -> Result<(Uuid, Uuid), Wrong> {
    let seated = seated(client, course, 1).await?;
    let first = seated.first().copied().ok_or_else(|| Wrong::new("an enrolment", "none"))?;
    client.claim(student, first.0).await?.ok()?;
    let claimed: Vec<Enrolment> = client.enrolments(LAB_OWNER, course).await?;
    must(claimed.iter().all(|one| one.claimed_by.is_some()), "a claimed enrolment", &claimed)?;
    Ok(first)
}

/// An assign either answers for each student, or is refused as documented.
fn decided_or_refused(reply: Reply, refusal: &str) -> Result<(), Wrong> {
    match reply.status {
        200 => {
            let results = assigned(reply)?;
            let known = |status: &str| ["done", "failed", "pending"].contains(&status);
            must(results.iter().all(|result| known(&result.status)), "a status", &results)
        }
        _ => reply.refused(409, refusal),
    }
}
