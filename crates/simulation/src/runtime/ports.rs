use super::executor::{ProcessId, Runtime};
use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use course_seats_application::ports::{Clock, Entropy, Spawner};
use futures::future::BoxFuture;
use std::time::Duration;
use uuid::Uuid;

/// When every simulation begins: 08:00 UTC on 1 March 2027.
const START: i64 = 1_803_888_000;

/// Simulated time, as one process sees it: clocks differ a little.
#[derive(Clone)]
pub struct SimClock {
    runtime: Runtime,
    skew: TimeDelta,
}

impl SimClock {
    /// A clock that is off by `skew`.
    #[must_use]
    pub fn new(runtime: Runtime, skew: TimeDelta) -> Self {
        Self { runtime, skew }
    }
}

#[async_trait]
impl Clock for SimClock {
    fn now(&self) -> DateTime<Utc> {
        let since = TimeDelta::from_std(self.runtime.now()).unwrap_or(TimeDelta::MAX);
        DateTime::from_timestamp(START, 0).unwrap_or_default() + since + self.skew
    }

    fn monotonic(&self) -> Duration {
        self.runtime.now()
    }

    async fn sleep(&self, duration: Duration) {
        // Whole microseconds, as times are stored; rounded up, or who waits for a moment would come
        // before it, again and again.
        let micros = u64::try_from(duration.as_nanos().div_ceil(1000)).unwrap_or(u64::MAX >> 1);
        self.runtime.sleep(Duration::from_micros(micros)).await;
    }
}

/// New ids and jitter from the seed.
#[derive(Clone)]
pub struct SimEntropy(Runtime);

impl SimEntropy {
    /// From this executor's dice.
    #[must_use]
    pub fn new(runtime: Runtime) -> Self {
        Self(runtime)
    }
}

impl Entropy for SimEntropy {
    fn uuid(&self) -> Uuid {
        self.0.dice(|dice| Uuid::from_u64_pair(dice.roll(), dice.roll()))
    }

    fn fraction(&self) -> f64 {
        self.0.dice(crate::dice::Dice::fraction)
    }
}

/// Spawns tasks of one process.
#[derive(Clone)]
pub struct SimSpawner {
    runtime: Runtime,
    process: ProcessId,
}

impl SimSpawner {
    /// For this process.
    #[must_use]
    pub fn new(runtime: Runtime, process: ProcessId) -> Self {
        Self { runtime, process }
    }
}

impl Spawner for SimSpawner {
    fn spawn(&self, task: BoxFuture<'static, ()>) {
        self.runtime.spawn(self.process, task);
    }
}
