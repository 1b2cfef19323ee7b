//! The daily expiry: by schedule, once, whichever replica is first.

use crate::app::{App, finish};
use crate::use_cases::operations::expire_courses;
use chrono::{DateTime, TimeDelta, Utc};
use std::sync::Arc;

const JOB: &str = "expire_courses";

/// How far back a schedule is searched for the run that is due: a day's outage is made up for.
const LOOK_BACK: TimeDelta = TimeDelta::days(8);

/// One round: runs the expiry if the last scheduled run is not done yet.
pub(super) async fn expire_if_due(app: Arc<App>) {
    let app = &app;
    let Some(due) = last_due(app, app.now()) else {
        return;
    };
    let ours = async {
        let mut tx = app.begin().await?;
        let lease = app.settings.lease().max(TimeDelta::minutes(1));
        let result = tx.take_run(JOB, due, lease).await;
        finish(tx, result).await
    }
    .await;
    match ours {
        Ok(true) => {}
        Ok(false) => return,
        Err(error) => {
            tracing::warn!(%error, "the daily run was not taken");
            return;
        }
    }
    let done = async {
        expire_courses(app, "schedule").await?;
        let mut tx = app.begin().await?;
        let result = tx.run_done(JOB, due).await;
        finish(tx, result).await
    }
    .await;
    if let Err(error) = done {
        tracing::warn!(%error, "the daily run is not done; it is taken again");
    }
}

/// The last time before `now` at which the schedule says so.
fn last_due(app: &App, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let local = now.with_timezone(&app.settings.expire_timezone);
    let since = local - LOOK_BACK;
    let schedule = &app.settings.expire_schedule;
    let last = schedule.iter_after(since).take_while(|at| *at <= local).last()?;
    Some(last.with_timezone(&Utc))
}
