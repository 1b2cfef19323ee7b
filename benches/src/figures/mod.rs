//! The figures, one a file.

mod assign;
mod closing;
mod drops;
mod fairness;
mod growth;
mod limits;
mod lists;
mod memory;
mod overload;
mod reads;
mod starts;

use crate::report::Row;
use crate::scale::Scale;
use crate::world::{Calls, LATENCY, Service, World};
use clap::ValueEnum;
use course_seats::demo::Seen;
use std::time::Duration;

/// What can be measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Figure {
    /// One call that assigns seats.
    Assign,
    /// One call that drops seats.
    Drops,
    /// The daily closing of a course.
    Closing,
    /// Lists of seats.
    Lists,
    /// One small read, many times.
    Reads,
    /// One big request beside small ones.
    Fairness,
    /// Idle, and at work.
    Memory,
    /// From nothing to ready.
    Starts,
    /// More connections than are served.
    Overload,
    /// A database that grows.
    Growth,
    /// Other concurrency limits than the default ones.
    Limits,
}

impl Figure {
    /// The wanted ones, in their order; none named: all but the long one.
    pub fn of(wanted: &[Self]) -> Vec<Self> {
        let all = Self::value_variants().iter().copied();
        match wanted {
            [] => all.filter(|figure| *figure != Self::Limits).collect(),
            wanted => all.filter(|figure| wanted.contains(figure)).collect(),
        }
    }

    /// Takes it.
    pub async fn take(self, world: &World, scale: &Scale) -> Seen<Vec<Row>> {
        world.latency(LATENCY);
        match self {
            Self::Assign => assign::take(world, *scale).await,
            Self::Drops => drops::take(world, *scale).await,
            Self::Closing => closing::take(world, *scale).await,
            Self::Lists => lists::take(world, *scale).await,
            Self::Reads => reads::take(world, *scale).await,
            Self::Fairness => fairness::take(world, *scale).await,
            Self::Memory => memory::take(world, *scale).await,
            Self::Starts => starts::take(world, *scale).await,
            Self::Overload => overload::take(world, *scale).await,
            Self::Growth => growth::take(world, *scale).await,
            Self::Limits => limits::take(world, *scale).await,
        }
    }
}

/// The least time that a batch can take: the larger of its longest chain of dependent calls outside,
/// as often as the batch does not fit into what runs at once, and each system's calls at once.
fn batch_bound(service: &Service<'_>, chain: u32, items: u32, calls: &Calls) -> Duration {
    let at_once = u32::try_from(service.config.rules.batch_concurrency).unwrap_or(u32::MAX);
    let path = LATENCY * chain * items.div_ceil(at_once.max(1));
    #[expect(clippy::cast_precision_loss, reason = "some hundred calls")]
    let system = |system: &str| {
        let share = calls.of(system) as f64 / service.config.outside_concurrency as f64;
        LATENCY.mul_f64(share)
    };
    ["keycloak.", "accounting.", "smtp."].map(system).into_iter().fold(path, Duration::max)
}
