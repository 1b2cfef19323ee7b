//! The sandbox: what the systems outside would speak, and the handles of a demo. Only there while
//! a sandbox runs, never in production.

use super::problems::TooBig;
use crate::http::call::Call;
use crate::http::error::{Answer, ErrorBody, Failure, code};
use crate::http::fields::Fields;
use crate::http::parse::{self, Parsed};
use crate::http::views::{Time, ok};
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, delete, get, post};
use chrono::{DateTime, TimeDelta, Utc};
use course_seats_application::ports::{Clock, PortError};
use course_seats_domain::ids::ProjectId;
use course_seats_domain::values::Credits;
use course_seats_sandbox::{Fault, OAuthError, TokenRequest};
use rust_decimal::Decimal;
use secrecy::SecretString;
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;
use uuid::Uuid;

/// What the clock is turned to, or by how much: one of the three.
#[derive(Serialize, ToSchema)]
pub struct TurnClock {
    /// To this time.
    pub at: Option<DateTime<Utc>>,
    /// By so many days.
    pub advance_days: Option<i64>,
    /// By so many seconds.
    pub advance_seconds: Option<i64>,
}

/// What the clock shows.
#[derive(Serialize, ToSchema)]
pub struct ClockOut {
    /// The time.
    pub now: Time,
}

/// Credits that a job uses.
#[derive(Serialize, ToSchema)]
pub struct Spend {
    /// Whose.
    pub project_id: Uuid,
    /// How many: above 0.
    #[schema(value_type = f64, example = 60)]
    pub amount: String,
}

/// The form that a client posts to sign in.
#[derive(Serialize, ToSchema)]
pub struct TokenForm {
    /// `password` or `refresh_token`.
    #[schema(example = "password")]
    pub grant_type: String,
    /// `obpapp`.
    #[schema(example = "obpapp")]
    pub client_id: String,
    /// Such as `faculty`.
    #[schema(example = "faculty")]
    pub username: Option<String>,
    /// `sandbox`.
    #[schema(example = "sandbox")]
    pub password: Option<String>,
    /// What an earlier answer gave.
    pub refresh_token: Option<String>,
}

/// A fault that waits for its call.
#[derive(Serialize, ToSchema)]
pub struct FaultIn {
    /// `identity`, `accounting` or `mail`.
    #[schema(example = "accounting")]
    pub system: String,
    /// Which call, such as `grant`; absent: any write.
    #[schema(example = "grant")]
    pub operation: Option<String>,
    /// `refuse`, `reject`, `lose_answer`, `late`, `server_error`, `garbage` or `not_found`.
    #[schema(example = "lose_answer")]
    pub kind: String,
    /// How many such calls go well before.
    #[schema(required = false, default = 0)]
    pub after: u32,
    /// How many then go wrong.
    #[schema(required = false, default = 1)]
    pub times: u32,
    /// How much later a late one happens.
    #[schema(required = false, default = 1000)]
    pub late_ms: u64,
}

/// OpenID Connect: discovery
#[utoipa::path(
    tag = "sandbox",
    operation_id = "sandbox_discovery",
    security(()),
    responses((status = 200, description = "The discovery document", body = Object)),
)]
#[get("/sandbox/realms/obp-realm/.well-known/openid-configuration")]
pub async fn show_discovery(call: Call) -> Answer {
    ok(call.state().sandbox.systems.identity.discovery())
}

/// OpenID Connect: the published keys
#[utoipa::path(
    tag = "sandbox",
    operation_id = "sandbox_certs",
    security(()),
    responses((status = 200, description = "The keys", body = Object)),
)]
#[get("/sandbox/realms/obp-realm/protocol/openid-connect/certs")]
pub async fn show_certs(call: Call) -> Answer {
    ok(call.state().sandbox.systems.identity.jwks())
}

/// OpenID Connect: sign in
#[utoipa::path(
    tag = "sandbox",
    operation_id = "sandbox_token",
    security(()),
    request_body(content = TokenForm, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 200, description = "A token", body = Object),
        (status = 400, description = "Not a request for a token", body = ErrorBody),
        (status = 401, description = "Nobody of that name and password", body = ErrorBody),
        TooBig,
    ),
)]
#[post("/sandbox/realms/obp-realm/protocol/openid-connect/token")]
pub async fn issue_token(mut call: Call) -> Answer {
    let form = form(&mut call).await?;
    let secret = |name| field(&form, name).map(SecretString::from);
    let request = TokenRequest {
        grant_type: field(&form, "grant_type"),
        client_id: field(&form, "client_id"),
        username: field(&form, "username"),
        password: secret("password"),
        refresh_token: secret("refresh_token"),
    };
    match call.state().sandbox.systems.identity.token(&request) {
        Ok(token) => ok(token),
        Err(error) => oauth(&error),
    }
}

