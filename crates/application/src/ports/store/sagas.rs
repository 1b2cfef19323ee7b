use super::{Listed, Page, StoreError};
use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use course_seats_domain::ids::{CourseId, LabId, ProjectId, SagaId};
use course_seats_domain::plans::{CourseEvent, CourseSaga, CourseStep, SagaKind};
use course_seats_domain::saga::recovery::Head;
use course_seats_domain::saga::{Claim, Ledger, LedgerError, Status};

/// A saga as a listing shows it.
#[derive(Debug, Clone, PartialEq)]
pub struct SagaSummary {
    /// Its id.
    pub id: SagaId,
    /// What it does.
    pub kind: SagaKind,
    /// Where it is.
    pub status: Status,
    /// Whether a person may want to know.
    pub needs_attention: bool,
    /// What it works on.
    pub subject: String,
    /// How many attempts did not come to a good end.
    pub attempts: u32,
    /// When it was written down.
    pub created_at: DateTime<Utc>,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
    /// Until when somebody holds it.
    pub lease_until: Option<DateTime<Utc>>,
    /// What its last failed attempt said.
    pub error: Option<String>,
}

/// Which sagas.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SagaFilter {
    /// Only those that are there.
    pub status: Option<Status>,
    /// Only those that need attention.
    pub needs_attention: bool,
    /// Only those of this kind.
    pub kind: Option<SagaKind>,
}

/// An account that cannot be deleted and belongs to nothing any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum GivenUp {
    /// A lab's.
    Lab(LabId),
    /// A project's.
    Project(ProjectId),
}

/// The ledger of this service's sagas: [`Ledger`], and what only this service asks of it.
/// `NewSaga::scope` is the course.
#[async_trait]
pub trait Sagas: Ledger<CourseStep> {
    /// Takes the saga out of whatever hands it is in, in one conditional write: raises its
    /// generation, ends its lease, appends the events, makes it due now. If they close it, its
    /// reservations go and it is looked at again at `look_at`. Must return `Fenced` and change
    /// nothing if the saga is not in `status`.
    async fn seize(
        &mut self,
        saga: SagaId,
        status: Status,
        events: &[CourseEvent],
        look_at: Option<DateTime<Utc>>,
    ) -> Result<(), LedgerError>;

    /// Takes a saga that was just written, with one statement, like [`Ledger::claim`]. `None`, and
    /// nothing is changed, if somebody had it before, or has ended it.
    async fn claim_new(
        &mut self,
        saga: SagaId,
        lease: TimeDelta,
    ) -> Result<Option<Claim<CourseStep>>, LedgerError>;

    /// Takes a closed saga that is to be looked at, like [`Ledger::claim`]: must append
    /// `TakenOver` if a look's owner let its lease run out, and `LookBegan` if no look is under
    /// way. `Held` if it is not due or somebody has it.
    async fn claim_look(
        &mut self,
        saga: SagaId,
        lease: TimeDelta,
    ) -> Result<Claim<CourseStep>, LedgerError>;

    /// The heads of open sagas that nobody works on, oldest due first: their lease has run out, or
    /// they have none and were due at `due_by`.
    async fn abandoned(
        &mut self,
        due_by: DateTime<Utc>,
        limit: u32,
    ) -> Result<Vec<(SagaId, Head)>, StoreError>;

    /// The heads of closed sagas whose look is due and that nobody looks at, oldest due first.
    async fn to_look_at(&mut self, limit: u32) -> Result<Vec<(SagaId, Head)>, StoreError>;

    /// Where each of these is; those that do not exist are missing.
    async fn statuses(&mut self, sagas: &[SagaId]) -> Result<Vec<(SagaId, Status)>, StoreError>;

    /// These sagas as they stand; those that do not exist are missing.
    async fn notebooks(
        &mut self,
        sagas: &[SagaId],
    ) -> Result<Vec<(SagaId, CourseSaga)>, StoreError> {
        let mut found = Vec::new();
        for id in sagas {
            found.extend(self.load(id.uuid()).await?.map(|saga| (*id, saga)));
        }
        Ok(found)
    }

    /// Sets when a saga is due, if it is open; who holds it goes on. Returns where it is, or
    /// `None` if there is none.
    async fn set_due(
        &mut self,
        saga: SagaId,
        due_at: DateTime<Utc>,
    ) -> Result<Option<Status>, StoreError>;

    /// The course's open sagas.
    async fn open_sagas(&mut self, course: CourseId)
    -> Result<Vec<(SagaId, SagaKind)>, StoreError>;

    /// A listing, newest first, then by id.
    async fn list_sagas(
        &mut self,
        filter: &SagaFilter,
        page: Page,
    ) -> Result<Listed<SagaSummary>, StoreError>;

    /// One saga with its notebook.
    async fn describe(
        &mut self,
        saga: SagaId,
    ) -> Result<Option<(SagaSummary, CourseSaga)>, StoreError>;

    /// Keeps an account among the given-up; twice is the same as once.
    async fn give_up(
        &mut self,
        account: GivenUp,
        saga: SagaId,
        at: DateTime<Utc>,
    ) -> Result<(), StoreError>;
}
