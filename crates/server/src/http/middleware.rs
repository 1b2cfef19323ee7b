//! What happens around every request: CORS, the drain, the crowd, panics, the log line.

use super::crowd::{Full, Guest};
use super::error::Failure;
use super::state::State;
use crate::config::Cors;
use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::error::InternalError;
use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use actix_web::http::{Method, StatusCode};
use actix_web::middleware::Next;
use actix_web::{HttpResponse, ResponseError, web};
use futures::FutureExt;
use std::panic::AssertUnwindSafe;

const ALLOWED_METHODS: &str = "GET, POST, PATCH, DELETE, OPTIONS";
const ALLOWED_HEADERS: &str = "authorization, content-type, idempotency-key, prefer";
const EXPOSED_HEADERS: &str = "location, preference-applied, retry-after";

/// Goes around every request.
///
/// # Errors
/// 500 if a handler panicked.
pub async fn around(
    mut request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    let Some(state) = request.app_data::<web::Data<State>>().cloned() else {
        return Err(Failure::internal("the server was wired without its state").into());
    };
    let began = state.app.ports().clock.monotonic();
    let method = request.method().clone();
    let origin = request.headers().get(header::ORIGIN).cloned();
    if method == Method::HEAD && asks_for_health(&state, &request) {
        // As GET, for load balancers that ask so. What sends the answer knows the method from the
        // wire, and leaves the body out.
        request.head_mut().method = Method::GET;
    }
    let answered = if is_preflight(&request) {
        let allowed = origin.as_ref().is_some_and(|origin| allows(&state.cors, origin));
        Ok(request.into_response(preflight(allowed)))
    } else if state.app.is_shutting_down() && !method.is_safe() {
        Ok(request.into_response(stopping().error_response()))
    } else {
        match place(&state, &request) {
            Ok(_place) => match AssertUnwindSafe(next.call(request)).catch_unwind().await {
                Ok(answered) => answered.map(ServiceResponse::map_into_boxed_body),
                Err(_) => Err(Failure::internal("a handler panicked").into()),
            },
            Err(full) => Ok(request.into_response(too_many(full).error_response())),
        }
    };
    let finish = |headers: &mut HeaderMap, route: &str, status| {
        add_cors(headers, &state.cors, origin.as_ref());
        headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        let took = state.app.ports().clock.monotonic().saturating_sub(began);
        state.metrics.answered(&method, route, status, took);
        log(&method, route, status, took.as_millis());
    };
    match answered {
        Ok(mut response) => {
            let pattern = response.request().match_pattern();
            let status = response.status();
            finish(response.headers_mut(), pattern.as_deref().unwrap_or("-"), status);
            Ok(response)
        }
        // The request went with the handler, and its route with it.
        Err(error) => {
            let mut response = error.error_response();
            let status = response.status();
            finish(response.headers_mut(), "-", status);
            Err(InternalError::from_response(error, response).into())
        }
    }
}

/// One line a request: the route, never the path or the query, which may hold tokens.
fn log(method: &Method, route: &str, status: StatusCode, took_ms: u128) {
    let status = status.as_u16();
    match route {
        // Asked every few seconds by machines.
        route if route.contains("/health") || route.ends_with("/metrics") => {
            tracing::debug!(%method, route, status, took_ms, "request");
        }
        route => tracing::info!(%method, route, status, took_ms, "request"),
    }
}

/// A place among those that are answered at once. Who watches the service needs none: a busy service
/// is a live one.
fn place<'s>(state: &'s State, request: &ServiceRequest) -> Result<Option<Guest<'s>>, Full> {
    let watches = state.below_base(request.path()) == "/metrics" || asks_for_health(state, request);
    if watches { Ok(None) } else { state.crowd.enter().map(Some) }
}

fn asks_for_health(state: &State, request: &ServiceRequest) -> bool {
    state.below_base(request.path()).starts_with("/health")
}

fn too_many(full: Full) -> Failure {
    Failure::unavailable_because("Too many requests are being answered; please try again")
        .retry_after(full.come_again_after)
}

fn stopping() -> Failure {
    Failure::unavailable_because("The service is being stopped; please try again")
}

fn is_preflight(request: &ServiceRequest) -> bool {
    request.method() == Method::OPTIONS
        && request.headers().contains_key(header::ORIGIN)
        && request.headers().contains_key(header::ACCESS_CONTROL_REQUEST_METHOD)
}

fn preflight(allowed: bool) -> HttpResponse {
    if !allowed {
        return HttpResponse::Forbidden().finish();
    }
    HttpResponse::NoContent()
        .insert_header((header::ACCESS_CONTROL_ALLOW_METHODS, ALLOWED_METHODS))
        .insert_header((header::ACCESS_CONTROL_ALLOW_HEADERS, ALLOWED_HEADERS))
        .insert_header((header::ACCESS_CONTROL_MAX_AGE, "600"))
        .finish()
}

fn allows(cors: &Cors, origin: &HeaderValue) -> bool {
    origin.to_str().is_ok_and(|origin| cors.allows(origin))
}

fn add_cors(headers: &mut HeaderMap, cors: &Cors, origin: Option<&HeaderValue>) {
    let mut add = |name: HeaderName, value: HeaderValue| {
        headers.insert(name, value);
    };
    add(header::VARY, HeaderValue::from_static("origin"));
    if let Some(origin) = origin.filter(|origin| allows(cors, origin)) {
        add(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
        add(header::ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true"));
        add(header::ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static(EXPOSED_HEADERS));
    }
}
