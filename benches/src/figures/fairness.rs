//! One big request, or the daily run at the end of a term, beside small ones; and a lecture hall that
//! signs in at once.

use crate::measure::{median, ms, percentile, ratio, timed};
use crate::report::{Row, Verdict};
use crate::scale::Scale;
use crate::world::{Service, World, students};
use course_seats::demo::{Seen, Wrong, must, pause, same};
use futures::future::{join, join_all};
use std::future::Future;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use uuid::Uuid;

/// See the module.
pub async fn take(world: &World, scale: Scale) -> Seen<Vec<Row>> {
    let service = world.serve(&[]).await?;
    let mut rows = beside_a_big_one(&service, scale).await?;
    service.until_quiet().await?;
    rows.extend(beside_an_expiry(&service, scale).await?);
    service.until_quiet().await?;
    rows.push(all_at_once(&service, scale).await?);
    Ok(rows)
}

/// How long one-student assigns and activations take.
#[derive(Default)]
struct Small {
    assigns: Vec<Duration>,
    activations: Vec<Duration>,
}

impl Small {
    /// One of each, in a course of their own.
    async fn one(&mut self, service: &Service<'_>, course: Uuid, user: &str) -> Seen<()> {
        let who = students(1);
        let (took, results) = timed(service.assign(course, &who)).await?;
        self.assigns.push(took);
        let enrolment = results.first().and_then(|result| result.enrolment_id).unwrap_or_default();
        service.client.claim(user, enrolment).await?.ok()?;
        let (took, activated) = timed(service.client.log_in(user)).await?;
        must(activated.iter().all(|one| one.activated), "that he is let in", &activated)?;
        self.activations.push(took);
        Ok(())
    }
}

async fn beside_a_big_one(service: &Service<'_>, scale: Scale) -> Seen<Vec<Row>> {
    let count = scale.of(1000, 20);
    let big = service.course(count).await?;
    let who = students(count);
    beside(service, scale, format!("assign {count} in one call"), async {
        service.assign(big.course, &who).await.map(|_| ())
    })
    .await
}

/// Courses that end on the same day, as they do when a term is over.
async fn beside_an_expiry(service: &Service<'_>, scale: Scale) -> Seen<Vec<Row>> {
    let (courses, each) = (scale.of(16, 2), scale.of(20, 2));
    for _ in 0..courses {
        let made = service.course(each).await?;
        service.enrolled(made.course, each, true).await?;
        service.ends_now(&made);
    }
    service.until_quiet().await?;
    let what = format!("expiry of {courses} courses with {each} students each");
    beside(service, scale, what, async {
        let summary = service.client.expire_courses().await?;
        same("enrolments dropped", summary.enrolments_dropped, u64::from(courses * each))
    })
    .await
}

/// What small ones take while `big` is under way, against what they take when nothing else is.
async fn beside(
    service: &Service<'_>,
    scale: Scale,
    what: String,
    big: impl Future<Output = Seen<()>>,
) -> Seen<Vec<Row>> {
    let other = service.course(100).await?;
    let people = service.world.keycloak.add_people(80).map_err(crate::world::wrong("people"))?;
    let users: Vec<String> = people.into_iter().map(|person| person.username).collect();
    // Signed in before, and asked for once: only the calls themselves are timed.
    for user in &users {
        service.client.log_in(user).await?;
    }
    let mut users = users.iter();
    let mut idle = Small::default();
    for user in users.by_ref().take(scale.runs(7)) {
        idle.one(service, other.course, user).await?;
    }
    let over = AtomicBool::new(false);
    let big = async {
        let done = timed(big).await;
        over.store(true, Ordering::Relaxed);
        done
    };
    let small = async {
        let mut beside = Small::default();
        // It has begun when its first sagas are at work.
        pause(if scale.is_smoke() { Duration::ZERO } else { Duration::from_millis(300) }).await;
        for user in users {
            if over.load(Ordering::Relaxed) {
                break;
            }
            beside.one(service, other.course, user).await?;
        }
        Ok::<_, Wrong>(beside)
    };
    let (big, beside) = join(big, small).await;
    let (took, ()) = big?;
    let beside = beside?;
    must(!beside.activations.is_empty(), "that something was done beside it", &beside.assigns)?;
    let row = |what: &str, idle: &[Duration], beside: &[Duration]| {
        let (before, worst) = (median(idle), percentile(beside, 100));
        Row::new(
            format!("  {what} beside it, the slowest of {}", beside.len()),
            format!("{:.0} ms (median {:.0})", ms(worst), ms(median(beside))),
        )
        .bound(format!("idle {:.0} ms", ms(before)))
        .at_most(ratio(worst, before), 5.0)
    };
    Ok(vec![
        Row::new(what, format!("{:.1} s", took.as_secs_f64())),
        row("an assign of one", &idle.assigns, &beside.assigns),
        row("an activation", &idle.activations, &beside.activations),
    ])
}

async fn all_at_once(service: &Service<'_>, scale: Scale) -> Seen<Row> {
    let count = scale.of(500, 5);
    let made = service.course(count).await?;
    let enrolled = service.enrolled(made.course, count, false).await?;
    service.until_quiet().await?;
    let logins = enrolled.iter().map(|one| service.client.log_in(&one.user));
    let (took, answers) = timed(async { Ok(join_all(logins).await) }).await?;
    let good = answers
        .iter()
        .filter(|answer| {
            answer.as_ref().is_ok_and(|one| !one.is_empty() && one.iter().all(|one| one.activated))
        })
        .count();
    let wrong = answers.iter().find_map(|answer| answer.as_ref().err().map(ToString::to_string));
    Ok(Row::new(
        format!("{count} students activate at once"),
        format!("{good} let in, {:.1} s{}", took.as_secs_f64(), wrong.unwrap_or_default()),
    )
    .promised("all", Verdict::of(good == enrolled.len())))
}
