//! What operations cost as the database grows around a course, and as a course itself grows. Nothing
//! outside takes time here.

use crate::measure::{exponent, median, ms, timed};
use crate::report::{Row, Verdict};
use crate::scale::Scale;
use crate::world::{Enrolled, Into, Made, Service, World, fill, students};
use course_seats::demo::api::{LAB_OWNER, SERVICE_ADMIN, dropped};
use course_seats::demo::{Seen, must};
use serde_json::Value;
use std::collections::BTreeMap;
use std::time::Duration;

/// Courses that are there, in all, at each size; each with so many seats, of which so many are
/// assigned.
const COURSES: [u32; 4] = [5, 50, 500, 5000];
const SEATS: u32 = 20;
const ENROLLED: u32 = 15;

/// Seats that one course has at each size, three quarters of them assigned.
const SEATS_OF_ONE: [u32; 4] = [20, 200, 2000, 20_000];

/// What is flat or logarithmic: over a factor of a thousand, twice the time is an exponent of 0.1.
const FLAT: f64 = 0.1;
const SLOWER: f64 = 2.0;

type Times = BTreeMap<&'static str, Vec<Duration>>;

/// See the module.
pub async fn take(world: &World, scale: Scale) -> Seen<Vec<Row>> {
    world.latency(Duration::ZERO);
    let sizes = |all: [u32; 4]| all.into_iter().take(if scale.is_smoke() { 2 } else { all.len() });

    let service = world.serve(&[]).await?;
    let (mut around, mut there) = (Grown::default(), 0);
    warm(&service, scale).await?;
    for courses in sizes(COURSES) {
        fill(&service.database, &Into::New(courses - there), SEATS, ENROLLED);
        there = courses;
        around.add(courses, round(&service, scale, 0).await?);
    }
    drop(service);

    let service = world.serve(&[]).await?;
    let mut within = Grown::default();
    warm(&service, scale).await?;
    for seats in sizes(SEATS_OF_ONE) {
        within.add(seats, round(&service, scale, seats).await?);
    }

    let told = COURSES.map(|courses| format!("{courses} / {}", courses * SEATS)).join(", ");
    let mut rows = vec![Row::new("growth: courses / seats", told)];
    rows.extend(around.rows());
    rows.push(Row::new(
        "growth: seats of one course",
        SEATS_OF_ONE.map(|n| n.to_string()).join(", "),
    ));
    rows.extend(within.rows());
    Ok(rows)
}

/// What each operation takes at each size.
#[derive(Default)]
struct Grown(BTreeMap<&'static str, Vec<(f64, Duration)>>);

impl Grown {
    fn add(&mut self, size: u32, times: Times) {
        for (name, times) in times {
            self.0.entry(name).or_default().push((f64::from(size), median(&times)));
        }
    }

    fn rows(self) -> impl Iterator<Item = Row> {
        self.0.into_iter().map(|(name, points)| {
            let power = exponent(&points);
            let told: Vec<String> =
                points.iter().map(|(_, time)| format!("{:.2}", ms(*time))).collect();
            let [(_, first), .., (_, last)] = points.as_slice() else {
                return Row::new(name, told.join(", "));
            };
            let slower = last.as_secs_f64() / first.as_secs_f64();
            Row::new(format!("  {name}, ms"), told.join(", "))
                .bound(format!("exponent {power:.2}"))
                .ratio(slower)
                .promised(
                    format!("exponent ≤ {FLAT}, ≤ × {SLOWER}"),
                    Verdict::of(power <= FLAT && slower <= SLOWER),
                )
        })
    }
}

/// Connections, prepared statements and tokens are there as in a service that runs: the pool hands
/// its connections out by turns, so one round is not enough.
async fn warm(service: &Service<'_>, scale: Scale) -> Seen<()> {
    for _ in 0..scale.runs(2) {
        round(service, scale, 0).await?;
    }
    Ok(())
}

/// Every operation, some times, in a course of its own that has so many more seats.
async fn round(service: &Service<'_>, scale: Scale, more: u32) -> Seen<Times> {
    let runs = u32::try_from(scale.runs(9)).unwrap_or(1);
    let made = service.course(runs * 3 + 5).await?;
    if more > 0 {
        fill(&service.database, &Into::This(&made), more, more / 4 * 3);
    }
    let mut times = Times::new();
    let mut note = |name: &'static str, took: Duration| times.entry(name).or_default().push(took);
    let enrolled = service.enrolled(made.course, runs, false).await?;
    for student in &enrolled {
        let (took, ()) = timed(activate(service, student)).await?;
        note("activate one", took);
        assign_and_drop(service, &made, &mut note).await?;
        let reads = [
            ("show a course", SERVICE_ADMIN, format!("/courses/{}", made.course)),
            ("page of seats", LAB_OWNER, format!("/seats/courses/{}?page_size=20", made.course)),
            (
                "page of enrolments",
                LAB_OWNER,
                format!("/courses/{}/enrolments?page_size=20", made.course),
            ),
            (
                "courses by lab name",
                SERVICE_ADMIN,
                "/courses?vlab_name=Course 1&page_size=20".into(),
            ),
        ];
        for (name, user, path) in reads {
            note(name, timed(service.client.get::<Value>(user, &path)).await?.0);
        }
        // Their answers name every seat of a batch, so they are compared beside other courses only.
        if more == 0 {
            let of_course = format!("/seats/batches?course_id={}", made.course);
            for (name, path) in [
                ("batches of a course", of_course.as_str()),
                ("page of batches", "/seats/batches?page_size=5"),
            ] {
                let read = timed(service.client.get::<Value>(SERVICE_ADMIN, path));
                note(name, read.await?.0);
            }
        }
        note("provision 1", timed(service.client.provision(made.course, 1)).await?.0);
        note("expire, nothing due", timed(service.client.expire_courses()).await?.0);
    }
    Ok(times)
}

async fn activate(service: &Service<'_>, student: &Enrolled) -> Seen<()> {
    let activated = service.client.log_in(&student.user).await?;
    must(activated.iter().all(|one| one.activated), "that he is let in", &activated)
}

async fn assign_and_drop(
    service: &Service<'_>,
    made: &Made,
    note: &mut impl FnMut(&'static str, Duration),
) -> Seen<()> {
    let (took, results) = timed(service.assign(made.course, &students(1))).await?;
    note("assign one", took);
    let seats: Vec<_> = results.iter().map(|result| result.seat_id).collect();
    let drop = service.client.drop_seats(LAB_OWNER, made.course, &seats);
    let (took, reply) = timed(drop).await?;
    note("drop one", took);
    let results = dropped(reply)?;
    must(results.iter().all(|one| one.is_dropped), "that it is dropped", &results)
}
