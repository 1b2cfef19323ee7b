//! The daily job: a course past its end whose students are all still there.

use super::batch_bound;
use super::drops::CHAIN;
use crate::measure::{median, ms, ratio, timed};
use crate::report::Row;
use crate::scale::Scale;
use crate::world::{LATENCY, Statements, World};
use course_seats::demo::{Seen, same};

/// See the module.
pub async fn take(world: &World, scale: Scale) -> Seen<Vec<Row>> {
    let service = world.serve(&[]).await?;
    let count = scale.of(100, 2);
    let mut times = Vec::new();
    let mut last = None;
    for _ in 0..scale.runs(3) {
        let made = service.course(count).await?;
        service.enrolled(made.course, count, true).await?;
        service.until_quiet().await?;
        service.ends_now(&made);
        let before = world.calls().await?;
        Statements::forget(&service.database);
        let usage = service.process.usage()?;
        let (took, summary) = timed(service.client.expire_courses()).await?;
        let cpu = service.process.share(usage)?;
        let statements = Statements::count(&service.database);
        same("enrolments dropped", summary.enrolments_dropped, u64::from(count))?;
        same("labs depleted", summary.vlabs_depleted, 1)?;
        times.push(took);
        last = Some((world.calls().await?.since(&before), cpu, statements));
    }
    let Some((calls, cpu, statements)) = last else { return Ok(Vec::new()) };
    // When all are dropped, the lab's credits are taken back.
    let bound = batch_bound(&service, CHAIN, count, &calls) + LATENCY;
    let took = median(&times);
    Ok(vec![
        Row::new(
            format!("expiry of {count} enrolments"),
            format!("{:.0} ms, service {cpu:.2} CPU", ms(took)),
        )
        .bound(format!("{:.0} ms", ms(bound)))
        .at_most(ratio(took, bound), 1.5),
        Row::new("  calls outside", calls.told()),
        Row::new("  statements", statements.to_string()),
    ])
}
