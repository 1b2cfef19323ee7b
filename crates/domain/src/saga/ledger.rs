use super::{Event, Plan, Saga, Status, Step};
use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The right to write to a saga: who holds it writes only while the ledger still has the saga in
/// this generation *and* this status, and its lease was not given back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ticket {
    /// The saga.
    pub saga: Uuid,
    /// Raised by everybody who takes it over.
    pub generation: i64,
    /// Where the holder believes it to be.
    pub status: Status,
}

/// A saga to be written down, before anything of it is done.
#[derive(Debug, Clone, PartialEq)]
pub struct NewSaga<S: Step> {
    /// Its id.
    pub id: Uuid,
    /// The word for its kind. Part of the stored format.
    pub kind: String,
    /// What it works on, as people would search for it.
    pub subject: String,
    /// What groups it with others, such as a course.
    pub scope: Option<Uuid>,
    /// The call that it belongs to.
    pub request: Option<Uuid>,
    /// What it will do.
    pub plan: Plan<S>,
}

/// What came of trying to take a saga.
#[derive(Debug, Clone, PartialEq)]
pub enum Claim<S: Step> {
    /// It is ours until the lease ends.
    Taken {
        /// The right to write to it.
        ticket: Ticket,
        /// Its plan and story; [`Event::TakenOver`] is in it if another owner had begun it.
        saga: Box<Saga<S>>,
        /// When it was written down.
        created_at: DateTime<Utc>,
    },
    /// Somebody else holds it.
    Held,
    /// It is closed.
    Closed(Status),
    /// There is none.
    Missing,
}

/// Why the ledger did not write.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LedgerError {
    /// The saga is in another generation or status: somebody else has it, or it is closed.
    /// Whoever hears this stops and changes nothing.
    #[error("the saga is no longer ours")]
    Fenced,
    /// The database did not answer, or not in time: repeat until it does.
    #[error("the ledger cannot be reached: {0}")]
    Unavailable(String),
    /// What is stored cannot be read.
    #[error("the ledger holds what cannot be read: {0}")]
    Corrupt(String),
}

/// What a database promises to sagas. All calls made through one value are one transaction, if
/// the value is one.
#[async_trait]
pub trait Ledger<S: Step>: Send {
    /// Writes a saga down: queued, due now, without a lease.
    async fn open(&mut self, saga: NewSaga<S>) -> Result<(), LedgerError>;

    /// Writes many down, each as [`Ledger::open`] does.
    async fn open_all(&mut self, sagas: Vec<NewSaga<S>>) -> Result<(), LedgerError>
    where
        S: 'async_trait,
    {
        for saga in sagas {
            self.open(saga).await?;
        }
        Ok(())
    }

    /// Takes a saga for `lease`, in one conditional write that raises its generation. If its last
    /// owner's lease ran out, must append [`Event::TakenOver`] in that same write. An open saga
    /// without a lease is taken whatever its due time.
    async fn claim(&mut self, saga: Uuid, lease: TimeDelta) -> Result<Claim<S>, LedgerError>;

    /// Appends events and renews the lease. Must return [`LedgerError::Fenced`] and change
    /// nothing if the ticket is out of date. If the events close the saga or turn it to undo, its
    /// status follows them.
    async fn record(
        &mut self,
        ticket: &Ticket,
        events: &[Event<S::Note>],
        lease: TimeDelta,
    ) -> Result<(), LedgerError>;

    /// Appends events, gives the lease back, and sets when the saga is due again. Must return
    /// [`LedgerError::Fenced`] if the ticket is out of date.
    async fn release(
        &mut self,
        ticket: &Ticket,
        events: &[Event<S::Note>],
        due_at: DateTime<Utc>,
    ) -> Result<(), LedgerError>;

    /// Appends the closing events, gives the lease back and sets when the saga is looked at
    /// again, if ever. Its reservations go with it. Must return [`LedgerError::Fenced`] if the
    /// ticket is out of date.
    async fn close(
        &mut self,
        ticket: &Ticket,
        events: &[Event<S::Note>],
        look_at: Option<DateTime<Utc>>,
    ) -> Result<(), LedgerError>;

    /// The saga as it stands, or `None`.
    async fn load(&mut self, saga: Uuid) -> Result<Option<Saga<S>>, LedgerError>;
}
