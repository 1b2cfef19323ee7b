use super::{CoursePlan, CourseStep, CreateProject};
use crate::ids::{CourseId, EnrolmentId, SeatId, UserId};
use crate::ids::{LabId, ProjectId};
use crate::saga::Plan;
use crate::values::{Credits, EmailAddress, ProjectName, StudentId};
use serde::{Deserialize, Serialize};

/// One student who gets a seat.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AssignSeat {
    /// The course.
    pub course: CourseId,
    /// Its lab.
    pub lab: LabId,
    /// The seat that was reserved.
    pub seat: SeatId,
    /// The enrolment, chosen up front.
    pub enrolment: EnrolmentId,
    /// The student's project, chosen up front.
    pub project: ProjectId,
    /// Who owns the project: the lab's owner.
    pub owner: UserId,
    /// The student.
    pub student_id: StudentId,
    /// Where the claim link goes.
    pub email: EmailAddress,
    /// The course's credits per seat.
    pub grant: Credits,
}

impl AssignSeat {
    /// The project that the student gets, with the lab's `admins` in its admin group.
    #[must_use]
    pub fn create_project(&self, admins: Vec<UserId>) -> CreateProject {
        CreateProject {
            project: self.project,
            lab: self.lab,
            owner: self.owner,
            name: ProjectName::from(&self.student_id),
            description: None,
            admins,
        }
    }

    /// Project groups, admins, account, grant, settle.
    #[must_use]
    pub fn plan(self, admins: Vec<UserId>) -> CoursePlan {
        let mut steps = self.create_project(admins).outside();
        steps.push(CourseStep::Grant { project: self.project, amount: self.grant });
        steps.push(CourseStep::SettleAssign(Box::new(self)));
        Plan::undoable(steps)
    }
}
