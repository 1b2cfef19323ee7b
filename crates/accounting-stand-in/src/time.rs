//! The one place that reads the time and waits.

use chrono::{DateTime, Utc};
use std::time::Duration;

#[expect(clippy::disallowed_methods, reason = "a process of its own: this is its home of time")]
pub(crate) fn now() -> DateTime<Utc> {
    Utc::now()
}

#[expect(clippy::disallowed_methods, reason = "a process of its own: this is its home of time")]
pub(crate) async fn sleep(duration: Duration) {
    if !duration.is_zero() {
        tokio::time::sleep(duration).await;
    }
}
