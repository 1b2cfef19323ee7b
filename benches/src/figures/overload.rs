//! Ten times as many connections as requests that are taken at once.

use crate::load::{Connection, Target, all_good, ask_for, connections, times};
use crate::measure::{median, ms, percentile, ratio};
use crate::report::{Row, Verdict};
use crate::scale::Scale;
use crate::world::World;
use course_seats::demo::Seen;
use course_seats::demo::api::SERVICE_ADMIN;
use hyper::StatusCode;

/// See the module.
pub async fn take(world: &World, scale: Scale) -> Seen<Vec<Row>> {
    let more: Vec<(&'static str, String)> =
        if scale.is_smoke() { vec![("REQUESTS_AT_ONCE", "4".to_owned())] } else { Vec::new() };
    let service = world.serve(&more).await?;
    let limit = u32::try_from(service.config.requests_at_once).unwrap_or(u32::MAX);
    let made = service.course(0).await?;
    let token = service.client.token(SERVICE_ADMIN).await?;
    let target = Target::new(service.url(), format!("/courses/{}", made.course), token);

    let mut some = connections(&target.address, limit).await?;
    let full = ask_for(scale.load(), &mut some, &target).await?;
    all_good(&full)?;
    drop(some);
    let mut all = connections(&target.address, limit * 10).await?;
    let usage = service.process.usage()?;
    let answers = ask_for(scale.load() * 3, &mut all, &target).await?;
    let cpu = service.process.share(usage)?;
    drop(all);
    let mut after = Connection::open(&target.address).await?;
    let again = after.ask(&target).await?;
    let mut then = Vec::new();
    for _ in 0..20 {
        then.push(after.ask(&target).await?);
    }
    all_good(&then)?;
    let then = median(&times(&then, StatusCode::OK));

    let full = times(&full, StatusCode::OK);
    let (taken, refused) =
        (times(&answers, StatusCode::OK), times(&answers, StatusCode::SERVICE_UNAVAILABLE));
    let told = answers
        .iter()
        .filter(|answer| answer.status == StatusCode::SERVICE_UNAVAILABLE)
        .all(|answer| answer.retry_after.is_some());
    let clean = told && taken.len() + refused.len() == answers.len() && !refused.is_empty();
    Ok(vec![
        Row::new(
            format!("{} connections, {limit} requests at once", limit * 10),
            format!(
                "{} × 200, {} × 503 (median {:.0} ms), service {cpu:.2} CPU",
                taken.len(),
                refused.len(),
                ms(median(&refused))
            ),
        )
        .promised("200, or 503 with Retry-After", Verdict::of(clean)),
        Row::new(
            "  latency of the taken",
            format!(
                "median {:.0} ms, 99th {:.0} ms",
                ms(median(&taken)),
                ms(percentile(&taken, 99))
            ),
        )
        .bound(format!(
            "at the limit {:.0} ms, {:.0} ms",
            ms(median(&full)),
            ms(percentile(&full, 99))
        ))
        .at_most(ratio(median(&taken), median(&full)), 2.0),
        Row::new(
            "  right afterwards",
            format!("{} in {:.1} ms, then {:.1} ms each", again.status, ms(again.took), ms(then)),
        )
        .promised(
            "200 at once",
            Verdict::of(again.status == StatusCode::OK && ms(again.took) < 100.0),
        ),
    ])
}
