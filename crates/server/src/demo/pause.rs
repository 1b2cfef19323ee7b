//! Waiting, as a client does it: on the wall clock, never on the clock that the demo turns.

use super::wrong::Wrong;
use std::time::{Duration, Instant};

/// Waits a moment.
#[expect(clippy::disallowed_methods, reason = "a client of the service has no Clock port")]
pub async fn pause(duration: Duration) {
    tokio::time::sleep(duration).await;
}

/// Measures how long something took.
#[derive(Debug, Clone, Copy)]
pub struct Stopwatch(Instant);

impl Stopwatch {
    /// From now on.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "a client of the service has no Clock port")]
    pub fn start() -> Self {
        Self(Instant::now())
    }

    /// How long it was.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        self.0.elapsed()
    }
}

/// Asks again and again until what is seen is as expected.
///
/// # Errors
/// What the question itself fails with, or what was seen last when the limit has passed.
pub async fn until<T, F: Future<Output = Result<T, Wrong>>>(
    limit: Duration,
    question: impl Fn() -> F,
    good: impl Fn(&T) -> Result<(), Wrong>,
) -> Result<T, Wrong> {
    let watch = Stopwatch::start();
    loop {
        let seen = question().await?;
        match good(&seen) {
            Ok(()) => return Ok(seen),
            Err(wrong) if watch.elapsed() > limit => {
                let expected = format!("{}, within {} s", wrong.expected, limit.as_secs());
                return Err(Wrong::new(expected, wrong.seen));
            }
            Err(_) => pause(Duration::from_millis(50)).await,
        }
    }
}