/// OpenID Connect: who holds this token
#[utoipa::path(
    tag = "sandbox",
    operation_id = "sandbox_userinfo",
    responses(
        (status = 200, description = "Who", body = Object),
        (status = 401, description = "Nobody", body = ErrorBody),
    ),
)]
#[get("/sandbox/realms/obp-realm/protocol/openid-connect/userinfo")]
pub async fn show_userinfo(call: Call) -> Answer {
    let token = call.bearer().unwrap_or_default();
    match call.state().sandbox.systems.identity.userinfo(token) {
        Ok(who) => ok(who),
        Err(error) => oauth(&error),
    }
}

/// OpenID Connect: sign out
///
/// With the refresh token in the form, or the access token as bearer.
#[utoipa::path(
    tag = "sandbox",
    operation_id = "sandbox_logout",
    request_body(content = TokenForm, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 204, description = "Signed out"),
        (status = 400, description = "No token of ours", body = ErrorBody),
        TooBig,
    ),
)]
#[post("/sandbox/realms/obp-realm/protocol/openid-connect/logout")]
pub async fn end_session(mut call: Call) -> Answer {
    let form = form(&mut call).await?;
    let token = field(&form, "refresh_token").or_else(|| call.bearer().map(str::to_owned));
    match call.state().sandbox.systems.identity.logout(&token.unwrap_or_default()) {
        Ok(()) => Ok(HttpResponse::NoContent().finish()),
        Err(error) => oauth(&error),
    }
}

/// The mailbox of everybody, as a page
#[utoipa::path(
    tag = "sandbox",
    operation_id = "sandbox_mailbox_page",
    security(()),
    responses((status = 200, description = "Newest first", body = String, content_type = "text/html")),
)]
#[get("/sandbox/mailbox")]
pub async fn show_mailbox_page(call: Call) -> Answer {
    let page = call.state().sandbox.systems.mailbox.mailbox_page();
    Ok(HttpResponse::Ok().content_type("text/html; charset=utf-8").body(page))
}

/// The mailbox of everybody
#[utoipa::path(
    tag = "sandbox",
    operation_id = "sandbox_mailbox",
    security(()),
    responses((status = 200, description = "Newest first", body = Object)),
)]
#[get("/sandbox/mailbox.json")]
pub async fn show_mailbox(call: Call) -> Answer {
    ok(call.state().sandbox.systems.mailbox.mailbox_json())
}

/// The accounts and their journal
#[utoipa::path(
    tag = "sandbox",
    operation_id = "sandbox_accounts",
    security(()),
    responses((status = 200, description = "The accounts", body = Object)),
)]
#[get("/sandbox/accounts.json")]
pub async fn show_accounts(call: Call) -> Answer {
    ok(call.state().sandbox.systems.accounting.accounts_json())
}

/// The groups with their members
#[utoipa::path(
    tag = "sandbox",
    operation_id = "sandbox_groups",
    security(()),
    responses((status = 200, description = "The groups", body = Object)),
)]
#[get("/sandbox/groups.json")]
pub async fn show_groups(call: Call) -> Answer {
    ok(call.state().sandbox.systems.identity.groups_json())
}

/// What the clock shows
#[utoipa::path(
    tag = "sandbox",
    operation_id = "sandbox_clock",
    security(()),
    responses((status = 200, description = "The time", body = ClockOut)),
)]
#[get("/sandbox/clock")]
pub async fn show_clock(call: Call) -> Answer {
    ok(ClockOut { now: call.state().sandbox.clock.now().into() })
}

/// Turn the clock that everything embedded lives by
#[utoipa::path(
    tag = "sandbox",
    operation_id = "sandbox_turn_clock",
    security(()),
    request_body = TurnClock,
    responses(
        (status = 200, description = "What it shows now", body = ClockOut),
        (status = 422, description = "It does not go there", body = ErrorBody),
        TooBig,
    ),
)]
#[post("/sandbox/clock")]
pub async fn turn_clock(mut call: Call) -> Answer {
    let turn = call.body(read_turn).await?;
    let clock = &call.state().sandbox.clock;
    let turned = match turn {
        Turn::To(at) => clock.set(at),
        Turn::By(by) => clock.advance(by),
    };
    let now = turned.map_err(|error| Failure::invalid_field("at", error.to_string()))?;
    // What is due at the new time is done now, not at the next round.
    call.state().app.wake_reconcilers();
    ok(ClockOut { now: now.into() })
}

enum Turn {
    To(DateTime<Utc>),
    By(TimeDelta),
}

fn read_turn(mut body: Fields<'_>) -> Result<Turn, Failure> {
    let at = body.optional("at", parse::time);
    let days = body.optional("advance_days", |value| delta(value, TimeDelta::try_days));
    let seconds = body.optional("advance_seconds", |value| delta(value, TimeDelta::try_seconds));
    let turn = match (at.flatten(), days.flatten(), seconds.flatten()) {
        (Some(at), None, None) => Some(Turn::To(at)),
        (None, Some(by), None) | (None, None, Some(by)) => Some(Turn::By(by)),
        _ => body.fault("at", "One of at, advance_days and advance_seconds is required"),
    };
    body.finish(turn)
}

