use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// For how long a saga is ours, on the monotonic clock: what an adapter checks last, after it has
/// waited for its permit and its token, right before it sends (design §4.7).
#[derive(Debug)]
pub struct Lease {
    until_ms: AtomicU64,
}

impl Lease {
    /// A lease that ends at `until` on the monotonic clock.
    #[must_use]
    pub fn until(until: Duration) -> Self {
        Self { until_ms: AtomicU64::new(millis(until)) }
    }

    /// Renews it.
    pub fn renew(&self, until: Duration) {
        self.until_ms.store(millis(until), Ordering::Release);
    }

    /// Ends it.
    pub fn end(&self) {
        self.until_ms.store(0, Ordering::Release);
    }

    /// Whether it has more left, at `now`, than a call of `needed` may last.
    #[must_use]
    pub fn covers(&self, now: Duration, needed: Duration) -> bool {
        self.until_ms.load(Ordering::Acquire) > millis(now + needed)
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
