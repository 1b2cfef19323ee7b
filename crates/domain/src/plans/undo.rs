use crate::group::{GroupId, GroupName, GroupRole};
use crate::ids::{LabId, ProjectId, UserId};
use crate::values::Credits;
use serde::{Deserialize, Serialize};

/// What takes a step back. Each is safe if its step never happened.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "undo", rename_all = "snake_case")]
pub enum CourseUndo {
    /// Deletes the group of this name, which is ours alone.
    DeleteGroup {
        /// Its name.
        name: GroupName,
    },
    /// An account cannot be deleted: depletes it and keeps it among the given-up.
    GiveUpLab {
        /// The lab.
        lab: LabId,
    },
    /// An account cannot be deleted: depletes it and keeps it among the given-up.
    GiveUpProject {
        /// The project.
        project: ProjectId,
    },
    /// Takes a grant back, if it arrived.
    TakeBack {
        /// The project.
        project: ProjectId,
        /// What was granted.
        amount: Credits,
    },
    /// Takes somebody out of a project, unless the rows say that he belongs there.
    LeaveProject {
        /// The project.
        project: ProjectId,
        /// Its member group.
        group: GroupId,
        /// Who leaves.
        user: UserId,
    },
    /// Takes somebody out of a lab, unless the rows say that he belongs there.
    LeaveLab {
        /// The lab.
        lab: LabId,
        /// Which of its groups.
        role: GroupRole,
        /// That group.
        group: GroupId,
        /// Who leaves.
        user: UserId,
    },
}

impl CourseUndo {
    /// The name under which it is shown.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::DeleteGroup { .. } => "delete_group",
            Self::GiveUpLab { .. } => "give_up_lab",
            Self::GiveUpProject { .. } => "give_up_project",
            Self::TakeBack { .. } => "take_back",
            Self::LeaveProject { .. } => "leave_project",
            Self::LeaveLab { .. } => "leave_lab",
        }
    }
}
