//! Time, entropy and spawning for tests on a real runtime.

use async_trait::async_trait;
use chrono::{DateTime, SubsecRound, Utc};
use course_seats_application::ports::{Clock, Entropy, Lease, Spawner};
use futures::future::BoxFuture;
use std::time::{Duration, Instant};
use uuid::Uuid;

/// The system's own clock.
#[derive(Debug)]
pub struct SystemClock {
    started: Instant,
}

impl Default for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the tests' home of time")]
    fn default() -> Self {
        Self { started: Instant::now() }
    }
}

#[async_trait]
impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the tests' home of time")]
    fn now(&self) -> DateTime<Utc> {
        Utc::now().trunc_subsecs(6)
    }

    fn monotonic(&self) -> Duration {
        self.started.elapsed()
    }

    #[expect(clippy::disallowed_methods, reason = "this is the tests' home of waiting")]
    async fn sleep(&self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }
}

/// Real randomness.
#[derive(Debug, Clone, Copy, Default)]
pub struct RandomEntropy;

impl Entropy for RandomEntropy {
    #[expect(clippy::disallowed_methods, reason = "this is the tests' home of new ids")]
    fn uuid(&self) -> Uuid {
        Uuid::new_v4()
    }

    fn fraction(&self) -> f64 {
        rand::random()
    }
}

/// Spawns on one runtime.
#[derive(Debug, Clone)]
pub struct TokioSpawner(tokio::runtime::Handle);

impl TokioSpawner {
    /// On the runtime that the test runs on.
    ///
    /// # Panics
    /// Outside of one.
    #[must_use]
    pub fn current() -> Self {
        Self(tokio::runtime::Handle::current())
    }
}

impl Spawner for TokioSpawner {
    fn spawn(&self, task: BoxFuture<'static, ()>) {
        self.0.spawn(task);
    }
}

/// A lease that covers every call.
#[must_use]
pub fn long_lease() -> Lease {
    Lease::until(Duration::MAX)
}

/// A lease that covers no call.
#[must_use]
pub fn no_lease() -> Lease {
    Lease::until(Duration::ZERO)
}
