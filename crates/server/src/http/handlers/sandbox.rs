//! The sandbox: what it holds, and the handles of a demo. Only there while a sandbox runs, never in
//! production.

use super::problems::TooBig;
use crate::http::call::Call;
use crate::http::error::{Answer, ErrorBody, Failure, code};
use crate::http::fields::Fields;
use crate::http::parse::{self, Parsed};
use crate::http::views::{Time, ok, page};
use actix_web::{HttpResponse, delete, get, post};
use chrono::{DateTime, TimeDelta, Utc};
use course_seats_application::ports::{Clock, PortError};
use course_seats_domain::ids::ProjectId;
use course_seats_domain::values::Credits;
use course_seats_sandbox::Fault;
use rust_decimal::Decimal;
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;
use uuid::Uuid;

/// What the clock is turned to, or by how much: one of the three.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({"advance_days": 11}))]
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
    #[schema(example = "6f0c2f5e-3c55-4a55-9d0c-0a4b4f6c1e01")]
    pub project_id: Uuid,
    /// How many: above 0.
    #[schema(value_type = f64, example = 60)]
    pub amount: String,
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

/// The mailbox of everybody, as a page
#[utoipa::path(
    tag = "sandbox",
    operation_id = "sandbox_mailbox_page",
    security(()),
    responses((status = 200, description = "Newest first", body = String, content_type = "text/html")),
)]
#[get("/sandbox/mailbox")]
pub async fn show_mailbox_page(call: Call) -> Answer {
    let mails = call.state().sandbox.mailbox()?.mailbox_page();
    Ok(page(HttpResponse::Ok().finish(), mails))
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
    ok(call.state().sandbox.mailbox()?.mailbox_json())
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
    ok(call.state().sandbox.accounting()?.accounts_json())
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
    ok(call.state().sandbox.identity()?.groups_json())
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
    ok(ClockOut { now: call.state().sandbox.clock()?.now().into() })
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
    let clock = call.state().sandbox.clock()?;
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
    let faults = call.state().sandbox.faults()?;
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
    let faults = call.state().sandbox.faults()?;
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
    call.state().sandbox.faults()?.clear();
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
    match call.state().sandbox.accounting()?.spend(project, amount) {
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
