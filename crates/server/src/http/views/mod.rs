//! What is answered. Names and order of fields are those that the portal knows.

mod batches;
mod courses;
mod enrolments;
mod institutions;
mod invites;
mod labs;
mod operations;
mod seats;
mod time;

pub use batches::{BatchList, BatchOut, CourseSummary, InstitutionSummary};
pub use courses::{CourseDetailOut, CourseOut, CreatedCourseOut, DeletedOut};
pub use enrolments::{
    ActivateResponse, ActivateResultOut, ClaimCourseSummary, ClaimResponse, ClaimedOut,
    EnrolmentList, EnrolmentOut, EnrolmentSummary,
};
pub use institutions::InstitutionOut;
pub use invites::{AcceptedInviteOut, InviteOut, SentInviteOut};
pub use labs::{CourseDetailsOut, LabOut, LabWithAdminsOut, ProjectOut, ShortenedUser};
pub use operations::{ExpirySummaryOut, SagaDetailOut, SagaList, SagaOut, StepOut};
pub use seats::{
    AssignResponse, AssignResultOut, DropResponse, DropResultOut, ProvisionedOut, SeatDetailOut,
    SeatList, SeatOut, TransferredOut,
};
pub use time::Time;

use super::error::Answer;
use super::page::Pagination;
use actix_web::HttpResponse;
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

/// 200 with a sentence and what it is about.
pub fn message<T: Serialize + ToSchema>(message: impl Into<String>, data: T) -> Answer {
    ok(Message { message: message.into(), data })
}
