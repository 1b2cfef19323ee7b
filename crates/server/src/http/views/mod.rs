//! What is answered. Names and order of fields are those that the portal knows.

mod batches;
mod courses;
mod drift;
mod enrolments;
mod institutions;
mod invites;
mod jobs;
mod labs;
mod operations;
mod outbox;
mod seats;
mod time;

pub use batches::{BatchList, BatchOut, CourseSummary, InstitutionSummary};
pub use courses::{CourseDetailOut, CourseOut, CreatedCourseOut, DeletedOut};
pub use drift::{DriftRepairOut, DriftReportOut, FindingOut, LeftOut};
pub use enrolments::{
    ActivateResponse, ActivateResultOut, ClaimCourseSummary, ClaimResponse, ClaimedOut,
    EnrolmentList, EnrolmentOut, EnrolmentSummary,
};
pub use institutions::InstitutionOut;
pub use invites::{AcceptedInviteOut, InviteOut, SentInviteOut};
pub use jobs::{JobAccepted, JobOut, JobResultsOut};
pub use labs::{CourseDetailsOut, LabOut, LabWithAdminsOut, ProjectOut, ShortenedUser};
pub use operations::{ExpirySummaryOut, SagaDetailOut, SagaList, SagaOut, StepOut};
pub use outbox::{MailList, MailOut, QueuedOut};
pub use seats::{
    AssignResponse, AssignResultOut, DropResponse, DropResultOut, ProvisionedOut, SeatDetailOut,
    SeatList, SeatOut, TransferredOut,
};
pub use time::Time;

use super::error::Answer;
use super::page::Pagination;
use actix_web::HttpResponse;
use actix_web::http::header::{self, HeaderValue};
use serde::Serialize;
use utoipa::ToSchema;

/// A sentence, and what it is about.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Message<T: ToSchema> {
    /// A sentence for people; its text is part of the contract.
    pub message: String,
    /// What it is about.
    pub data: T,
}

/// A sentence, and a list; with its place in the whole, if a page was asked for.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct MessageList<T: ToSchema> {
    /// A sentence for people; its text is part of the contract.
    pub message: String,
    /// The items.
    pub data: Vec<T>,
    /// Which part of the list it is, if a page was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pagination: Option<Pagination>,
}

/// 200 with a body.
pub fn ok(body: impl Serialize) -> Answer {
    Ok(HttpResponse::Ok().json(body))
}

/// The same answer, as a page for people. The page may load nothing and run nothing, and is not
/// kept: the pages of the sandbox show mails, and links that carry tokens.
#[must_use]
pub fn page(mut response: HttpResponse, html: String) -> HttpResponse {
    for (name, value) in [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CACHE_CONTROL, "no-store"),
        (header::REFERRER_POLICY, "no-referrer"),
        (
            header::CONTENT_SECURITY_POLICY,
            "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; \
             base-uri 'none'; frame-ancestors 'none'",
        ),
    ] {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response.set_body(html).map_into_boxed_body()
}

/// 200 with a sentence and what it is about.
pub fn message<T: Serialize + ToSchema>(message: impl Into<String>, data: T) -> Answer {
    ok(Message { message: message.into(), data })
}

/// 202 with a sentence and what it is about: it is done soon.
pub fn accepted<T: Serialize + ToSchema>(message: impl Into<String>, data: T) -> Answer {
    Ok(HttpResponse::Accepted().json(Message { message: message.into(), data }))
}
