//! Drift: looked for now and then, by one replica. By itself only credits are taken back that
//! nobody should hold; the rest waits for an operator.

use super::job::once_for_all;
use crate::app::App;
use crate::settings::delta;
use crate::use_cases::operations::take_credits_back;
use chrono::{DateTime, Utc};
use futures::FutureExt;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

const JOB: &str = "drift";

/// Until the service is stopped.
pub(super) async fn look_now_and_then(app: Arc<App>) {
    loop {
        app.rest(app.settings.drift_interval).await;
        if app.is_shutting_down() {
            return;
        }
        if AssertUnwindSafe(look(&app)).catch_unwind().await.is_err() {
            tracing::error!("looking for drift panicked; it goes on with its next round");
        }
    }
}

/// One round, if no other replica has it or has done it.
async fn look(app: &App) {
    let due = this_round(app);
    let interval = delta(app.settings.drift_interval);
    // One that dies on the way is made up for by the next round.
    once_for_all(app, JOB, due, interval, async {
        match take_credits_back(app, JOB).await {
            Ok(done) => tracing::info!(
                left = done.left.len(),
                credits_taken_back = done.repaired.len(),
                unread = done.unread,
                "looked for drift"
            ),
            Err(error) => tracing::warn!(%error, "drift was not looked for"),
        }
        Ok(())
    })
    .await;
}

/// Rounds are counted from the same moment by all replicas.
fn this_round(app: &App) -> DateTime<Utc> {
    let now = app.now();
    let interval = delta(app.settings.drift_interval).num_milliseconds().max(1);
    let begun = now.timestamp_millis().div_euclid(interval) * interval;
    DateTime::from_timestamp_millis(begun).unwrap_or(now)
}
