use super::{
    AcceptInvite, Activate, AssignSeat, CloseCourse, CourseUndo, CreateLab, CreateProject,
    DropSeat, Note, Subject,
};
use crate::group::{GroupId, GroupName, GroupRole};
use crate::ids::{CourseId, EnrolmentId, LabId, ProjectId, UserId};
use crate::saga::Step;
use crate::values::Credits;
use serde::{Deserialize, Serialize};

/// Everything that a saga of this service can do. A step touches one system; the last of a plan
/// is the settle, one transaction in the database.
///
/// Stored as JSON: names and fields of released versions stay readable for ever.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "step", rename_all = "snake_case")]
pub enum CourseStep {
    /// Takes the subjects, or waits until whoever has them lets go.
    Hold {
        /// What is taken.
        subjects: Vec<Subject>,
    },
    /// Makes a group that is ours alone.
    CreateGroup {
        /// Its name.
        name: GroupName,
    },
    /// Puts somebody into a group that this saga made.
    JoinOwnGroup {
        /// The group's name; its id is in the notes of the step that made it.
        name: GroupName,
        /// Who joins.
        user: UserId,
    },
    /// Opens a lab's account in the accounting service.
    OpenLabAccount {
        /// The lab.
        lab: LabId,
        /// The lab's name.
        name: String,
    },
    /// Opens a project's account in the accounting service.
    OpenProjectAccount {
        /// The project.
        project: ProjectId,
        /// Its lab.
        lab: LabId,
        /// The project's name.
        name: String,
    },
    /// Grants credits to a fresh project account: one attempt, ever.
    Grant {
        /// The project.
        project: ProjectId,
        /// How much.
        amount: Credits,
    },
    /// Grants credits to a course's template project.
    GrantTemplate {
        /// The course.
        course: CourseId,
        /// Its template.
        project: ProjectId,
        /// How much.
        amount: Credits,
    },
    /// Puts a student into the project's member group.
    JoinProject {
        /// The project.
        project: ProjectId,
        /// Its member group.
        group: GroupId,
        /// Who joins.
        user: UserId,
    },
    /// Puts somebody into a lab's group, which others share.
    JoinLab {
        /// The lab.
        lab: LabId,
        /// Which of its groups.
        role: GroupRole,
        /// That group.
        group: GroupId,
        /// Who joins.
        user: UserId,
    },
    /// Marks an enrolment as dropping, and notes what a drop decides by: forward only from here.
    MarkDropping(DropSeat),
    /// Takes every member out of a project's member group.
    EmptyProject {
        /// The project.
        project: ProjectId,
        /// Its enrolment.
        enrolment: EnrolmentId,
    },
    /// Takes the student noted at the mark out of the lab, unless the rows say that he belongs.
    LeaveLab {
        /// The lab.
        lab: LabId,
    },
    /// Notes the balance and takes all credits back.
    DepleteProject {
        /// The project.
        project: ProjectId,
    },
    /// Closing: waits for the course's other sagas, and opens a drop for each live enrolment.
    DropAll {
        /// The course.
        course: CourseId,
    },
    /// Closing: takes all credits of the lab and its projects back, once.
    DepleteLab {
        /// The course.
        course: CourseId,
        /// Its lab.
        lab: LabId,
    },
    /// Deleting: deletes the groups of the course's student projects.
    DeleteStudentGroups {
        /// The course.
        course: CourseId,
        /// Its lab.
        lab: LabId,
    },
    /// Writes the lab.
    SettleLab(Box<CreateLab>),
    /// Writes the project.
    SettleProject(Box<CreateProject>),
    /// Marks the invite as accepted.
    SettleInvite(AcceptInvite),
    /// Marks the template as funded.
    SettleTemplate {
        /// The course.
        course: CourseId,
    },
    /// Writes project, enrolment, seat and mail.
    SettleAssign(Box<AssignSeat>),
    /// Marks the enrolment as activated.
    SettleActivate(Activate),
    /// Marks the enrolment as dropped and decides about the seat.
    SettleDrop(DropSeat),
    /// Ends a closing.
    SettleClosing(CloseCourse),
}

impl Step for CourseStep {
    type Undo = CourseUndo;
    type Note = Note;

