use super::StoreError;
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use course_seats_domain::ids::{CourseId, EnrolmentId, LabId, ProjectId, SagaId, SeatId};
use course_seats_domain::plans::Subject;

/// What only one saga can have at a time. Stored as three texts: kind, scope, key.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Reservation {
    /// A seat that is being assigned.
    Seat(SeatId),
    /// A student id (exact) that is being enrolled in a course.
    StudentId(CourseId, String),
    /// A folded e-mail that is being enrolled in a course.
    Email(CourseId, String),
    /// A folded name of a project that is being made in a lab.
    ProjectName(LabId, String),
    /// The name of a lab that is being made.
    LabName(String),
    /// An enrolment whose drop is under way or waits for its turn: one drop at a time.
    Drop(EnrolmentId),
    /// What an open saga works on, so that a second one waits.
    Subject(Subject),
    /// A lab that takes no new course, because a deplete may still land on it.
    ClosingLab(LabId),
    /// A project that no new course can take as its template, because credits of its last one may
    /// still move; or whose funding is under way.
    Template(ProjectId),
}

impl Reservation {
    /// The word under which its kind is stored.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Seat(_) => "seat",
            Self::StudentId(..) => "student_id",
            Self::Email(..) => "email",
            Self::ProjectName(..) => "project_name",
            Self::LabName(_) => "lab_name",
            Self::Drop(_) => "drop",
            Self::Subject(_) => "subject",
            Self::ClosingLab(_) => "closing_lab",
            Self::Template(_) => "template",
        }
    }

    /// Within what it is unique; empty: everywhere.
    #[must_use]
    pub fn scope(&self) -> String {
        match self {
            Self::StudentId(course, _) | Self::Email(course, _) => course.to_string(),
            Self::ProjectName(lab, _) => lab.to_string(),
            Self::Seat(_)
            | Self::LabName(_)
            | Self::Drop(_)
            | Self::Subject(_)
            | Self::ClosingLab(_)
            | Self::Template(_) => String::new(),
        }
    }

    /// What is reserved.
    #[must_use]
    pub fn key(&self) -> String {
        match self {
            Self::Seat(seat) => seat.to_string(),
            Self::StudentId(_, key)
            | Self::Email(_, key)
            | Self::ProjectName(_, key)
            | Self::LabName(key) => key.clone(),
            Self::Drop(enrolment) => enrolment.to_string(),
            Self::Subject(subject) => subject.to_string(),
            Self::ClosingLab(lab) => lab.to_string(),
            Self::Template(project) => project.to_string(),
        }
    }
}

/// Reservations. They belong to a saga and go when it closes, unless they have an end of their
/// own: those go only with time.
#[async_trait]
pub trait Reservations: Send {
    /// Takes it for a saga, until the saga closes or until `until`. Returns whether the saga has
    /// it now: also if it had it before (`until` is set anew then); not if another saga has it
    /// whose time is not over.
    async fn reserve(
        &mut self,
        saga: SagaId,
        what: &Reservation,
        until: Option<DateTime<Utc>>,
    ) -> Result<bool, StoreError>;

    /// Takes many for one saga each, none of which anybody has. Must return `Conflict` if one is
    /// taken.
    async fn reserve_all(&mut self, these: &[(SagaId, Reservation)]) -> Result<(), StoreError>;

    /// Which of these are taken by a saga whose time is not over.
    async fn taken(&mut self, these: &[Reservation]) -> Result<Vec<Reservation>, StoreError>;

    /// Until when it is taken: `Some(None)` has no end yet.
    async fn taken_until(
        &mut self,
        what: &Reservation,
    ) -> Result<Option<Option<DateTime<Utc>>>, StoreError>;

    /// Gives one back, if this saga has it.
    async fn unreserve(&mut self, saga: SagaId, what: &Reservation) -> Result<(), StoreError>;
}
