//! `GET /courses/{id}`, against a handler that verifies the token and runs the same query, and one that
//! remembers that it verified it.

use crate::bound::{Bound, BoundProcess};
use crate::load::{Target, all_good, ask_for, connections, times};
use crate::measure::{middle, ms, percentile};
use crate::report::{Row, Verdict};
use crate::scale::Scale;
use crate::world::{Process, Service, World};
use course_seats::demo::Seen;
use course_seats::demo::api::SERVICE_ADMIN;
use hyper::StatusCode;
use uuid::Uuid;

/// How many ask at once.
const AT_ONCE: u32 = 32;

/// See the module.
pub async fn take(world: &World, scale: Scale) -> Seen<Vec<Row>> {
    let service = world.serve(&[]).await?;
    let made = service.course(0).await?;
    let token = service.client.token(SERVICE_ADMIN).await?;
    let bound = BoundProcess::start(&service, made.course).await?;
    let path = format!("/courses/{}", made.course);
    let target = Target::new(service.url(), path, token.clone());
    let only_token = Target::new(&bound.url, Bound::TOKEN, token.clone());
    let with_query = Target::new(&bound.url, Bound::QUERY, token.clone());
    let if_known = Target::new(&bound.url, Bound::KNOWN, token);
    let (mut served, mut bare) = (Vec::new(), Vec::new());
    let (mut query, mut known) = (Vec::new(), Vec::new());
    let (mut tail, mut hot_calls, mut asked, mut cpu) = (Vec::new(), 0, 0, [0.0, 0.0]);
    for _ in 0..scale.runs(3) {
        bare.push(Load::of(&only_token, bound.process, scale).await?.per_second);
        query.push(Load::of(&with_query, bound.process, scale).await?.per_second);
        let load = Load::of(&if_known, bound.process, scale).await?;
        known.push(load.per_second);
        let [_, of_bound] = &mut cpu;
        *of_bound = load.cpu;
        let before = world.calls().await?;
        let load = Load::of(&target, service.process, scale).await?;
        asked += 1;
        hot_calls += world.calls().await?.since(&before).of("");
        served.push(load.per_second);
        tail.push(load.tail);
        let [of_service, _] = &mut cpu;
        *of_service = load.cpu;
    }
    let (served, bare) = (middle(&served), middle(&bare));
    let (query, known) = (middle(&query), middle(&known));
    let [of_service, of_bound] = cpu;
    Ok(vec![
        Row::new(
            "GET /courses/{id}, requests a second",
            format!("{served:.0}, service {of_service:.2} CPU"),
        )
        .bound(format!("{query:.0} (token and query); {bare:.0} (token)"))
        .at_least(served / query, 0.6),
        Row::new("  the same", String::new())
            .bound(format!("{known:.0} (known token and query), {of_bound:.2} CPU"))
            .at_least(served / known, 0.6),
        Row::new("  99th percentile", format!("{:.1} ms", middle(&tail))),
        Row::new(
            format!(
                "  calls outside, {asked} loads of {:.1} s",
                scale.load().as_secs_f64() * 1.125
            ),
            hot_calls.to_string(),
        )
        // An answer about the session counts for AUTH_CACHE_MS: whoever comes next asks once.
        .promised("≤ 1 a load", Verdict::of(hot_calls <= asked)),
    ])
}

/// What a load gave.
struct Load {
    per_second: f64,
    tail: f64,
    cpu: f64,
}

impl Load {
    async fn of(target: &Target, process: Process, scale: Scale) -> Seen<Self> {
        let mut connections = connections(&target.address, AT_ONCE).await?;
        // The first answers open connections and prepare statements.
        let warm = ask_for(scale.load() / 8, &mut connections, target).await?;
        all_good(&warm)?;
        let usage = process.usage()?;
        let answers = ask_for(scale.load(), &mut connections, target).await?;
        let cpu = process.share(usage)?;
        all_good(&answers)?;
        #[expect(clippy::cast_precision_loss, reason = "some thousand answers")]
        let per_second = answers.len() as f64 / scale.load().as_secs_f64();
        let tail = ms(percentile(&times(&answers, StatusCode::OK), 99));
        Ok(Self { per_second, tail, cpu })
    }
}

/// How many reads a second this service answers.
pub async fn served(service: &Service<'_>, course: Uuid, scale: Scale) -> Seen<f64> {
    let token = service.client.token(SERVICE_ADMIN).await?;
    let target = Target::new(service.url(), format!("/courses/{course}"), token);
    Ok(Load::of(&target, service.process, scale).await?.per_second)
}
