//! Drop: students who are in their projects, in one call.

use super::batch_bound;
use crate::measure::{median, ms, ratio, timed};
use crate::report::Row;
use crate::scale::Scale;
use crate::world::{Calls, Service, World};
use course_seats::demo::api::{LAB_OWNER, dropped};
use course_seats::demo::{Seen, must};
use std::time::Duration;
use uuid::Uuid;

/// For one student: who is in the project, out of it (beside that: out of the lab), the balance, the
/// deplete. The balance comes after the leave: what somebody can still spend is not taken for spent.
pub const CHAIN: u32 = 4;

/// What was seen of one drop.
pub struct Dropping {
    pub took: Duration,
    pub calls: Calls,
    /// The share of one CPU that the service had.
    pub cpu: f64,
}

/// One call that drops so many students, in a course of their own.
pub async fn one(service: &Service<'_>, count: u32) -> Seen<Dropping> {
    let made = service.course(count).await?;
    let seats: Vec<Uuid> =
        service.enrolled(made.course, count, true).await?.iter().map(|it| it.seat).collect();
    service.client.seats(LAB_OWNER, made.course).await?;
    service.until_quiet().await?;
    let before = service.world.calls().await?;
    let usage = service.process.usage()?;
    let drop = service.client.drop_seats(LAB_OWNER, made.course, &seats);
    let (took, reply) = timed(drop).await?;
    let cpu = service.process.share(usage)?;
    let results = dropped(reply)?;
    must(results.iter().all(|one| one.is_dropped), "that all are dropped", &results)?;
    Ok(Dropping { took, calls: service.world.calls().await?.since(&before), cpu })
}

/// See the module.
pub async fn take(world: &World, scale: Scale) -> Seen<Vec<Row>> {
    let service = world.serve(&[]).await?;
    let count = scale.of(50, 2);
    let mut seen = Vec::new();
    for _ in 0..scale.runs(5) {
        seen.push(one(&service, count).await?);
    }
    let Some(last) = seen.last() else { return Ok(Vec::new()) };
    let took = median(&seen.iter().map(|one| one.took).collect::<Vec<_>>());
    let bound = batch_bound(&service, CHAIN, count, &last.calls);
    Ok(vec![
        Row::new(
            format!("drop {count} in one call"),
            format!("{:.0} ms, service {:.2} CPU", ms(took), last.cpu),
        )
        .bound(format!("{:.0} ms", ms(bound)))
        .at_most(ratio(took, bound), 1.5),
        Row::new("  calls outside", last.calls.told()),
    ])
}
