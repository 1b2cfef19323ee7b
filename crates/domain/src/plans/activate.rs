use super::{CoursePlan, CourseStep, Subject};
use crate::group::{GroupId, GroupRole};
use crate::ids::{CourseId, EnrolmentId, LabId, ProjectId, UserId};
use crate::saga::Plan;
use serde::{Deserialize, Serialize};

/// One claimed enrolment whose student is let in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Activate {
    /// The course.
    pub course: CourseId,
    /// Its lab.
    pub lab: LabId,
    /// The enrolment.
    pub enrolment: EnrolmentId,
    /// Its project.
    pub project: ProjectId,
    /// Who claimed it.
    pub user: UserId,
}

impl Activate {
    /// Into the project's and the lab's member group, then activated. Whether the student stays
    /// in the lab when it is undone, the rows say.
    #[must_use]
    pub fn plan(self, project_members: GroupId, lab_members: GroupId) -> CoursePlan {
        Plan::undoable(vec![
            CourseStep::Hold {
                subjects: vec![
                    Subject::Enrolment(self.enrolment),
                    Subject::Member(self.lab, self.user),
                ],
            },
            CourseStep::JoinProject {
                project: self.project,
                group: project_members,
                user: self.user,
            },
            CourseStep::JoinLab {
                lab: self.lab,
                role: GroupRole::Member,
                group: lab_members,
                user: self.user,
            },
            CourseStep::SettleActivate(self),
        ])
    }
}
