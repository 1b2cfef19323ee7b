//! Enrolments: a student's place in a course, from assignment over claim and activation to drop.

mod activation;
mod claim;

pub use activation::{ActivateRefusal, check_activate, check_still_activatable};
pub use claim::{ClaimRefusal, check_claim};

use crate::ids::{CourseId, EnrolmentId, ProjectId, UserId};
use crate::values::{Credits, EmailAddress, StudentId};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// That an enrolment is being dropped: forward only from here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dropping {
    /// When it was marked.
    pub since: DateTime<Utc>,
    /// The student whom the drop takes out of the lab: the holder when it was marked.
    pub student: Option<UserId>,
}

/// A student's place in a course.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Enrolment {
    /// Its id: what the claim link names.
    pub id: EnrolmentId,
    /// The course.
    pub course: CourseId,
    /// The student's own project.
    pub project: ProjectId,
    /// What the university calls the student.
    pub student_id: StudentId,
    /// Where the claim link went.
    pub email: EmailAddress,
    /// Who claimed it.
    pub claimed_by: Option<UserId>,
    /// When the student was let in.
    pub activated_at: Option<DateTime<Utc>>,
    /// Whether it was dropped.
    pub dropped: bool,
    /// Whether it is being dropped.
    pub dropping: Option<Dropping>,
    /// What its project was granted; `None` for one that another service made: then it is the
    /// course's credits per seat.
    pub grant: Option<Credits>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
}

/// What an enrolment looks like to somebody who lists enrolments.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EnrolmentState {
    /// Nobody has claimed it yet.
    Assigned,
    /// Claimed, not let in yet.
    Claimed,
    /// Let in.
    Activated,
    /// Being dropped.
    Dropping,
    /// Dropped.
    Dropped,
}

impl EnrolmentState {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::Assigned, Self::Claimed, Self::Activated, Self::Dropping, Self::Dropped];

    /// The word under which it is known in JSON.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Assigned => "assigned",
            Self::Claimed => "claimed",
            Self::Activated => "activated",
            Self::Dropping => "dropping",
            Self::Dropped => "dropped",
        }
    }
}

impl Enrolment {
    /// Neither dropped nor being dropped.
    #[must_use]
    pub fn is_live(&self) -> bool {
        !self.dropped && self.dropping.is_none()
    }

    /// What a listing shows.
    #[must_use]
    pub fn state(&self) -> EnrolmentState {
        match () {
            () if self.dropped => EnrolmentState::Dropped,
            () if self.dropping.is_some() => EnrolmentState::Dropping,
            () if self.activated_at.is_some() => EnrolmentState::Activated,
            () if self.claimed_by.is_some() => EnrolmentState::Claimed,
            () => EnrolmentState::Assigned,
        }
    }

    /// Who belongs in the project's member group (design §4.9): the holder of a live activated
    /// enrolment.
    #[must_use]
    pub fn member(&self) -> Option<UserId> {
        (self.is_live() && self.activated_at.is_some()).then_some(self.claimed_by).flatten()
    }
}
