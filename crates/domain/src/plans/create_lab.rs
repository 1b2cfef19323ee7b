use super::{CoursePlan, CourseStep};
use crate::group::{GroupName, GroupRole};
use crate::ids::{LabId, UserId};
use crate::saga::Plan;
use crate::virtual_lab::LabProfile;
use serde::{Deserialize, Serialize};

/// A lab to be made.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CreateLab {
    /// Its id, chosen up front.
    pub lab: LabId,
    /// Who creates and owns it.
    pub owner: UserId,
    /// What its creator says about it.
    pub profile: LabProfile,
}

impl CreateLab {
    /// The name of its group for `role`.
    #[must_use]
    pub fn group(&self, role: GroupRole) -> GroupName {
        GroupName::of_lab(self.lab, role)
    }

    /// Groups, owner into the admin group, account, row.
    #[must_use]
    pub fn plan(self) -> CoursePlan {
        let (admin, member) = (self.group(GroupRole::Admin), self.group(GroupRole::Member));
        Plan::undoable(vec![
            CourseStep::CreateGroup { name: admin.clone() },
            CourseStep::CreateGroup { name: member },
            CourseStep::JoinOwnGroup { name: admin, user: self.owner },
            CourseStep::OpenLabAccount { lab: self.lab, name: self.profile.name.to_string() },
            CourseStep::SettleLab(Box::new(self)),
        ])
    }
}
