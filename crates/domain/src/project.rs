//! Projects.

use crate::group::{GroupId, GroupRole};
use crate::ids::{LabId, ProjectId, UserId};
use crate::values::ProjectName;
use chrono::{DateTime, Utc};

/// A project in a lab, with an account of its own in the accounting service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Project {
    /// Its id; also that of its account.
    pub id: ProjectId,
    /// The lab.
    pub lab: LabId,
    /// Its name.
    pub name: ProjectName,
    /// What it is for.
    pub description: Option<String>,
    /// Who owns it.
    pub owner: UserId,
    /// The identity provider's id of its admin group.
    pub admin_group: GroupId,
    /// The identity provider's id of its member group.
    pub member_group: GroupId,
    /// Whether it was deleted: its name is free again, its row stays.
    pub deleted: bool,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it was last changed.
    pub updated_at: DateTime<Utc>,
}

impl Project {
    /// The identity provider's id of the group for `role`.
    #[must_use]
    pub fn group(&self, role: GroupRole) -> &GroupId {
        match role {
            GroupRole::Admin => &self.admin_group,
            GroupRole::Member => &self.member_group,
        }
    }
}
