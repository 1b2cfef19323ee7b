//! What a process should do with a saga that it finds in the ledger, now: a pure function, apart
//! from its execution.

use super::Status;
use chrono::{DateTime, TimeDelta, Utc};

/// What the ledger keeps about a saga beside its story.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    /// Where it is.
    pub status: Status,
    /// Until when an owner holds it; `None`: nobody does.
    pub lease_until: Option<DateTime<Utc>>,
    /// When it is to be worked on next, if open.
    pub due_at: DateTime<Utc>,
    /// When it is to be looked at again, if closed.
    pub look_at: Option<DateTime<Utc>>,
}

/// What to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// Nothing: it is in good hands, or not due.
    Leave,
    /// Take it over and go on, forward or back.
    TakeOver,
    /// Take a late look.
    Look,
}

/// Decides (design §4.7): a lease that has run out is anybody's. A saga without a lease (queued,
/// or in backoff) belongs to the process that knows of it, and to anybody once it is due for
/// twice the length of a lease.
#[must_use]
pub fn decide(head: &Head, lease: TimeDelta, now: DateTime<Utc>) -> Decision {
    let held = head.lease_until.is_some_and(|until| now < until);
    let expired = head.lease_until.is_some_and(|until| until <= now);
    match head.status {
        _ if held => Decision::Leave,
        Status::Running | Status::Undoing if expired => Decision::TakeOver,
        Status::Running | Status::Undoing
            if overdue_since(lease, now).is_some_and(|since| head.due_at <= since) =>
        {
            Decision::TakeOver
        }
        Status::Running | Status::Undoing => Decision::Leave,
        Status::Completed | Status::Undone => match head.look_at {
            Some(at) if at <= now => Decision::Look,
            _ => Decision::Leave,
        },
    }
}

/// When a saga without a lease must have been due at the latest to be anybody's now: twice the length
/// of a lease ago. `None`: there is no such moment.
#[must_use]
pub fn overdue_since(lease: TimeDelta, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    now.checked_sub_signed(lease.checked_mul(2)?)
}