fn delta(value: &Value, unit: fn(i64) -> Option<TimeDelta>) -> Parsed<TimeDelta> {
    unit(parse::integer(value)?).ok_or_else(|| "Input is too far away".to_owned())
}

/// The faults that wait
#[utoipa::path(
    tag = "sandbox",
    operation_id = "sandbox_faults",
    security(()),
    responses((status = 200, description = "The faults", body = Object)),
)]
#[get("/sandbox/faults")]
pub async fn list_faults(call: Call) -> Answer {
    let faults = &call.state().sandbox.systems.faults;
    ok(json!({ "faults": faults.list(), "latency_ms": millis(faults.latency()) }))
}

/// Let a call to a system outside go wrong
#[utoipa::path(
    tag = "sandbox",
    operation_id = "sandbox_inject_fault",
    security(()),
    request_body = FaultIn,
    responses(
        (status = 200, description = "The faults that wait now", body = Object),
        (status = 422, description = "No such fault", body = ErrorBody),
        TooBig,
    ),
)]
#[post("/sandbox/faults")]
pub async fn inject_fault(mut call: Call) -> Answer {
    let fault = call
        .body(|mut body| {
            let fault = body.whole(|object| {
                serde_json::from_value::<Fault>(object).map_err(|error| error.to_string())
            });
            body.finish(fault)
        })
        .await?;
    let faults = &call.state().sandbox.systems.faults;
    faults.inject(fault).map_err(|error| Failure::invalid_field("fault", error.to_string()))?;
    ok(json!({ "faults": faults.list(), "latency_ms": millis(faults.latency()) }))
}

/// Forget all faults
#[utoipa::path(
    tag = "sandbox",
    operation_id = "sandbox_clear_faults",
    security(()),
    responses((status = 204, description = "None waits")),
)]
#[delete("/sandbox/faults")]
pub async fn clear_faults(call: Call) -> Answer {
    call.state().sandbox.systems.faults.clear();
    Ok(HttpResponse::NoContent().finish())
}

/// Let a job use credits of a project
#[utoipa::path(
    tag = "sandbox",
    operation_id = "sandbox_spend",
    security(()),
    request_body = Spend,
    responses(
        (status = 204, description = "Spent"),
        (status = 404, description = "No such project", body = ErrorBody),
        (status = 409, description = "It has too few", body = ErrorBody),
        (status = 422, description = "That is no amount", body = ErrorBody),
        TooBig,
    ),
)]
#[post("/sandbox/spend")]
pub async fn spend_credits(mut call: Call) -> Answer {
    let read = call.body(|mut body| {
        let project = body.required("project_id", parse::id::<ProjectId>);
        let amount = body.required("amount", amount);
        body.finish((project, amount))
    });
    let (project, amount) = read.await?;
    match call.state().sandbox.systems.accounting.spend(project, amount) {
        Ok(()) => Ok(HttpResponse::NoContent().finish()),
        Err(PortError::NotFound) => {
            Err(Failure::not_found(format_args!("Project {project} has no account")))
        }
        Err(PortError::Rejected(why)) => Err(Failure::conflict(code::INVALID_REQUEST, why)),
        Err(error) => Err(error.into()),
    }
}

fn amount(value: &Value) -> Parsed<Credits> {
    let text = match value {
        Value::Number(number) => number.to_string(),
        Value::String(text) => text.trim().to_owned(),
        _ => String::new(),
    };
    let amount = text.parse::<Decimal>().or_else(|_| Decimal::from_scientific(&text));
    match amount.ok().and_then(|amount| Credits::try_from(amount).ok()) {
        Some(amount) if !amount.is_zero() && amount.amount() <= Decimal::from(u32::MAX) => {
            Ok(amount)
        }
        _ => Err("Input should be a number greater than 0".into()),
    }
}

fn millis(duration: std::time::Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

async fn form(call: &mut Call) -> Result<Vec<(String, String)>, Failure> {
    let bytes = call.bytes().await?;
    Ok(url::form_urlencoded::parse(&bytes).into_owned().collect())
}

fn field(form: &[(String, String)], wanted: &str) -> Option<String> {
    form.iter().find(|(name, _)| name == wanted).map(|(_, value)| value.clone())
}

/// What OAuth says, within our error body: a client of either finds what it looks for.
fn oauth(error: &OAuthError) -> Answer {
    let status = StatusCode::from_u16(error.status).unwrap_or(StatusCode::BAD_REQUEST);
    let mut body = json!({
        "error_code": code::AUTHORIZATION_ERROR,
        "message": error.description,
        "details": null,
        "data": null,
    });
    if let (Value::Object(body), Value::Object(theirs)) = (&mut body, error.to_json()) {
        body.extend(theirs);
    }
    Ok(HttpResponse::build(status).json(body))
}
