use super::{SeatOut, Time};
use crate::http::page::Pagination;
use course_seats_application::ports::store::{Batch, CourseDetails};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

/// An institution, as a batch shows it.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct InstitutionSummary {
    /// Its id.
    pub id: Uuid,
    /// Its name.
    pub name: String,
    /// Where to write to.
    pub contact_email: String,
}

/// A course, as a batch shows it.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct CourseSummary {
    /// Its id.
    pub id: Uuid,
    /// The lab it sits on.
    pub virtual_lab_id: Uuid,
    /// That lab's name.
    pub virtual_lab_name: String,
    /// The institution whose seats it takes.
    pub institution_id: Uuid,
    /// The project that students' projects start from.
    pub template_project_id: Uuid,
    /// `draft`, `active` or `voided`.
    pub status: &'static str,
    /// The first moment at which students are let in.
    pub start_date: Option<Time>,
    /// From this moment on everything is taken back.
    pub end_date: Option<Time>,
}

impl From<&CourseDetails> for CourseSummary {
    fn from(details: &CourseDetails) -> Self {
        let course = &details.course;
        Self {
            id: course.id.uuid(),
            virtual_lab_id: course.lab.uuid(),
            virtual_lab_name: details.lab_name.clone(),
            institution_id: course.institution.uuid(),
            template_project_id: course.template_project.uuid(),
            status: course.status.as_str(),
            start_date: course.dates.start.map(Time),
            end_date: course.dates.end.map(Time),
        }
    }
}

impl From<&CourseDetails> for InstitutionSummary {
    fn from(details: &CourseDetails) -> Self {
        Self {
            id: details.course.institution.uuid(),
            name: details.institution_name.clone(),
            contact_email: details.institution_email.clone(),
        }
    }
}

/// The seats of one batch that are in one course.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct BatchOut {
    /// The batch.
    pub batch_id: Uuid,
    /// When it was provisioned.
    pub created_at: Time,
    /// When its seats expire.
    pub expiry_date: Time,
    /// How many seats of it are in this course.
    pub number_of_seats: usize,
    /// The seats.
    pub seats: Vec<SeatOut>,
    /// The institution of the course.
    pub institution: InstitutionSummary,
    /// The course that has the seats now.
    pub course: CourseSummary,
}

impl From<Batch> for BatchOut {
    fn from(batch: Batch) -> Self {
        Self {
            batch_id: batch.id.uuid(),
            created_at: Time(batch.created_at),
            expiry_date: Time(batch.expiry),
            number_of_seats: batch.seats.len(),
            institution: (&batch.course).into(),
            course: (&batch.course).into(),
            seats: batch.seats.into_iter().map(Into::into).collect(),
        }
    }
}

/// Batches. Each has its own course and institution; those at the top are the first batch's.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct BatchList {
    /// The institution of the first batch; `null` on a page past the end.
    pub institution: Option<InstitutionSummary>,
    /// The course of the first batch; `null` on a page past the end.
    pub course: Option<CourseSummary>,
    /// The batches.
    pub batches: Vec<BatchOut>,
    /// Which part of the list it is, if a page was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pagination: Option<Pagination>,
}

impl BatchList {
    /// Of these batches.
    #[must_use]
    pub fn of(batches: Vec<Batch>, pagination: Option<Pagination>) -> Self {
        let first = batches.first().map(|batch| &batch.course);
        Self {
            institution: first.map(Into::into),
            course: first.map(Into::into),
            batches: batches.into_iter().map(Into::into).collect(),
            pagination,
        }
    }
}
