use crate::ids::{CourseId, EnrolmentId, InviteId, LabId, ProjectId, UserId};
use serde::{Deserialize, Serialize};
use std::fmt;

/// The kinds of saga. The words are part of the stored format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SagaKind {
    /// A lab with its groups and account.
    CreateLab,
    /// A project with its groups and account.
    CreateProject,
    /// Somebody joins a lab.
    AcceptInvite,
    /// A course's template project gets its credits.
    FundTemplate,
    /// One student gets a seat.
    AssignSeat,
    /// One student is let in.
    Activate,
    /// One student is dropped.
    DropSeat,
    /// A course is closed: voided, deleted or ended.
    CloseCourse,
}

impl SagaKind {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::CreateLab,
        Self::CreateProject,
        Self::AcceptInvite,
        Self::FundTemplate,
        Self::AssignSeat,
        Self::Activate,
        Self::DropSeat,
        Self::CloseCourse,
    ];

    /// The word under which it is stored and shown.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::CreateLab => "create_lab",
            Self::CreateProject => "create_project",
            Self::AcceptInvite => "accept_invite",
            Self::FundTemplate => "fund_template",
            Self::AssignSeat => "assign_seat",
            Self::Activate => "activate",
            Self::DropSeat => "drop_seat",
            Self::CloseCourse => "close_course",
        }
    }
}

impl std::str::FromStr for SagaKind {
    type Err = ();

    fn from_str(word: &str) -> Result<Self, ()> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word).ok_or(())
    }
}

/// What an open saga holds, so that a second one waits (design §4.9).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Subject {
    /// An enrolment.
    Enrolment(EnrolmentId),
    /// A user in a lab.
    Member(LabId, UserId),
    /// An invite.
    Invite(InviteId),
    /// A lab that is being made.
    Lab(LabId),
    /// A project that is being made.
    Project(ProjectId),
    /// The closing of a course.
    Closing(CourseId),
    /// The funding of a course's template.
    Template(CourseId),
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Enrolment(id) => write!(f, "enrolment:{id}"),
            Self::Member(lab, user) => write!(f, "member:{lab}:{user}"),
            Self::Invite(id) => write!(f, "invite:{id}"),
            Self::Lab(id) => write!(f, "lab:{id}"),
            Self::Project(id) => write!(f, "project:{id}"),
            Self::Closing(id) => write!(f, "closing:{id}"),
            Self::Template(id) => write!(f, "template:{id}"),
        }
    }
}
