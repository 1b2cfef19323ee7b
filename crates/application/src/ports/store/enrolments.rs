use super::{Listed, Page, StoreError};
use async_trait::async_trait;
use course_seats_domain::enrolment::{Enrolment, EnrolmentState};
use course_seats_domain::ids::{CourseId, EnrolmentId, LabId, ProjectId, UserId};
use course_seats_domain::seat::Seat;

/// An enrolment as a listing shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnrolmentView {
    /// The enrolment.
    pub enrolment: Enrolment,
    /// The seat it sits on.
    pub seat: Option<Seat>,
}

/// Which enrolments of a course.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EnrolmentFilter {
    /// Only those in this state.
    pub state: Option<EnrolmentState>,
    /// Only those whose student id or e-mail contains this (without regard to case, `%` and `_`
    /// plain).
    pub text: Option<String>,
}

/// Enrolments.
#[async_trait]
pub trait Enrolments: Send {
    /// Must return `Conflict` if the project, or within the course the exact student id or
    /// e-mail, is taken.
    async fn insert_enrolment(&mut self, enrolment: &Enrolment) -> Result<(), StoreError>;

    /// Writes claim, activation, dropping and dropped of one enrolment.
    async fn update_enrolment(&mut self, enrolment: &Enrolment) -> Result<(), StoreError>;

    /// By id. In a transaction that may write, the row stays as it was read until that ends; its
    /// course is locked before (design §4.13).
    async fn enrolment(&mut self, id: EnrolmentId) -> Result<Option<Enrolment>, StoreError>;

    /// By project.
    async fn enrolment_of(&mut self, project: ProjectId) -> Result<Option<Enrolment>, StoreError>;

    /// Those of these ids that exist.
    async fn enrolments_by_id(&mut self, ids: &[EnrolmentId])
    -> Result<Vec<Enrolment>, StoreError>;

    /// The course's enrolments, dropped ones included, that have one of these student ids (exact)
    /// or one of these folded e-mails.
    async fn enrolled(
        &mut self,
        course: CourseId,
        student_ids: &[String],
        folded_emails: &[String],
    ) -> Result<Vec<Enrolment>, StoreError>;

    /// The course's live enrolments, by creation, then id.
    async fn live_enrolments(&mut self, course: CourseId) -> Result<Vec<Enrolment>, StoreError>;

    /// The user's claimed, not activated, live enrolments in all courses, by creation, then id.
    async fn claimed_by(&mut self, user: UserId) -> Result<Vec<Enrolment>, StoreError>;

    /// Whether the user holds a live activated enrolment in a course on this lab.
    async fn has_live_activated(&mut self, lab: LabId, user: UserId) -> Result<bool, StoreError>;

    /// The course's enrolments, by creation, then id.
    async fn list_enrolments(
        &mut self,
        course: CourseId,
        filter: &EnrolmentFilter,
        page: Option<Page>,
    ) -> Result<Listed<EnrolmentView>, StoreError>;

    /// Deletes all enrolments of a course.
    async fn delete_enrolments(&mut self, course: CourseId) -> Result<(), StoreError>;
}
