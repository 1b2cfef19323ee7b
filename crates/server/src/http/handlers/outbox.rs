//! The outbox, as operators see it. Only for service admins.

use super::problems::{Clash, Missing, Problems};
use super::words::MailStatusWord;
use crate::http::call::Call;
use crate::http::error::Answer;
use crate::http::fields::Fields;
use crate::http::page::{self, Pagination};
use crate::http::parse;
use crate::http::views::{MailList, MailOut, Message, QueuedOut, accepted, ok};
use actix_web::{get, post};
use course_seats_application::ports::store::MailStatus;
use course_seats_application::use_cases::operations::{list_mails, retry_mail};
use course_seats_domain::ids::MailId;

/// List the outbox, newest mail first
#[utoipa::path(
    tag = "operator",
    operation_id = "list_outbox",
    params(
        ("status" = inline(Option<MailStatusWord>), Query, description = "Only those that are there"),
        ("page" = Option<u32>, Query, minimum = 1, description = "Which page"),
        ("page_size" = Option<u32>, Query, minimum = 1, maximum = 1000, description = "Mails a page"),
    ),
    responses((status = 200, description = "The mails", body = MailList), Problems),
)]
#[get("/operator/outbox")]
pub async fn list(call: Call) -> Answer {
    call.service_admin().await?;
    let query = call.query();
    let mut fields = Fields::of_map(&query);
    let status = fields.optional("status", |value| {
        parse::one_of(value, &MailStatus::ALL.map(|status| (status.as_str(), status)))
    });
    let page = page::always(&mut fields);
    let (status, page) = fields.finish((status, page))?;
    let found = call.run(move |app| async move { list_mails(&app, status, page).await }).await??;
    ok(MailList {
        data: found.items.into_iter().map(MailOut::from).collect(),
        pagination: Pagination::of(page, found.total),
    })
}

/// Send a mail now
///
/// One that is queued does not wait for its next try; a dead one is tried as if it were new.
#[utoipa::path(
    tag = "operator",
    operation_id = "retry_mail",
    params(("mail_id" = Uuid, Path, description = "The mail")),
    responses(
        (status = 202, description = "It is due now", body = Message<QueuedOut>),
        Problems, Missing, Clash,
    ),
)]
#[post("/operator/outbox/{mail_id}/retry")]
pub async fn retry(call: Call) -> Answer {
    let admin = call.service_admin().await?;
    let id: MailId = call.id("mail_id")?;
    call.run(move |app| async move { retry_mail(&app, &admin.subject, id).await }).await??;
    accepted("The mail is due now", QueuedOut { id: id.uuid() })
}
