//! Drop: students who are in their projects, in one call.

use super::batch_bound;
use crate::measure::{median, ms, ratio, timed};
use crate::report::Row;
use crate::scale::Scale;
use crate::world::World;
use course_seats::demo::api::{LAB_OWNER, dropped};
use course_seats::demo::{Seen, must};
use uuid::Uuid;

/// For one student: who is in the project, out of it (beside that: out of the lab), the balance, the
/// deplete. The balance comes after the leave: what somebody can still spend is not taken for spent.
pub const CHAIN: u32 = 4;

/// See the module.
pub async fn take(world: &World, scale: Scale) -> Seen<Vec<Row>> {
    let service = world.serve(&[]).await?;
    let count = scale.of(50, 2);
    let mut times = Vec::new();
    let mut last = None;
    for _ in 0..scale.runs(5) {
        let made = service.course(count).await?;
        let seats: Vec<Uuid> =
            service.enrolled(made.course, count, true).await?.iter().map(|it| it.seat).collect();
        service.client.seats(LAB_OWNER, made.course).await?;
        service.until_quiet().await?;
        let before = world.calls().await?;
        let usage = service.process.usage()?;
        let drop = service.client.drop_seats(LAB_OWNER, made.course, &seats);
        let (took, reply) = timed(drop).await?;
        let cpu = service.process.share(usage)?;
        let results = dropped(reply)?;
        must(results.iter().all(|one| one.is_dropped), "that all are dropped", &results)?;
        times.push(took);
        last = Some((world.calls().await?.since(&before), cpu));
    }
    let Some((calls, cpu)) = last else { return Ok(Vec::new()) };
    let (took, bound) = (median(&times), batch_bound(&service, CHAIN, count, &calls));
    Ok(vec![
        Row::new(
            format!("drop {count} in one call"),
            format!("{:.0} ms, service {cpu:.2} CPU", ms(took)),
        )
        .bound(format!("{:.0} ms", ms(bound)))
        .at_most(ratio(took, bound), 1.5),
        Row::new("  calls outside", calls.told()),
    ])
}
