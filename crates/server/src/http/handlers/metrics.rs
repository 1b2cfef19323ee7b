//! What whoever watches the service sees.

use crate::http::call::Call;
use crate::http::error::{Answer, Failure};
use crate::metrics::CONTENT_TYPE;
use actix_web::{HttpResponse, get};
use course_seats_application::use_cases::operations::statistics;
use std::sync::Arc;

/// Numbers for Prometheus
///
/// What this process counts, and what the database holds now; without the latter if it does not
/// answer. Names nobody.
#[utoipa::path(
    tag = "health",
    operation_id = "metrics",
    security(()),
    responses((
        status = 200,
        description = "In the text format of OpenMetrics",
        body = String,
        content_type = "application/openmetrics-text",
    )),
)]
#[get("/metrics")]
pub async fn show(call: Call) -> Answer {
    let asked = async {
        let read = call.run(|app| async move { statistics(&app).await });
        Some(Arc::new(read.await.ok()?.ok()?))
    };
    let state = call.state();
    let statistics = state.statistics.ask(&*state.app.ports().clock, asked).await;
    let page = state.metrics.page(statistics.as_deref(), state.app.now());
    let page = page.map_err(|_| Failure::internal("the metrics cannot be written"))?;
    Ok(HttpResponse::Ok().content_type(CONTENT_TYPE).body(page))
}
