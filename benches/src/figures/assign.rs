//! Assign: against the critical path outside, its calls against the least, its statements.

use super::batch_bound;
use crate::measure::{median, ms, ratio, timed};
use crate::report::{Row, Verdict};
use crate::scale::Scale;
use crate::world::{Calls, Service, Statements, World, students};
use course_seats::demo::Seen;
use course_seats::demo::api::LAB_OWNER;
use std::time::Duration;

/// The longest chain of calls that depend on each other, for one student: the admin group, then its
/// admin joins (beside them: the account, then the grant); then the mail.
const CHAIN: u32 = 3;

/// For one student: two groups, the lab's admin joins, the account, the grant, the mail.
const LEAST_CALLS: f64 = 6.0;

/// What the lab's admins and its balance are asked by, once a batch: whatever is asked so is the same
/// for all students.
const ONCE_A_BATCH: [&str; 2] = ["keycloak.members", "accounting.lab_balance"];

/// What was seen of one assign.
pub struct Assigning {
    pub took: Duration,
    pub calls: Calls,
    pub statements: u64,
    /// The share of one CPU that the service had.
    pub cpu: f64,
}

/// One call that assigns seats to so many students, in a course of their own.
pub async fn one(service: &Service<'_>, count: u32) -> Seen<Assigning> {
    let made = service.course(count).await?;
    // Signed in, as people are who are at work: the token's answer is not asked for again.
    service.client.seats(LAB_OWNER, made.course).await?;
    service.until_quiet().await?;
    let who = students(count);
    let before = service.world.calls().await?;
    Statements::forget(&service.database);
    let usage = service.process.usage()?;
    let (took, _) = timed(service.assign(made.course, &who)).await?;
    let cpu = service.process.share(usage)?;
    let statements = Statements::count(&service.database);
    let calls = service.world.calls().await?.since(&before);
    Ok(Assigning { took, calls, statements, cpu })
}

/// See the module.
pub async fn take(world: &World, scale: Scale) -> Seen<Vec<Row>> {
    let service = world.serve(&[]).await?;
    // Connections and prepared statements are there, as in a service that runs.
    for _ in 0..scale.runs(2) {
        one(&service, scale.of(40, 2)).await?;
    }
    let count = scale.of(100, 3);
    let mut seen = Vec::new();
    for _ in 0..scale.runs(7) {
        seen.push(one(&service, count).await?);
    }
    let Some(last) = seen.last() else { return Ok(Vec::new()) };
    let took = median(&seen.iter().map(|one| one.took).collect::<Vec<_>>());
    let bound = batch_bound(&service, CHAIN, count, &last.calls);
    let each = f64::from(count);
    let mut rows = vec![
        Row::new(
            format!("assign {count} in one call"),
            format!("{:.0} ms, service {:.2} CPU", ms(took), last.cpu),
        )
        .bound(format!("{:.0} ms", ms(bound)))
        .at_most(ratio(took, bound), 1.5),
    ];
    #[expect(clippy::cast_precision_loss, reason = "some hundred calls")]
    let (all, least_once) = (last.calls.of("") as f64, ONCE_A_BATCH.len() as f64);
    let per_student = (all - least_once) / each;
    let once = ONCE_A_BATCH.map(|kind| last.calls.of(kind));
    rows.extend([
        Row::new("  calls outside, a student", format!("{per_student:.2}: {}", last.calls.told()))
            .bound(format!("{LEAST_CALLS}, and two a batch"))
            .ratio(per_student / LEAST_CALLS)
            .promised("≤ least + 1", Verdict::of(per_student <= LEAST_CALLS + 1.0)),
        Row::new("  asked that is the same for all students", format!("{once:?} calls"))
            .bound("the lab's admins, its balance")
            .promised("once a batch each", Verdict::of(once == [1, 1])),
    ]);
    rows.extend(statements(&service, scale).await?);
    rows.push(with_the_default_pace(world, scale, bound).await?);
    Ok(rows)
}

/// The same where mails leave at the pace that is set by default: nobody waits for those over it.
async fn with_the_default_pace(world: &World, scale: Scale, bound: Duration) -> Seen<Row> {
    let service = world.serve(&[("MAIL_PER_SECOND", "14".to_owned())]).await?;
    one(&service, scale.of(40, 2)).await?;
    let count = scale.of(100, 3);
    let mut times = Vec::new();
    for _ in 0..scale.runs(3) {
        times.push(one(&service, count).await?.took);
    }
    let took = median(&times);
    Ok(Row::new("  at the default pace of mails", format!("{:.0} ms", ms(took)))
        .bound(format!("{:.0} ms", ms(bound)))
        .at_most(ratio(took, bound), 1.5))
}

/// How the statements of a batch grow with its students.
async fn statements(service: &Service<'_>, scale: Scale) -> Seen<Vec<Row>> {
    let mut counted = Vec::new();
    for count in [scale.of(10, 1), scale.of(100, 2), scale.of(1000, 4)] {
        counted.push((count, one(service, count).await?.statements));
    }
    let told: Vec<String> =
        counted.iter().map(|(count, statements)| format!("{count}: {statements}")).collect();
    let [(few, of_few), .., (many, of_many)] = counted.as_slice() else { return Ok(Vec::new()) };
    #[expect(clippy::cast_precision_loss, reason = "some thousand statements")]
    let growth = *of_many as f64 / (*of_few).max(1) as f64;
    let in_proportion = f64::from(*many) / f64::from(*few);
    Ok(vec![
        Row::new("  statements, by students", told.join(", "))
            .bound(format!("× {in_proportion:.0}"))
            .ratio(growth / in_proportion)
            .promised("not faster", Verdict::of(growth <= in_proportion)),
    ])
}
