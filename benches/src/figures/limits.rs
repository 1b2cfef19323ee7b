//! Other limits than the default ones, each alone: for choosing the default.

use super::{assign, drops, reads};
use crate::measure::{median, ms};
use crate::report::Row;
use crate::scale::Scale;
use crate::world::{Service, World};
use course_seats::demo::Seen;

/// What limits batches, and what limits reads.
const OF_BATCHES: [(&str, &[u32]); 3] = [
    ("BATCH_CONCURRENCY", &[4, 8, 16, 24, 32, 64]),
    ("OUTSIDE_CONCURRENCY", &[8, 16, 32, 64]),
    ("DATABASE_POOL_SIZE", &[4, 8, 16, 32]),
];
const OF_READS: [(&str, &[u32]); 2] =
    [("DATABASE_POOL_SIZE", &[4, 8, 16, 32]), ("WEB_WORKERS", &[1, 2, 4])];

/// See the module.
pub async fn take(world: &World, scale: Scale) -> Seen<Vec<Row>> {
    let mut rows = Vec::new();
    for (name, values) in OF_BATCHES {
        for value in values.iter().take(scale.runs(values.len())) {
            let service = world.serve(&[(name, value.to_string())]).await?;
            rows.push(Row::new(format!("{name} {value}"), batches(&service, scale).await?));
        }
    }
    for (name, values) in OF_READS {
        for value in values.iter().take(scale.runs(values.len())) {
            let service = world.serve(&[(name, value.to_string())]).await?;
            let made = service.course(0).await?;
            let load = reads::served(&service, made.course, scale).await?;
            rows.push(Row::new(format!("{name} {value}"), format!("{load:.0} reads a second")));
        }
    }
    Ok(rows)
}

async fn batches(service: &Service<'_>, scale: Scale) -> Seen<String> {
    assign::one(service, scale.of(40, 2)).await?;
    let (mut assigns, mut dropped) = (Vec::new(), Vec::new());
    let mut cpu = 0.0;
    for _ in 0..scale.runs(5) {
        let seen = assign::one(service, scale.of(100, 2)).await?;
        assigns.push(seen.took);
        cpu = seen.cpu;
        dropped.push(drops::one(service, scale.of(50, 2)).await?.took);
    }
    let memory = service.process.memory()?;
    Ok(format!(
        "assign {:.0} ms, {cpu:.2} CPU, drop {:.0} ms, {memory:.0} MB",
        ms(median(&assigns)),
        ms(median(&dropped))
    ))
}
