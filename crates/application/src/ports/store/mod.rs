//! The database: repositories, ledger and outbox, all within one transaction at a time.

mod audit;
mod courses;
mod daily_run;
mod drift;
mod enrolments;
mod institutions;
mod invites;
mod labs;
mod outbox;
mod page;
mod projects;
mod requests;
mod reservations;
mod sagas;
mod seats;
mod statistics;

pub use audit::{Audit, AuditEntry};
pub use courses::{CourseDetails, Courses};
pub use daily_run::DailyRuns;
pub use drift::{DriftRows, StrayReservation};
pub use enrolments::{EnrolmentFilter, EnrolmentView, Enrolments};
pub use institutions::Institutions;
pub use invites::Invites;
pub use labs::Labs;
pub use outbox::{MailContent, MailStatus, MailSummary, Outbox, OutboxMail};
pub use page::{Listed, Page};
pub use projects::Projects;
pub use requests::{
    ActivateItem, AssignItem, BegunActivation, BegunAssign, DropItem, Found, Request, RequestKey,
    Requests, Work,
};
pub use reservations::{Reservation, Reservations};
pub use sagas::{GivenUp, SagaFilter, SagaSummary, Sagas};
pub use seats::{Batch, BatchFilter, SeatFilter, SeatView, Seats};
pub use statistics::{Counted, Statistics};

use async_trait::async_trait;
use course_seats_domain::saga::LedgerError;

/// What went wrong in the database.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// It does not answer, or a lock or statement took too long: nothing was written.
    #[error("the database cannot be reached: {0}")]
    Unavailable(String),
    /// A unique key is taken. The transaction can only be rolled back.
    #[error("a unique key is taken: {0}")]
    Conflict(String),
    /// The saga is no longer ours.
    #[error("the saga is no longer ours")]
    Fenced,
    /// What is stored cannot be read, or the query is wrong: a bug.
    #[error("the database holds what cannot be read: {0}")]
    Corrupt(String),
}

impl From<LedgerError> for StoreError {
    fn from(error: LedgerError) -> Self {
        match error {
            LedgerError::Fenced => Self::Fenced,
            LedgerError::Unavailable(why) => Self::Unavailable(why),
            LedgerError::Corrupt(why) => Self::Corrupt(why),
        }
    }
}

/// A database.
#[async_trait]
pub trait Store: Send + Sync {
    /// Begins a transaction that may write. On a database with one writer it waits its turn.
    async fn begin(&self) -> Result<Box<dyn Tx>, StoreError>;

    /// Begins a transaction that only reads, on a snapshot. It is not committed: drop it.
    async fn read(&self) -> Result<Box<dyn Tx>, StoreError>;

    /// Reads without a transaction: every statement sees what is committed by then. For who asks one
    /// thing. It is not committed: drop it.
    async fn glance(&self) -> Result<Box<dyn Tx>, StoreError> {
        self.read().await
    }

    /// For who writes with one statement, which is a transaction by itself. It is committed all the
    /// same; a database may have nothing to do for that.
    async fn single(&self) -> Result<Box<dyn Tx>, StoreError> {
        self.begin().await
    }

    /// Whether it answers and its migrations are applied.
    async fn ready(&self) -> Result<(), StoreError>;
}

/// One transaction. Dropping it rolls it back.
#[async_trait]
pub trait Tx:
    Institutions
    + Labs
    + Projects
    + Courses
    + Seats
    + Enrolments
    + Invites
    + Reservations
    + Sagas
    + Outbox
    + Audit
    + DailyRuns
    + Counted
    + DriftRows
    + Requests
    + Send
{
    /// Makes everything that was written last. An error leaves unknown whether it did.
    async fn commit(self: Box<Self>) -> Result<(), StoreError>;

    /// Takes everything back.
    async fn rollback(self: Box<Self>) -> Result<(), StoreError>;
}
