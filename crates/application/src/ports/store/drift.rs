use super::{GivenUp, StoreError};
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use course_seats_domain::enrolment::Enrolment;
use course_seats_domain::ids::{LabId, SagaId, UserId};
use course_seats_domain::plans::CoursePlan;
use course_seats_domain::project::Project;
use course_seats_domain::virtual_lab::VirtualLab;

/// A reservation without an end of its own, as it is stored, that no open saga has.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct StrayReservation {
    /// The word for its kind.
    pub kind: String,
    /// Within what it is unique.
    pub scope: String,
    /// What is reserved. It may be personal: an e-mail, a student id.
    pub key: String,
    /// The saga that had it.
    pub saga: SagaId,
}

/// What is compared with the outside, whole, and since when something does not fit.
#[async_trait]
pub trait DriftRows: Send {
    /// The labs of this owner that are not deleted.
    async fn labs_of(&mut self, owner: UserId) -> Result<Vec<VirtualLab>, StoreError>;

    /// The projects of these labs, deleted ones included.
    async fn projects_of(&mut self, labs: &[LabId]) -> Result<Vec<Project>, StoreError>;

    /// The enrolments of the courses on these labs, each with its lab.
    async fn enrolments_on(
        &mut self,
        labs: &[LabId],
    ) -> Result<Vec<(LabId, Enrolment)>, StoreError>;

    /// Who has accepted an invite as a member into one of these labs.
    async fn invited_members(&mut self, labs: &[LabId])
    -> Result<Vec<(LabId, UserId)>, StoreError>;

    /// The accounts that were given up.
    async fn given_up_accounts(&mut self) -> Result<Vec<GivenUp>, StoreError>;

    /// What the open sagas are about to do.
    async fn open_plans(&mut self) -> Result<Vec<CoursePlan>, StoreError>;

    /// For which of these subjects, in the words of the ledger, there is or was a saga.
    async fn in_ledger(&mut self, subjects: &[String]) -> Result<Vec<String>, StoreError>;

    /// Reservations without an end of their own whose saga is missing, or closed and not being
    /// looked at.
    async fn stray_reservations(&mut self) -> Result<Vec<StrayReservation>, StoreError>;

    /// Takes one away, if that saga still has it.
    async fn remove_stray(&mut self, stray: &StrayReservation) -> Result<(), StoreError>;

    /// Keeps what was found, by kind and subject; if that is `all` there is, forgets what was not.
    /// Returns since when each was found, in order: `now` for what is new.
    async fn sighted(
        &mut self,
        found: &[(&'static str, String)],
        all: bool,
        now: DateTime<Utc>,
    ) -> Result<Vec<DateTime<Utc>>, StoreError>;
}