    fn name(&self) -> &'static str {
        match self {
            Self::Hold { .. } => "hold",
            Self::CreateGroup { .. } => "create_group",
            Self::JoinOwnGroup { .. } => "join_own_group",
            Self::OpenLabAccount { .. } => "open_lab_account",
            Self::OpenProjectAccount { .. } => "open_project_account",
            Self::Grant { .. } => "grant",
            Self::GrantTemplate { .. } => "grant_template",
            Self::JoinProject { .. } => "join_project",
            Self::JoinLab { .. } => "join_lab",
            Self::MarkDropping(_) => "mark_dropping",
            Self::EmptyProject { .. } => "empty_project",
            Self::LeaveLab { .. } => "leave_lab",
            Self::DepleteProject { .. } => "deplete_project",
            Self::DropAll { .. } => "drop_all",
            Self::DepleteLab { .. } => "deplete_lab",
            Self::DeleteStudentGroups { .. } => "delete_student_groups",
            Self::SettleLab(_) => "settle_lab",
            Self::SettleProject(_) => "settle_project",
            Self::SettleInvite(_) => "settle_invite",
            Self::SettleTemplate { .. } => "settle_template",
            Self::SettleAssign(_) => "settle_assign",
            Self::SettleActivate(_) => "settle_activate",
            Self::SettleDrop(_) => "settle_drop",
            Self::SettleClosing(_) => "settle_closing",
        }
    }

    fn undo(&self) -> Option<CourseUndo> {
        match self {
            Self::CreateGroup { name } => Some(CourseUndo::DeleteGroup { name: name.clone() }),
            Self::OpenLabAccount { lab, .. } => Some(CourseUndo::GiveUpLab { lab: *lab }),
            Self::OpenProjectAccount { project, .. } => {
                Some(CourseUndo::GiveUpProject { project: *project })
            }
            Self::Grant { project, amount } => {
                Some(CourseUndo::TakeBack { project: *project, amount: *amount })
            }
            Self::JoinProject { project, group, user } => Some(CourseUndo::LeaveProject {
                project: *project,
                group: group.clone(),
                user: *user,
            }),
            Self::JoinLab { lab, role, group, user } => {
                Some(CourseUndo::LeaveLab {
                    lab: *lab,
                    role: *role,
                    group: group.clone(),
                    user: *user,
                })
            }
            // Local: what they hold goes when the saga closes.
            Self::Hold { .. }
            | Self::MarkDropping(_)
            | Self::SettleLab(_)
            | Self::SettleProject(_)
            | Self::SettleInvite(_)
            | Self::SettleTemplate { .. }
            | Self::SettleAssign(_)
            | Self::SettleActivate(_)
            | Self::SettleDrop(_)
            | Self::SettleClosing(_)
            // Goes with its group.
            | Self::JoinOwnGroup { .. }
            // Forward only.
            | Self::GrantTemplate { .. }
            | Self::EmptyProject { .. }
            | Self::LeaveLab { .. }
            | Self::DepleteProject { .. }
            | Self::DropAll { .. }
            | Self::DepleteLab { .. }
            | Self::DeleteStudentGroups { .. } => None,
        }
    }
}

impl CourseStep {
    /// Whether the step after this one may be done at the same time, as neither needs what the other
    /// gives, and both may be repeated as they are: groups beside each other; then who joins them
    /// beside the account. An account is opened only when there are groups, and money comes last:
    /// what is hard to take back is not begun beside what may fail. A student leaves the project and
    /// the lab at once.
    #[must_use]
    pub fn goes_beside(&self, next: &Self) -> bool {
        let fills = |step: &Self| {
            matches!(
                step,
                Self::JoinOwnGroup { .. }
                    | Self::OpenLabAccount { .. }
                    | Self::OpenProjectAccount { .. }
            )
        };
        match self {
            Self::CreateGroup { .. } => matches!(next, Self::CreateGroup { .. }),
            Self::EmptyProject { .. } => matches!(next, Self::LeaveLab { .. }),
            step => fills(step) && fills(next),
        }
    }

    /// Whether it asks nothing outside: it only reads and writes our own rows.
    #[must_use]
    pub fn is_local(&self) -> bool {
        matches!(
            self,
            Self::Hold { .. }
                | Self::MarkDropping(_)
                | Self::SettleLab(_)
                | Self::SettleProject(_)
                | Self::SettleInvite(_)
                | Self::SettleTemplate { .. }
                | Self::SettleAssign(_)
                | Self::SettleActivate(_)
                | Self::SettleDrop(_)
                | Self::SettleClosing(_)
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::{CourseId, EnrolmentId, SeatId};
    use crate::plans::CoursePlan;
    use uuid::Uuid;

    /// The names of the steps of a plan, those that go beside each other in one group.
    fn stages(plan: &CoursePlan) -> Vec<Vec<&'static str>> {
        let steps: Vec<&CourseStep> = plan.steps.iter().map(|planned| &planned.step).collect();
        let beside = steps.chunk_by(|one, next| one.goes_beside(next));
        beside.map(|stage| stage.iter().map(|step| step.name()).collect()).collect()
    }

    fn id<T>(new: impl Fn(Uuid) -> T) -> T {
        new(Uuid::from_u128(1))
    }

    #[test]
    fn money_comes_last_and_the_rest_of_an_assign_two_at_a_time() {
        let assign = AssignSeat {
            course: id(CourseId::new),
            lab: id(LabId::new),
            seat: id(SeatId::new),
            enrolment: id(EnrolmentId::new),
            project: id(ProjectId::new),
            owner: id(UserId::new),
            student_id: "S1".parse().unwrap(),
            email: "s1@u.example".parse().unwrap(),
            grant: Credits::whole(200),
        };
        let wanted = [
            vec!["create_group", "create_group"],
            vec!["join_own_group", "join_own_group", "open_project_account"],
            vec!["grant"],
            vec!["settle_assign"],
        ];
        assert_eq!(stages(&assign.plan(vec![id(UserId::new); 2])), wanted);
    }

    #[test]
    fn a_student_leaves_project_and_lab_at_once_before_money_is_touched() {
        let drop = DropSeat {
            course: id(CourseId::new),
            lab: id(LabId::new),
            seat: None,
            enrolment: id(EnrolmentId::new),
            project: id(ProjectId::new),
        };
        let wanted = [
            vec!["mark_dropping"],
            vec!["empty_project", "leave_lab"],
            vec!["deplete_project"],
            vec!["settle_drop"],
        ];
        assert_eq!(stages(&drop.plan()), wanted);
    }
}
