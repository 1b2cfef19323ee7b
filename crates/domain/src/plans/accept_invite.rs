use super::{CoursePlan, CourseStep, Subject};
use crate::group::{GroupId, GroupRole};
use crate::ids::{InviteId, LabId, UserId};
use crate::saga::Plan;
use serde::{Deserialize, Serialize};

/// An invite that somebody accepts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AcceptInvite {
    /// The invite.
    pub invite: InviteId,
    /// Its lab.
    pub lab: LabId,
    /// Who accepts.
    pub user: UserId,
    /// The role it gives.
    pub role: GroupRole,
}

impl AcceptInvite {
    /// Into the lab's group, then accepted.
    #[must_use]
    pub fn plan(self, group: GroupId) -> CoursePlan {
        Plan::undoable(vec![
            CourseStep::Hold {
                subjects: vec![Subject::Invite(self.invite), Subject::Member(self.lab, self.user)],
            },
            CourseStep::JoinLab { lab: self.lab, role: self.role, group, user: self.user },
            CourseStep::SettleInvite(self),
        ])
    }
}
