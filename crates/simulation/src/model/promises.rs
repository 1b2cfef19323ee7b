//! What users were told, to be held against the rows afterwards.

use crate::memory::Tables;
use crate::runtime::lock;
use course_seats_domain::ids::{EnrolmentId, SagaId, SeatId, UserId};
use course_seats_domain::saga::Status;
use std::sync::Mutex;

/// Something that was said and must hold from then on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Promise {
    /// This saga was done.
    Done(SagaId),
    /// This saga failed: it never settles.
    Failed(SagaId),
    /// The student is dropped.
    Dropped(EnrolmentId),
    /// What became of a dropped student's seat.
    Seat {
        /// The seat.
        seat: SeatId,
        /// Who sat on it.
        enrolment: EnrolmentId,
        /// Whether it came back.
        recovered: bool,
    },
    /// The enrolment is this user's.
    Claimed(EnrolmentId, UserId),
}

/// What was said, and what was wrong when it was said.
#[derive(Default)]
pub struct Promises {
    made: Mutex<Vec<Promise>>,
    lies: Mutex<Vec<String>>,
}

impl Promises {
    /// Something was said: it must be so now, and stay so.
    pub fn said(&self, promise: Promise, tables: &Tables) {
        if let Some(lie) = broken(&promise, tables) {
            self.lie(format!("when it was said: {lie}"));
        }
        lock(&self.made).push(promise);
    }

    /// Something that was said was not so.
    pub fn lie(&self, what: String) {
        lock(&self.lies).push(what);
    }

    /// What was said and is not so.
    #[must_use]
    pub fn broken(&self, tables: &Tables) -> Vec<String> {
        let mut found = lock(&self.lies).clone();
        found.extend(lock(&self.made).iter().filter_map(|promise| broken(promise, tables)));
        found
    }
}

fn broken(promise: &Promise, tables: &Tables) -> Option<String> {
    let status = |saga: &SagaId| tables.sagas.get(saga).map(|row| row.status);
    let lie = match promise {
        Promise::Done(saga) => status(saga) != Some(Status::Completed),
        Promise::Failed(saga) => !matches!(status(saga), Some(Status::Undone | Status::Undoing)),
        Promise::Dropped(enrolment) => {
            tables.enrolments.get(enrolment).is_some_and(|row| !row.dropped)
        }
        Promise::Seat { seat, enrolment, recovered } => {
            tables.seats.get(seat).is_some_and(|row| match recovered {
                true => !row.previously_dropped || row.enrolment == Some(*enrolment),
                false => !row.consumed,
            })
        }
        Promise::Claimed(enrolment, user) => {
            tables.enrolments.get(enrolment).is_some_and(|row| row.claimed_by != Some(*user))
        }
    };
    lie.then(|| format!("it was said, and is not so: {promise:?}"))
}
