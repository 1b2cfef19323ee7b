use course_seats_domain::group::{GroupName, GroupOwner};
use course_seats_domain::ids::{LabId, ProjectId, UserId};
use course_seats_domain::plans::{CoursePlan, CourseStep, Subject};
use std::collections::HashSet;

/// What open sagas are at work on: nothing is said about that.
#[derive(Debug, Default)]
pub(super) struct Busy {
    /// Whole labs, with all that is in them.
    labs: HashSet<LabId>,
    projects: HashSet<ProjectId>,
    members: HashSet<(LabId, UserId)>,
    /// Labs that somebody is about to leave.
    leaving: HashSet<LabId>,
}

impl Busy {
    pub(super) fn of<'a>(plans: impl IntoIterator<Item = &'a CoursePlan>) -> Self {
        let mut busy = Self::default();
        for planned in plans.into_iter().flat_map(|plan| &plan.steps) {
            busy.see(&planned.step);
        }
        busy
    }

    pub(super) fn lab(&self, lab: LabId) -> bool {
        self.labs.contains(&lab)
    }

    pub(super) fn project(&self, lab: LabId, project: ProjectId) -> bool {
        self.lab(lab) || self.projects.contains(&project)
    }

    pub(super) fn account(&self, lab: Option<LabId>, project: ProjectId) -> bool {
        lab.is_some_and(|lab| self.lab(lab)) || self.projects.contains(&project)
    }

    pub(super) fn member(&self, lab: LabId, user: UserId) -> bool {
        self.lab(lab) || self.leaving.contains(&lab) || self.members.contains(&(lab, user))
    }

    fn see(&mut self, step: &CourseStep) {
        match step {
            CourseStep::Hold { subjects } => subjects.iter().for_each(|one| self.see_subject(one)),
            CourseStep::CreateGroup { name } | CourseStep::JoinOwnGroup { name, .. } => {
                self.see_group(name);
            }
            CourseStep::OpenLabAccount { lab, .. }
            | CourseStep::DepleteLab { lab, .. }
            | CourseStep::DeleteStudentGroups { lab, .. } => {
                self.labs.insert(*lab);
            }
            CourseStep::OpenProjectAccount { project, .. }
            | CourseStep::Grant { project, .. }
            | CourseStep::GrantTemplate { project, .. }
            | CourseStep::JoinProject { project, .. }
            | CourseStep::EmptyProject { project, .. }
            | CourseStep::DepleteProject { project } => {
                self.projects.insert(*project);
            }
            CourseStep::JoinLab { lab, user, .. } => {
                self.members.insert((*lab, *user));
            }
            CourseStep::LeaveLab { lab } => {
                self.leaving.insert(*lab);
            }
            CourseStep::MarkDropping(drop) | CourseStep::SettleDrop(drop) => {
                self.projects.insert(drop.project);
                self.leaving.insert(drop.lab);
            }
            CourseStep::SettleLab(lab) => {
                self.labs.insert(lab.lab);
            }
            CourseStep::SettleProject(project) => {
                self.projects.insert(project.project);
            }
            CourseStep::SettleAssign(assign) => {
                self.projects.insert(assign.project);
            }
            CourseStep::SettleActivate(activate) => {
                self.projects.insert(activate.project);
                self.members.insert((activate.lab, activate.user));
            }
            CourseStep::SettleInvite(invite) => {
                self.members.insert((invite.lab, invite.user));
            }
            CourseStep::SettleClosing(closing) => {
                self.labs.insert(closing.lab);
            }
            CourseStep::DropAll { .. } | CourseStep::SettleTemplate { .. } => {}
        }
    }

    fn see_subject(&mut self, subject: &Subject) {
        match subject {
            Subject::Member(lab, user) => {
                self.members.insert((*lab, *user));
            }
            Subject::Lab(lab) => {
                self.labs.insert(*lab);
            }
            Subject::Project(project) => {
                self.projects.insert(*project);
            }
            Subject::Enrolment(_)
            | Subject::Invite(_)
            | Subject::Closing(_)
            | Subject::Template(_) => {}
        }
    }

    fn see_group(&mut self, name: &GroupName) {
        match name.owner() {
            Some((GroupOwner::Lab(lab), _)) => {
                self.labs.insert(lab);
            }
            Some((GroupOwner::Project(_, project), _)) => {
                self.projects.insert(project);
            }
            None => {}
        }
    }
}
