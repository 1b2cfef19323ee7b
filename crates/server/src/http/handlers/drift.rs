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
    let report = call.run(|app| async move { report_drift(&app).await }).await??;
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
    let done = call.run(|app| async move { repair_drift(&app, &admin.subject).await }).await??;
    ok(DriftRepairOut::from(done))
}
