use super::{CoursePlan, CourseStep};
use crate::ids::{CourseId, ProjectId};
use crate::saga::Plan;
use crate::values::Credits;
use serde::{Deserialize, Serialize};

/// A template project to be funded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct FundTemplate {
    /// The course.
    pub course: CourseId,
    /// Its template project.
    pub project: ProjectId,
    /// The course's credits per seat.
    pub amount: Credits,
}

impl FundTemplate {
    /// The grant, forward only.
    #[must_use]
    pub fn plan(self) -> CoursePlan {
        Plan::forward_only_after(
            0,
            vec![
                CourseStep::GrantTemplate {
                    course: self.course,
                    project: self.project,
                    amount: self.amount,
                },
                CourseStep::SettleTemplate { course: self.course },
            ],
        )
    }
}
