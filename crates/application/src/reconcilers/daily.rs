//! The daily expiry: by schedule, once, whichever replica is first.

use super::job::once_for_all;
use crate::app::App;
use crate::use_cases::operations::expire_courses;
use chrono::{DateTime, TimeDelta, Utc};
use std::sync::Arc;

const JOB: &str = "expire_courses";

/// One round: runs the expiry if the last scheduled run is not done yet.
pub(super) async fn expire_if_due(app: Arc<App>) {
    let app = &app;
    let Some(due) = last_due(app, app.now()) else {
        return;
    };
    let lease = app.settings.lease().max(TimeDelta::minutes(1));
    let expire = async { expire_courses(app, "schedule").await.map(drop) };
    once_for_all(app, JOB, due, lease, expire).await;
}

/// The last time before `now` at which the schedule says so.
fn last_due(app: &App, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let local = now.with_timezone(&app.settings.expire_timezone);
    // A schedule that never was due has no last time.
    let last = app.settings.expire_schedule.find_previous_occurrence(&local, true).ok()?;
    Some(last.with_timezone(&Utc))
}
