//! The one place of the stand-ins that reads the time and waits.

use chrono::{DateTime, Utc};
use std::time::Duration;

/// Now.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "a process of its own: this is its home of time")]
pub fn now() -> DateTime<Utc> {
    Utc::now()
}

/// Waits so long.
#[expect(clippy::disallowed_methods, reason = "a process of its own: this is its home of time")]
pub async fn sleep(duration: Duration) {
    if !duration.is_zero() {
        tokio::time::sleep(duration).await;
    }
}
