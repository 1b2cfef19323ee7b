use super::{CoursePlan, CourseStep};
use crate::group::{GroupName, GroupRole};
use crate::ids::{LabId, ProjectId, UserId};
use crate::saga::Plan;
use crate::values::ProjectName;
use serde::{Deserialize, Serialize};

/// A project to be made.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CreateProject {
    /// Its id, chosen up front.
    pub project: ProjectId,
    /// Its lab.
    pub lab: LabId,
    /// Who owns it.
    pub owner: UserId,
    /// Its name.
    pub name: ProjectName,
    /// What it is for.
    pub description: Option<String>,
    /// The lab's admins: they become the project's admins.
    pub admins: Vec<UserId>,
}

impl CreateProject {
    /// The name of its group for `role`.
    #[must_use]
    pub fn group(&self, role: GroupRole) -> GroupName {
        GroupName::of_project(self.lab, self.project, role)
    }

    /// Groups, admins, account, row.
    #[must_use]
    pub fn plan(self) -> CoursePlan {
        let mut steps = self.outside();
        steps.push(CourseStep::SettleProject(Box::new(self)));
        Plan::undoable(steps)
    }

    /// What a project needs outside: groups, admins in the admin group, an account.
    pub(super) fn outside(&self) -> Vec<CourseStep> {
        let admin = self.group(GroupRole::Admin);
        let mut steps = vec![
            CourseStep::CreateGroup { name: admin.clone() },
            CourseStep::CreateGroup { name: self.group(GroupRole::Member) },
        ];
        steps.extend(
            self.admins
                .iter()
                .map(|user| CourseStep::JoinOwnGroup { name: admin.clone(), user: *user }),
        );
        steps.push(CourseStep::OpenProjectAccount {
            project: self.project,
            lab: self.lab,
            name: self.name.to_string(),
        });
        steps
    }
}
