use super::{CoursePlan, CourseStep, Subject};
use crate::course::Closing;
use crate::ids::{CourseId, LabId, ProjectId};
use crate::saga::Plan;
use serde::{Deserialize, Serialize};

/// A course that is closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct CloseCourse {
    /// The course.
    pub course: CourseId,
    /// Its lab.
    pub lab: LabId,
    /// Its template project.
    pub template: ProjectId,
    /// Why.
    pub reason: Closing,
}

impl CloseCourse {
    /// A drop for each live enrolment, the lab depleted, and for a delete the groups and rows
    /// gone. Forward only: the mark is written with the plan.
    #[must_use]
    pub fn plan(self) -> CoursePlan {
        let mut steps = vec![
            CourseStep::Hold { subjects: vec![Subject::Closing(self.course)] },
            CourseStep::DropAll { course: self.course },
            CourseStep::DepleteLab { course: self.course, lab: self.lab },
        ];
        if self.reason == Closing::Deleting {
            steps.push(CourseStep::DeleteStudentGroups { course: self.course, lab: self.lab });
        }
        steps.push(CourseStep::SettleClosing(self));
        Plan::forward_only_after(0, steps)
    }
}
