//! What operations cost as the database grows. Nothing outside takes time here.

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

/// What is flat or logarithmic: over a factor of a thousand, twice the time is an exponent of 0.1.
const FLAT: f64 = 0.1;
const SLOWER: f64 = 2.0;

type Times = BTreeMap<&'static str, Vec<Duration>>;

/// See the module.
pub async fn take(world: &World, scale: Scale) -> Seen<Vec<Row>> {
    world.latency(Duration::ZERO);
    let service = world.serve(&[]).await?;
    let mut grown: BTreeMap<&'static str, Vec<(f64, Duration)>> = BTreeMap::new();
    let mut there = 0;
    for courses in COURSES.into_iter().take(if scale.is_smoke() { 2 } else { COURSES.len() }) {
        fill(&service.database, &Into::New(courses - there), SEATS, ENROLLED);
        there = courses;
        for (name, times) in round(&service, scale).await? {
            grown.entry(name).or_default().push((f64::from(courses), median(&times)));
        }
    }
    let row = |(name, points): (&str, Vec<(f64, Duration)>)| {
        let power = exponent(&points);
        let told: Vec<String> =
            points.iter().map(|(_, time)| format!("{:.2}", ms(*time))).collect();
        let [(_, first), .., (_, last)] = points.as_slice() else {
            return Row::new(name, told.join(", "));
        };
        let slower = last.as_secs_f64() / first.as_secs_f64();
        Row::new(format!("{name}, ms"), told.join(", "))
            .bound(format!("exponent {power:.2}"))
            .ratio(slower)
            .promised(
                format!("exponent ≤ {FLAT}, ≤ × {SLOWER}"),
                Verdict::of(power <= FLAT && slower <= SLOWER),
            )
    };
    let sizes = COURSES.map(|courses| format!("{courses} / {}", courses * SEATS)).join(", ");
    let mut rows = vec![Row::new("growth: courses / seats", sizes)];
    rows.extend(grown.into_iter().map(row));
    Ok(rows)
}

/// Every operation, some times.
async fn round(service: &Service<'_>, scale: Scale) -> Seen<Times> {
    let runs = u32::try_from(scale.runs(9)).unwrap_or(1);
    let made = service.course(runs * 3 + 5).await?;
    let mut times = Times::new();
    let mut note = |name: &'static str, took: Duration| times.entry(name).or_default().push(took);
    let enrolled = service.enrolled(made.course, runs, false).await?;
    // Known by now: nothing is asked or prepared for the first time.
    assign_and_drop(service, &made, &mut |_, _| {}).await?;
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
                "batches of a course",
                SERVICE_ADMIN,
                format!("/seats/batches?course_id={}", made.course),
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
