//! Enrolments: what a student does, and what the admins of a course see.

use super::problems::{Clash, Missing, Problems, TooBig, TooSoon};
use super::words::EnrolmentStateWord;
use crate::http::call::Call;
use crate::http::error::Answer;
use crate::http::fields::Fields;
use crate::http::headers::OnceHeader;
use crate::http::page;
use crate::http::parse;
use crate::http::views::{
    ActivateResponse, ClaimResponse, EnrolmentList, Message, QueuedOut, accepted, ok,
};
use actix_web::{get, post};
use course_seats_application::ports::store::EnrolmentFilter;
use course_seats_application::use_cases::enrolments::{
    activate_enrolments, claim_enrolment, list_enrolments, resend_claim_mail,
};
use course_seats_domain::enrolment::EnrolmentState;
use course_seats_domain::ids::{CourseId, EnrolmentId};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

/// An enrolment to be claimed.
#[derive(Serialize, ToSchema)]
pub struct ClaimEnrolment {
    /// What the claim link names.
    #[schema(example = "6f0c2f5e-3c55-4a55-9d0c-0a4b4f6c1e01")]
    pub enrolment_id: Uuid,
}

/// Claim an enrolment
///
/// Who holds the link may claim it.
#[utoipa::path(
    tag = "enrolments",
    operation_id = "claim_enrolment",
    params(OnceHeader),
    request_body = ClaimEnrolment,
    responses((status = 200, description = "Claimed", body = ClaimResponse), Problems, Missing, Clash, TooBig),
)]
#[post("/courses/claim")]
pub async fn claim(call: Call) -> Answer {
    claim_within(call, |_| Ok(None)).await
}

/// Claim an enrolment of this course
#[utoipa::path(
    tag = "enrolments",
    operation_id = "claim_enrolment_of_course",
    params(OnceHeader, ("course_id" = Uuid, Path, description = "The course")),
    request_body = ClaimEnrolment,
    responses((status = 200, description = "Claimed", body = ClaimResponse), Problems, Missing, Clash, TooBig),
)]
#[post("/courses/{course_id}/claim")]
pub async fn claim_of_course(call: Call) -> Answer {
    claim_within(call, |call| call.id("course_id").map(Some)).await
}

async fn claim_within(
    mut call: Call,
    course: impl FnOnce(&Call) -> Result<Option<CourseId>, crate::http::error::Failure>,
) -> Answer {
    let caller = call.signed_in().await?;
    let course = course(&call)?;
    let (enrolment, asked): (EnrolmentId, _) = call
        .body_once(&caller, |mut body| {
            let id = body.required("enrolment_id", parse::id);
            body.finish(id)
        })
        .await?;
    let claimed = call
        .run(move |app| async move { claim_enrolment(&app, asked, enrolment, course).await })
        .await??;
    ok(ClaimResponse::from(claimed))
}

/// Let the caller into all courses that he has claimed
///
/// Done at login: a course lets its students in from its start to its end.
#[utoipa::path(
    tag = "enrolments",
    operation_id = "activate_enrolments",
    params(OnceHeader),
    responses((status = 200, description = "What became of each", body = ActivateResponse), Problems, Clash),
)]
#[post("/courses/activate-enrolments")]
pub async fn activate(call: Call) -> Answer {
    let caller = call.signed_in().await?;
    let asked = call.once(&caller)?;
    let results =
        call.run(move |app| async move { activate_enrolments(&app, asked).await }).await??;
    ok(ActivateResponse { results: results.into_iter().map(Into::into).collect() })
}

/// List the enrolments of a course
#[utoipa::path(
    tag = "enrolments",
    operation_id = "list_enrolments",
    params(
        ("course_id" = Uuid, Path, description = "The course"),
        ("state" = inline(Option<EnrolmentStateWord>), Query, description = "Only those in this state"),
        ("q" = Option<String>, Query, description = "Part of the student id or e-mail, without regard to case"),
        ("page" = Option<u32>, Query, minimum = 1, description = "Which page"),
        ("page_size" = Option<u32>, Query, minimum = 1, maximum = 1000, description = "Enrolments a page"),
    ),
    responses((status = 200, description = "The enrolments", body = EnrolmentList), Problems),
)]
#[get("/courses/{course_id}/enrolments")]
pub async fn list(call: Call) -> Answer {
    let (_, course) = call.course_admin().await?;
    let query = call.query();
    let mut fields = Fields::of_map(&query);
    let state = fields.optional("state", |value| {
        parse::one_of(value, &EnrolmentState::ALL.map(|state| (state.as_str(), state)))
    });
    let text = fields.optional("q", parse::prose);
    let page = page::read(&mut fields);
    let (state, text, page) = fields.finish((state, text, page))?;
    let filter = EnrolmentFilter { state, text: text.filter(|text| !text.is_empty()) };
    let found = call
        .run(move |app| async move { list_enrolments(&app, course, &filter, page).await })
        .await??;
    ok(EnrolmentList {
        enrolments: found.items.into_iter().map(Into::into).collect(),
        pagination: page::shown(page, found.total),
    })
}

/// Send the claim mail again
///
/// It takes the place of one that was not sent yet.
#[utoipa::path(
    tag = "enrolments",
    operation_id = "resend_claim_mail",
    params(
        OnceHeader,
        ("course_id" = Uuid, Path, description = "The course"),
        ("enrolment_id" = Uuid, Path, description = "The enrolment"),
    ),
    responses(
        (status = 202, description = "The mail is in the outbox", body = Message<QueuedOut>),
        Problems, Missing, Clash, TooSoon,
    ),
)]
#[post("/courses/{course_id}/enrolments/{enrolment_id}/resend")]
pub async fn resend(call: Call) -> Answer {
    let (admin, course, id): (_, _, EnrolmentId) = call.course_admin_of("enrolment_id").await?;
    let asked = call.once(&admin)?;
    let mail = call
        .run(move |app| async move { resend_claim_mail(&app, asked, course, id).await })
        .await??;
    accepted("The mail is in the outbox", QueuedOut { id: mail.uuid() })
}
