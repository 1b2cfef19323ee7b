use super::{SeatOut, Time};
use crate::http::page::Pagination;
use course_seats_application::ports::store::EnrolmentView;
use course_seats_application::use_cases::enrolments::{ActivateResult, Claimed};
use course_seats_application::use_cases::seats::ItemStatus;
use course_seats_domain::enrolment::Enrolment;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

/// An enrolment, within its seat.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct EnrolmentSummary {
    /// Its id.
    pub id: Uuid,
    /// The course.
    pub course_id: Uuid,
    /// The student's own project.
    pub project_id: Uuid,
    /// Where the claim link went.
    pub contact_email: String,
    /// What the university calls the student.
    pub student_id: String,
    /// Who claimed it.
    pub claimed_by: Option<Uuid>,
    /// Whether it was dropped.
    pub is_dropped: bool,
}

impl From<Enrolment> for EnrolmentSummary {
    fn from(enrolment: Enrolment) -> Self {
        Self {
            id: enrolment.id.uuid(),
            course_id: enrolment.course.uuid(),
            project_id: enrolment.project.uuid(),
            contact_email: enrolment.email.as_str().to_owned(),
            student_id: enrolment.student_id.as_str().to_owned(),
            claimed_by: enrolment.claimed_by.map(|user| user.uuid()),
            is_dropped: enrolment.dropped,
        }
    }
}

/// An enrolment with its seat.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct EnrolmentOut {
    /// Its id.
    pub id: Uuid,
    /// The course.
    pub course_id: Uuid,
    /// The student's own project.
    pub project_id: Uuid,
    /// Where the claim link went.
    pub contact_email: String,
    /// What the university calls the student.
    pub student_id: String,
    /// Who claimed it.
    pub claimed_by: Option<Uuid>,
    /// When the student was let in.
    pub activated_at: Option<Time>,
    /// Whether it was dropped.
    pub is_dropped: bool,
    /// When it was made.
    pub created_at: Time,
    /// The seat it sits on.
    pub seat: Option<SeatOut>,
    /// `assigned`, `claimed`, `activated`, `dropping` or `dropped`.
    pub state: &'static str,
}

impl From<EnrolmentView> for EnrolmentOut {
    fn from(view: EnrolmentView) -> Self {
        let enrolment = view.enrolment;
        Self {
            id: enrolment.id.uuid(),
            course_id: enrolment.course.uuid(),
            project_id: enrolment.project.uuid(),
            contact_email: enrolment.email.as_str().to_owned(),
            student_id: enrolment.student_id.as_str().to_owned(),
            claimed_by: enrolment.claimed_by.map(|user| user.uuid()),
            activated_at: enrolment.activated_at.map(Time),
            is_dropped: enrolment.dropped,
            created_at: Time(enrolment.created_at),
            state: enrolment.state().as_str(),
            seat: view.seat.map(Into::into),
        }
    }
}

/// The enrolments of a course.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct EnrolmentList {
    /// The enrolments.
    pub enrolments: Vec<EnrolmentOut>,
    /// Which part of the list it is, if a page was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pagination: Option<Pagination>,
}

/// What a student needs to know of the course.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ClaimCourseSummary {
    /// The course.
    pub id: Uuid,
    /// Its lab.
    pub virtual_lab_id: Uuid,
    /// That lab's name.
    pub virtual_lab_name: String,
    /// The institution's name.
    pub institution_name: String,
    /// The first moment at which students are let in.
    pub start_date: Option<Time>,
    /// From this moment on everything is taken back.
    pub end_date: Option<Time>,
}

/// An enrolment that was claimed.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ClaimedOut {
    /// Its id.
    pub id: Uuid,
    /// The course.
    pub course_id: Uuid,
    /// The lab of the course.
    pub virtual_lab_id: Uuid,
    /// The student's own project.
    pub project_id: Uuid,
    /// Where the claim link went.
    pub contact_email: String,
    /// What the university calls the student.
    pub student_id: String,
    /// Who claimed it.
    pub claimed_by: Option<Uuid>,
    /// The course.
    pub course: ClaimCourseSummary,
}

/// The answer to a claim.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ClaimResponse {
    /// A sentence for people; its text is part of the contract.
    pub message: &'static str,
    /// The lab of the course.
    pub virtual_lab_id: Uuid,
    /// The enrolment.
    pub data: ClaimedOut,
}

impl From<Claimed> for ClaimResponse {
    fn from(claimed: Claimed) -> Self {
        let (enrolment, details) = (claimed.enrolment, claimed.course);
        let course = details.course;
        let virtual_lab_id = course.lab.uuid();
        Self {
            message: "Enrolment claimed successfully",
            virtual_lab_id,
            data: ClaimedOut {
                id: enrolment.id.uuid(),
                course_id: enrolment.course.uuid(),
                virtual_lab_id,
                project_id: enrolment.project.uuid(),
                contact_email: enrolment.email.as_str().to_owned(),
                student_id: enrolment.student_id.as_str().to_owned(),
                claimed_by: enrolment.claimed_by.map(|user| user.uuid()),
                course: ClaimCourseSummary {
                    id: course.id.uuid(),
                    virtual_lab_id,
                    virtual_lab_name: details.lab_name,
                    institution_name: details.institution_name,
                    start_date: course.dates.start.map(Time),
                    end_date: course.dates.end.map(Time),
                },
            },
        }
    }
}

/// What became of each of the caller's claimed enrolments.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ActivateResponse {
    /// One for each.
    pub results: Vec<ActivateResultOut>,
}

/// What became of one enrolment.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ActivateResultOut {
    /// The enrolment.
    pub enrolment_id: Uuid,
    /// Whether the student is in.
    pub activated: bool,
    /// The student's own project, if he is in.
    pub project_id: Option<Uuid>,
    /// Why not.
    pub error: Option<String>,
    /// `done` or `failed`.
    pub status: &'static str,
}

impl From<ActivateResult> for ActivateResultOut {
    fn from(result: ActivateResult) -> Self {
        Self {
            enrolment_id: result.enrolment.uuid(),
            activated: result.status == ItemStatus::Done,
            project_id: result.project.map(|project| project.uuid()),
            error: result.error,
            status: result.status.as_str(),
        }
    }
}
