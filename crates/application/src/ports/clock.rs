use async_trait::async_trait;
use chrono::{DateTime, Utc};
use std::time::Duration;

/// The source of time, and of waiting.
#[async_trait]
pub trait Clock: Send + Sync {
    /// The time of day, cut to microseconds, so that what is read from a database equals what
    /// was written. A sandbox may turn it.
    fn now(&self) -> DateTime<Utc>;

    /// Time that only ever goes forward and that nobody turns, since some moment in the past.
    fn monotonic(&self) -> Duration;

    /// Waits for so long on the monotonic clock.
    async fn sleep(&self, duration: Duration);
}
