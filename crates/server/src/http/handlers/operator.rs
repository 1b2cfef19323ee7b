//! What operators look at and set going. Only for service admins.

use super::problems::{Clash, Missing, Problems, TooBig};
use super::words::{SagaKindWord, SagaStatusWord};
use crate::http::WantedSagas;
use crate::http::call::Call;
use crate::http::error::{Answer, Failure};
use crate::http::fields::Fields;
use crate::http::page::{self, Pagination};
use crate::http::parse;
use crate::http::views::{
    ExpirySummaryOut, Message, QueuedOut, SagaDetailOut, SagaList, SagaOut, accepted, ok,
};
use actix_web::{get, post};
use course_seats_application::ports::store::SagaFilter;
use course_seats_application::use_cases::operations::{
    expire_courses, get_saga, list_sagas, retry_saga, settle_saga,
};
use course_seats_domain::ids::SagaId;
use course_seats_domain::plans::SagaKind;
use serde::Serialize;
use utoipa::ToSchema;

/// Expire courses now
///
/// What happens every day by itself: courses past their end, and voided ones, are closed.
#[utoipa::path(
    tag = "operator",
    operation_id = "expire_courses",
    responses((status = 200, description = "What it did", body = ExpirySummaryOut), Problems),
)]
#[post("/operator/expire-courses")]
pub async fn expire(call: Call) -> Answer {
    let admin = call.service_admin().await?;
    let summary =
        call.run(|app| async move { expire_courses(&app, &admin.subject).await }).await??;
    ok(ExpirySummaryOut::from(summary))
}

/// List sagas, newest first
#[utoipa::path(
    tag = "operator",
    operation_id = "list_sagas",
    params(
        ("status" = inline(Option<SagaStatusWord>), Query, description = "Only those that are there"),
        ("kind" = inline(Option<SagaKindWord>), Query, description = "Only those of this kind"),
        ("page" = Option<u32>, Query, minimum = 1, description = "Which page"),
        ("page_size" = Option<u32>, Query, minimum = 1, maximum = 1000, description = "Sagas a page"),
    ),
    responses((status = 200, description = "The sagas", body = SagaList), Problems),
)]
#[get("/operator/sagas")]
pub async fn sagas(call: Call) -> Answer {
    call.service_admin().await?;
    let query = call.query();
    let mut fields = Fields::of_map(&query);
    let wanted = fields.optional("status", |value| parse::one_of(value, &WantedSagas::words()));
    let kind = fields.optional("kind", |value| {
        parse::one_of(value, &SagaKind::ALL.map(|kind| (kind.as_str(), kind)))
    });
    let page = page::always(&mut fields);
    let (wanted, kind, page) = fields.finish((wanted, kind, page))?;
    let WantedSagas { status, needs_attention } = wanted.unwrap_or_default();
    let filter = SagaFilter { status, needs_attention, kind };
    let found = call.run(move |app| async move { list_sagas(&app, &filter, page).await }).await??;
    ok(SagaList {
        data: found.items.into_iter().map(SagaOut::from).collect(),
        pagination: Pagination::of(page, found.total),
    })
}

/// Show a saga with its notebook
#[utoipa::path(
    tag = "operator",
    operation_id = "get_saga",
    params(("saga_id" = Uuid, Path, description = "The saga")),
    responses((status = 200, description = "The saga", body = SagaDetailOut), Problems, Missing),
)]
#[get("/operator/sagas/{saga_id}")]
pub async fn saga(call: Call) -> Answer {
    call.service_admin().await?;
    let id: SagaId = call.id("saga_id")?;
    shown(&call, id).await
}

async fn shown(call: &Call, id: SagaId) -> Answer {
    let found = call.run(move |app| async move { get_saga(&app, id).await }).await??;
    let (summary, notebook) =
        found.ok_or_else(|| Failure::not_found(format_args!("Saga {id} not found")))?;
    ok(SagaDetailOut::of(summary, notebook))
}

/// Try a saga again now
///
/// An open saga does not wait for its next try; one that is not tried any more is tried once more.
#[utoipa::path(
    tag = "operator",
    operation_id = "retry_saga",
    params(("saga_id" = Uuid, Path, description = "The saga")),
    responses(
        (status = 202, description = "It is due now", body = Message<QueuedOut>),
        Problems, Missing, Clash,
    ),
)]
#[post("/operator/sagas/{saga_id}/retry")]
pub async fn retry(call: Call) -> Answer {
    let admin = call.service_admin().await?;
    let id: SagaId = call.id("saga_id")?;
    call.run(move |app| async move { retry_saga(&app, &admin.subject, id).await }).await??;
    accepted("The saga is due now", QueuedOut { id: id.uuid() })
}

/// What an operator says about a saga.
#[derive(Serialize, ToSchema)]
pub struct Settling {
    /// Why it is over: kept in the notebook and in the audit log.
    #[schema(min_length = 1, max_length = 1000, example = "Checked in the books: it was granted")]
    pub reason: String,
}

/// Say that a saga is over which nobody can decide
///
/// Only of one that needs attention. An open one is closed as it stands if it is about a template's
/// grant that nobody can tell; of a closed one the call for attention ends. Nothing else is changed:
/// no seat, no enrolment, no credits.
#[utoipa::path(
    tag = "operator",
    operation_id = "settle_saga",
    params(("saga_id" = Uuid, Path, description = "The saga")),
    request_body = Settling,
    responses(
        (status = 200, description = "The saga", body = SagaDetailOut),
        Problems, Missing, Clash, TooBig,
    ),
)]
#[post("/operator/sagas/{saga_id}/settle")]
pub async fn settle(mut call: Call) -> Answer {
    let admin = call.service_admin().await?;
    let id: SagaId = call.id("saga_id")?;
    let reason = call.body(|mut body| {
        let reason = body.required("reason", parse::reason);
        body.finish(reason)
    });
    let reason = reason.await?;
    let settled =
        call.run(move |app| async move { settle_saga(&app, &admin.subject, id, &reason).await });
    settled.await??;
    shown(&call, id).await
}
