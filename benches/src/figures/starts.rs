//! From the start of the process until it is ready, and the size of what is started.

use crate::binary;
use crate::measure::{median, ms};
use crate::report::{Row, Verdict};
use crate::scale::Scale;
use crate::world::World;
use course_seats::demo::Seen;

const LIMIT_MS: f64 = 300.0;

/// See the module.
pub async fn take(world: &World, scale: Scale) -> Seen<Vec<Row>> {
    let mut times = Vec::new();
    for _ in 0..scale.runs(7) {
        times.push(world.serve(&[]).await?.started_in);
    }
    let took = ms(median(&times));
    #[expect(clippy::cast_precision_loss, reason = "some million bytes")]
    let size = binary::size(&world.binary)? as f64 / 1e6;
    Ok(vec![
        Row::new("start until ready, migrations done", format!("{took:.0} ms"))
            .promised(format!("< {LIMIT_MS} ms"), Verdict::of(took < LIMIT_MS)),
        Row::new("size of the binary", format!("{size:.1} MB")),
    ])
}
