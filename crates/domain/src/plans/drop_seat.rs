use super::{CoursePlan, CourseStep};
use crate::ids::{CourseId, EnrolmentId, LabId, ProjectId, SeatId};
use crate::saga::Plan;
use serde::{Deserialize, Serialize};

/// One seat whose student is dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct DropSeat {
    /// The course.
    pub course: CourseId,
    /// Its lab.
    pub lab: LabId,
    /// The seat; `None` if the enrolment has none (adopted data).
    pub seat: Option<SeatId>,
    /// The enrolment.
    pub enrolment: EnrolmentId,
    /// Its project.
    pub project: ProjectId,
}

impl DropSeat {
    /// Mark, everybody out of the project, the student out of the lab, credits back, settle.
    /// Forward only from the mark on.
    #[must_use]
    pub fn plan(self) -> CoursePlan {
        Plan::forward_only_after(
            1,
            vec![
                CourseStep::MarkDropping(self),
                CourseStep::EmptyProject { project: self.project, enrolment: self.enrolment },
                CourseStep::LeaveLab { lab: self.lab },
                CourseStep::DepleteProject { project: self.project },
                CourseStep::SettleDrop(self),
            ],
        )
    }
}
