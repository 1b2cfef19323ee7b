//! Ten times as many connections as requests that are taken at once.

use crate::bound::{Bound, BoundProcess};
use crate::load::{Answered, Connection, Target, all_good, ask_for, ask_once, connections, times};
use crate::measure::{median, ms, percentile, ratio};
use crate::report::{Row, Verdict};
use crate::scale::Scale;
use crate::world::{Process, World};
use course_seats::demo::Seen;
use course_seats::demo::api::SERVICE_ADMIN;
use hyper::StatusCode;
use std::time::Duration;

/// See the module.
pub async fn take(world: &World, scale: Scale) -> Seen<Vec<Row>> {
    let more: Vec<(&'static str, String)> =
        if scale.is_smoke() { vec![("REQUESTS_AT_ONCE", "4".to_owned())] } else { Vec::new() };
    let service = world.serve(&more).await?;
    let limit = u32::try_from(service.config.requests_at_once).unwrap_or(u32::MAX);
    let made = service.course(0).await?;
    let token = service.client.token(SERVICE_ADMIN).await?;
    let bound = BoundProcess::start(&service, made.course).await?;
    let refusal = Target::new(&bound.url, Bound::REFUSAL, token.clone());
    let bound = Crowd::at(&refusal, limit * 10, Duration::ZERO, bound.process).await?;

    let target = Target::new(service.url(), format!("/courses/{}", made.course), token);
    let mut some = connections(&target.address, limit).await?;
    let full = ask_for(scale.load(), &mut some, &target).await?;
    all_good(&full)?;
    drop(some);
    let full = times(&full, StatusCode::OK);
    let work = scale.load().mul_f64(f64::from(limit) / count(&full));
    let seen = Crowd::at(&target, limit * 10, scale.load() * 3, service.process).await?;
    Ok(seen.rows(&bound, limit, &full, work))
}

#[expect(clippy::cast_precision_loss, reason = "some ten thousand answers")]
fn count(answers: &[Duration]) -> f64 {
    answers.len() as f64
}

/// What many connections saw: all asked once at the same moment, went on for a while, coming again as
/// they were told to, fell silent, and were closed.
struct Crowd {
    first: Vec<Answered>,
    later: Vec<Answered>,
    cpu: f64,
    /// The most memory meanwhile, in MB.
    memory: f64,
    /// The next request, while the others are silent.
    silent: Answered,
    /// The next request, while all the others are being closed.
    closing: Answered,
}

impl Crowd {
    async fn at(target: &Target, count: u32, goes_on: Duration, process: Process) -> Seen<Self> {
        let mut all = connections(&target.address, count).await?;
        let usage = process.usage()?;
        let first = ask_once(&mut all, target).await?;
        let later = ask_for(goes_on, &mut all, target).await?;
        let cpu = process.share(usage)?;
        let memory = process.peak()?;
        let silent = Connection::open(&target.address).await?.ask(target).await?;
        drop(all);
        let closing = Connection::open(&target.address).await?.ask(target).await?;
        Ok(Self { first, later, cpu, memory, silent, closing })
    }

    /// `full`: the times of the same requests when there are as many as are taken; `work`: how long
    /// that many take on these cores.
    fn rows(&self, bound: &Self, limit: u32, full: &[Duration], work: Duration) -> Vec<Row> {
        let refused = |answers: &[Answered]| times(answers, StatusCode::SERVICE_UNAVAILABLE);
        let answers = || self.first.iter().chain(&self.later);
        let taken: Vec<Duration> =
            [&self.first, &self.later].map(|some| times(some, StatusCode::OK)).concat();
        let calm = times(&self.later, StatusCode::OK);
        let tail = |times: &[Duration]| percentile(times, 99);
        let other = answers().filter(|answer| answer.status != StatusCode::OK);
        let told = other.clone().all(|answer| {
            answer.status == StatusCode::SERVICE_UNAVAILABLE && answer.retry_after.is_some()
        });
        let others = other.count();
        // All that come are refused but those that are taken, which are answered beside it.
        let burst = (median(&refused(&self.first)), median(&refused(&bound.first)) + work);
        let last = (tail(&refused(&self.first)), tail(&refused(&bound.first)) + work);
        let cpu = self.cpu;
        vec![
            Row::new(
                format!("{} connections, {limit} requests at once", limit * 10),
                format!("{} × 200, {others} × 503, service {cpu:.2} CPU", taken.len()),
            )
            .promised("200, or 503 with Retry-After", Verdict::of(told && others > 0)),
            Row::new("  memory meanwhile", format!("{:.1} MB", self.memory)),
            Row::new(
                "  the 503s when all ask at the same moment",
                format!("median {:.0} ms", ms(burst.0)),
            )
            .bound(format!("refusing all and answering {limit}: {:.0} ms", ms(burst.1)))
            .at_most(ratio(burst.0, burst.1), 2.0),
            Row::new("    the slowest in a hundred", format!("{:.0} ms", ms(last.0)))
                .bound(format!("refusing all and answering {limit}: {:.0} ms", ms(last.1)))
                .at_most(ratio(last.0, last.1), 2.0),
            Row::new("  latency of the taken, median", format!("{:.0} ms", ms(median(&taken))))
                .bound(format!("at the limit {:.0} ms", ms(median(full))))
                .at_most(ratio(median(&taken), median(full)), 2.0),
            Row::new(
                "  the 99th percentile, when the first burst is over",
                format!("{:.0} ms", ms(tail(&calm))),
            )
            .bound(format!("at the limit {:.0} ms", ms(tail(full))))
            .at_most(ratio(tail(&calm), tail(full)), 2.0),
            Row::new(
                "  a request right afterwards, all others silent",
                format!("{} in {:.1} ms", self.silent.status, ms(self.silent.took)),
            )
            .promised(
                "within the latency at the limit",
                Verdict::of(
                    self.silent.status == StatusCode::OK && self.silent.took <= median(full),
                ),
            ),
            Row::new(
                "  while all others are being closed",
                format!("{} in {:.0} ms", self.closing.status, ms(self.closing.took)),
            )
            .bound(format!("a server that only refuses: {:.0} ms", ms(bound.closing.took)))
            .at_most(ratio(self.closing.took, bound.closing.took), 2.0),
        ]
    }
}
