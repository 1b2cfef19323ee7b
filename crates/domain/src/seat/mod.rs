//! Seats: which are free, in which order they are taken, when they come back, which may move.

mod recovery;
mod transfer;

pub use recovery::{SPENT_LIMIT, SeatFate, fate_after_drop, spent};
pub use transfer::{TransferAmount, TransferRefusal, check_transfer, pick_for_transfer};

use crate::ids::{BatchId, CourseId, EnrolmentId, InstitutionId, SeatId};
use crate::values::Credits;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// One place in a course.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seat {
    /// Its id.
    pub id: SeatId,
    /// The course that has it now.
    pub course: CourseId,
    /// The institution that it was provisioned for.
    pub institution: InstitutionId,
    /// The seats it was provisioned with.
    pub batch: BatchId,
    /// The course's credits per seat when it was provisioned.
    pub credit_value: u32,
    /// From this moment on it cannot be assigned.
    pub expiry: DateTime<Utc>,
    /// Used up, for good.
    pub consumed: bool,
    /// It came back once from a drop; it does not come back again.
    pub previously_dropped: bool,
    /// Who sits on it.
    pub enrolment: Option<EnrolmentId>,
    /// When it was provisioned.
    pub created_at: DateTime<Utc>,
}

/// What a seat looks like to somebody who lists seats.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SeatState {
    /// Can be assigned (unless it has expired).
    Free,
    /// An assignment under way holds it.
    Reserved,
    /// A student sits on it.
    Assigned,
    /// Its student is being dropped.
    Dropping,
    /// Used up.
    Consumed,
}

impl SeatState {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::Free, Self::Reserved, Self::Assigned, Self::Dropping, Self::Consumed];

    /// The word under which it is known in JSON.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Free => "free",
            Self::Reserved => "reserved",
            Self::Assigned => "assigned",
            Self::Dropping => "dropping",
            Self::Consumed => "consumed",
        }
    }
}

impl Seat {
    /// What a listing shows; `reserved`: an assignment under way holds it, `dropping`: its
    /// student is being dropped.
    #[must_use]
    pub fn state(&self, reserved: bool, dropping: bool) -> SeatState {
        match () {
            () if self.consumed => SeatState::Consumed,
            () if self.enrolment.is_some() && dropping => SeatState::Dropping,
            () if self.enrolment.is_some() => SeatState::Assigned,
            () if reserved => SeatState::Reserved,
            () => SeatState::Free,
        }
    }

    /// Whether it can be assigned: free, and its expiry in the future.
    #[must_use]
    pub fn is_available(&self, reserved: bool, now: DateTime<Utc>) -> bool {
        self.state(reserved, false) == SeatState::Free && self.expiry > now
    }

    /// Seats are taken in order of earliest expiry; the id decides between equals.
    #[must_use]
    pub fn order(&self) -> (DateTime<Utc>, SeatId) {
        (self.expiry, self.id)
    }

    /// Puts a student on it.
    pub fn assign(&mut self, enrolment: EnrolmentId) {
        self.enrolment = Some(enrolment);
    }

    /// Ends a drop: back among the free ones once, or used up.
    pub fn end_drop(&mut self, fate: SeatFate) {
        match fate {
            SeatFate::Recovered => {
                self.enrolment = None;
                self.previously_dropped = true;
            }
            SeatFate::Consumed => self.consumed = true,
        }
    }

    /// What it granted when it was provisioned.
    #[must_use]
    pub fn value(&self) -> Credits {
        Credits::whole(self.credit_value)
    }
}
