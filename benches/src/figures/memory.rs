//! Memory, idle and at work.

use crate::load::{Target, all_good, ask_for, connections};
use crate::report::{Row, Verdict};
use crate::scale::Scale;
use crate::world::{Into, World, fill};
use course_seats::demo::api::{LAB_OWNER, SERVICE_ADMIN};
use course_seats::demo::{Seen, pause};
use futures::future::try_join;
use std::time::Duration;

const IDLE: f64 = 40.0;
const AT_WORK: f64 = 150.0;

/// See the module.
pub async fn take(world: &World, scale: Scale) -> Seen<Vec<Row>> {
    let service = world.serve(&[]).await?;
    // A few rounds of the reconcilers.
    pause(if scale.is_smoke() { Duration::from_millis(100) } else { Duration::from_secs(12) })
        .await;
    let fresh = service.process.memory()?;
    let made = service.course(0).await?;
    fill(&service.database, &Into::This(&made), scale.of(1000, 100), scale.of(500, 50));
    let half = scale.of(100, 4);
    let admin = service.client.token(SERVICE_ADMIN).await?;
    let owner = service.client.token(LAB_OWNER).await?;
    let course = Target::new(service.url(), format!("/courses/{}", made.course), admin);
    let page = format!("/seats/courses/{}?page=1&page_size=100", made.course);
    let page = Target::new(service.url(), page, owner);
    let mut small = connections(&course.address, half).await?;
    let mut large = connections(&page.address, half).await?;
    service.process.forget_peak()?;
    let (courses, pages) = try_join(
        ask_for(scale.load(), &mut small, &course),
        ask_for(scale.load(), &mut large, &page),
    )
    .await?;
    let peak = service.process.peak()?;
    all_good(&courses)?;
    all_good(&pages)?;
    let answers = courses.len() + pages.len();
    let afterwards = service.process.memory()?;
    Ok(vec![
        Row::new("memory, idle", format!("{fresh:.1} MB"))
            .promised(format!("< {IDLE} MB"), Verdict::of(fresh < IDLE)),
        Row::new(
            format!("memory, {} requests at once", half * 2),
            format!("{peak:.1} MB at most, over {answers} answers; {afterwards:.1} MB afterwards"),
        )
        .promised(format!("< {AT_WORK} MB"), Verdict::of(peak < AT_WORK)),
    ])
}
