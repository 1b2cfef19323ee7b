//! Drift, as operators see it. Only for service admins.

use super::problems::Problems;
use crate::http::call::Call;
use crate::http::error::Answer;
use crate::http::views::{DriftRepairOut, DriftReportOut, ok};
use actix_web::{get, post};
use course_seats_application::use_cases::operations::{repair_drift, report_drift};

/// Compare database, groups and credits
///
/// What open sagas are at work on is left out.
#[utoipa::path(
    tag = "operator",
    operation_id = "report_drift",
    responses((status = 200, description = "What does not fit", body = DriftReportOut), Problems),
)]
#[get("/operator/drift")]
pub async fn report(call: Call) -> Answer {
    call.service_admin().await?;
    let limit = Some(call.state().app.settings.answer_deadline);
    let report = call.run(move |app| async move { report_drift(&app, limit).await }).await??;
    ok(DriftReportOut::from(report))
}

/// Repair what has one right answer
///
/// What would take something away is left until it has been found for `DRIFT_MIN_AGE_MS`.
#[utoipa::path(
    tag = "operator",
    operation_id = "repair_drift",
    responses((status = 200, description = "What was done", body = DriftRepairOut), Problems),
)]
#[post("/operator/drift")]
pub async fn repair(call: Call) -> Answer {
    let admin = call.service_admin().await?;
    let limit = Some(call.state().app.settings.answer_deadline);
    let done = call
        .run(move |app| async move { repair_drift(&app, &admin.subject, limit).await })
        .await??;
    ok(DriftRepairOut::from(done))
}
