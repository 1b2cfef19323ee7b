//! Whether it lives, and whether it can work.

use crate::http::call::Call;
use crate::http::error::{Answer, RETRY_AFTER_SECONDS};
use crate::http::views::ok;
use actix_web::http::{StatusCode, header};
use actix_web::{HttpResponse, get};
use serde::Serialize;
use utoipa::ToSchema;

/// That it is there.
#[derive(Serialize, ToSchema)]
pub struct Alive {
    /// `alive`.
    pub status: &'static str,
}

/// Whether it can work.
#[derive(Serialize, ToSchema)]
pub struct Readiness {
    /// `ready`, `not_ready` or `stopping`.
    pub status: &'static str,
    /// Whether the database answers and its migrations are applied.
    pub database: bool,
    /// Whether the identity provider answers.
    pub identity_provider: bool,
}

/// Say that it is there
#[utoipa::path(
    tag = "health",
    operation_id = "health",
    security(()),
    responses((status = 200, description = "`\"OK\"`", body = String)),
)]
#[get("/health")]
pub async fn health() -> Answer {
    ok("OK")
}

/// Say that the process lives
#[utoipa::path(
    tag = "health",
    operation_id = "health_live",
    security(()),
    responses((status = 200, description = "It lives", body = Alive)),
)]
#[get("/health/live")]
pub async fn live() -> Answer {
    ok(Alive { status: "alive" })
}

/// Say whether it can work
#[utoipa::path(
    tag = "health",
    operation_id = "health_ready",
    security(()),
    responses(
        (status = 200, description = "It can", body = Readiness),
        (status = 503, description = "It cannot now, or is being stopped", body = Readiness),
    ),
)]
#[get("/health/ready")]
pub async fn ready(call: Call) -> Answer {
    let asked = async {
        let ready = call.run(|app| async move {
            let ports = app.ports();
            let (store, identity) = futures::join!(ports.store.ready(), ports.identity.ready());
            (store.is_ok(), identity.is_ok())
        });
        ready.await.unwrap_or_default()
    };
    let state = call.state();
    let (database, identity_provider) = state.readiness.ask(&*state.app.ports().clock, asked).await;
    let (code, status) = match (state.app.is_shutting_down(), database && identity_provider) {
        (true, _) => (StatusCode::SERVICE_UNAVAILABLE, "stopping"),
        (false, true) => (StatusCode::OK, "ready"),
        (false, false) => (StatusCode::SERVICE_UNAVAILABLE, "not_ready"),
    };
    let mut response = HttpResponse::build(code);
    if code == StatusCode::SERVICE_UNAVAILABLE {
        response.insert_header((header::RETRY_AFTER, RETRY_AFTER_SECONDS.to_string()));
    }
    Ok(response.json(Readiness { status, database, identity_provider }))
}
