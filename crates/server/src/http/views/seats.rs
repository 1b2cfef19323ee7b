use super::{EnrolmentSummary, Time};
use crate::http::page::Pagination;
use course_seats_application::ports::store::SeatView;
use course_seats_application::use_cases::seats::{AssignResult, DropResult, ItemStatus};
use course_seats_domain::seat::Seat;
use course_seats_domain::values::Credits;
use rust_decimal::prelude::ToPrimitive;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

/// A seat.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct SeatOut {
    /// Its id.
    pub id: Uuid,
    /// The course that has it now.
    pub course_id: Uuid,
    /// The institution that it was provisioned for.
    pub institution_id: Uuid,
    /// The seats it was provisioned with.
    pub batch_id: Uuid,
    /// Whether it is used up.
    pub is_consumed: bool,
    /// Whether it came back once from a drop.
    pub previously_dropped: bool,
    /// Who sits on it.
    pub enrolment_id: Option<Uuid>,
    /// What it grants.
    pub credit_value: u32,
    /// From this moment on it cannot be assigned.
    pub expiry_date: Time,
    /// When it was provisioned.
    pub created_at: Time,
}

impl From<Seat> for SeatOut {
    fn from(seat: Seat) -> Self {
        Self {
            id: seat.id.uuid(),
            course_id: seat.course.uuid(),
            institution_id: seat.institution.uuid(),
            batch_id: seat.batch.uuid(),
            is_consumed: seat.consumed,
            previously_dropped: seat.previously_dropped,
            enrolment_id: seat.enrolment.map(|enrolment| enrolment.uuid()),
            credit_value: seat.credit_value,
            expiry_date: Time(seat.expiry),
            created_at: Time(seat.created_at),
        }
    }
}

/// A seat and who sits on it.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct SeatDetailOut {
    /// The seat.
    #[serde(flatten)]
    pub seat: SeatOut,
    /// `free`, `reserved`, `assigned`, `dropping` or `consumed`.
    pub state: &'static str,
    /// Who sits on it.
    pub enrolment: Option<EnrolmentSummary>,
}

impl From<SeatView> for SeatDetailOut {
    fn from(view: SeatView) -> Self {
        Self {
            seat: view.seat.into(),
            state: view.state.as_str(),
            enrolment: view.enrolment.map(Into::into),
        }
    }
}

/// The seats of a course.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct SeatList {
    /// The seats.
    pub data: Vec<SeatDetailOut>,
    /// Which part of the list it is.
    pub pagination: Pagination,
}

/// New seats.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ProvisionedOut {
    /// The seats.
    pub seats: Vec<SeatOut>,
}

/// Seats that were moved.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct TransferredOut {
    /// How many.
    pub transferred_count: usize,
    /// The seats.
    pub transferred_seats: Vec<SeatOut>,
}

/// What became of each student.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct AssignResponse {
    /// One for each student, in the order of the request.
    pub results: Vec<AssignResultOut>,
}

/// What became of one student.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct AssignResultOut {
    /// What the university calls the student.
    pub student_id: String,
    /// The address, as in the request.
    pub email: String,
    /// Whether the student has the seat.
    pub assignment_successful: bool,
    /// The seat.
    pub seat_id: Uuid,
    /// The enrolment: what the claim link names.
    pub enrolment_id: Option<Uuid>,
    /// The student's own project.
    pub project_id: Option<Uuid>,
    /// What that project was granted.
    pub credit_transferred_amount: f64,
    /// Whether the claim link is on its way; if not, it is sent later.
    pub email_sent: bool,
    /// Why not.
    pub error: Option<String>,
    /// `done`, `failed` or `pending`: pending goes on by itself.
    pub status: &'static str,
}

impl From<AssignResult> for AssignResultOut {
    fn from(result: AssignResult) -> Self {
        Self {
            student_id: result.student_id.as_str().to_owned(),
            email: result.email.as_str().to_owned(),
            assignment_successful: result.status == ItemStatus::Done,
            seat_id: result.seat.uuid(),
            enrolment_id: result.enrolment.map(|enrolment| enrolment.uuid()),
            project_id: result.project.map(|project| project.uuid()),
            credit_transferred_amount: number(result.credits),
            email_sent: result.email_sent,
            error: result.error,
            status: result.status.as_str(),
        }
    }
}

/// What became of each seat.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct DropResponse {
    /// One for each seat, in the order of the request.
    pub results: Vec<DropResultOut>,
}

/// What became of one seat.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct DropResultOut {
    /// The seat.
    pub seat_id: Uuid,
    /// Whether its student was dropped by this request.
    pub is_dropped: bool,
    /// Why not.
    pub error: Option<String>,
    /// `done`, `failed` or `pending`: pending goes on by itself.
    pub status: &'static str,
    /// Whether the seat is free again; `null` as long as that is not known.
    pub seat_recovered: Option<bool>,
    /// What the student had spent; `null` as long as that is not known.
    pub credits_spent: Option<f64>,
}

impl From<DropResult> for DropResultOut {
    fn from(result: DropResult) -> Self {
        Self {
            seat_id: result.seat.uuid(),
            is_dropped: result.status == ItemStatus::Done,
            error: result.error,
            status: result.status.as_str(),
            seat_recovered: result.recovered,
            credits_spent: result.spent.map(number),
        }
    }
}

/// Credits as the contract has them: a number that may have a fraction.
fn number(credits: Credits) -> f64 {
    credits.amount().to_f64().unwrap_or_default()
}
