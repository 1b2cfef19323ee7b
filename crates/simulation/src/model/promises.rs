//! What users were told, to be held against the rows afterwards.

use super::foreign::Left;
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
        // What became of a seat is judged later, when it is known who else has dropped the student.
        let later = matches!(promise, Promise::Seat { .. });
        if let Some(lie) = broken(&promise, tables).filter(|_| !later) {
            self.lie(format!("when it was said: {lie}"));
        }
        lock(&self.made).push(promise);
    }

    /// Something that was said was not so.
    pub fn lie(&self, what: String) {
        lock(&self.lies).push(what);
    }

    /// What was said and is not so. Known, and told to those who can change it: a drop whose
    /// student the other service drops at the same time leaves the seat to it, and still answers
    /// with what its own notebook says about the seat.
    #[must_use]
    pub fn broken(&self, tables: &Tables, left: &Left) -> Vec<String> {
        let mut found = lock(&self.lies).clone();
        let made = lock(&self.made);
        let judged = made.iter().filter(|promise| match promise {
            Promise::Seat { enrolment, .. } => !left.dropped.contains(enrolment),
            _ => true,
        });
        found.extend(judged.filter_map(|promise| broken(promise, tables)));
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
