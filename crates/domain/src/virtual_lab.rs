//! Virtual labs and the invitations into them.

use crate::group::{GroupId, GroupRole};
use crate::ids::{InviteId, LabId, UserId};
use crate::values::{EmailAddress, LabName};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// Where a lab's jobs run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ComputeCell {
    /// The first.
    #[default]
    CellA,
    /// The second.
    CellB,
}

/// What the creator of a lab says about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LabProfile {
    /// Its name, unique among labs that are not deleted.
    pub name: LabName,
    /// What it is for.
    pub description: String,
    /// Whom to ask.
    pub reference_email: Option<EmailAddress>,
    /// Whether that address was verified.
    pub email_verified: bool,
    /// The organisation behind it.
    pub entity: String,
    /// Where its jobs run.
    pub compute_cell: ComputeCell,
}

/// A virtual lab: the place where projects, and at most one course, live.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VirtualLab {
    /// Its id.
    pub id: LabId,
    /// What its creator said about it.
    pub profile: LabProfile,
    /// Who created it.
    pub owner: UserId,
    /// The identity provider's id of its admin group.
    pub admin_group: GroupId,
    /// The identity provider's id of its member group.
    pub member_group: GroupId,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it was last changed.
    pub updated_at: DateTime<Utc>,
}

impl VirtualLab {
    /// Whether a course may sit on it: it is owned by the configured course-lab owner.
    #[must_use]
    pub fn is_course_lab(&self, course_lab_owner: UserId) -> bool {
        self.owner == course_lab_owner
    }

    /// The identity provider's id of the group for `role`.
    #[must_use]
    pub fn group(&self, role: GroupRole) -> &GroupId {
        match role {
            GroupRole::Admin => &self.admin_group,
            GroupRole::Member => &self.member_group,
        }
    }
}

/// An invitation into a lab.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invite {
    /// Its id: what the token names.
    pub id: InviteId,
    /// The lab.
    pub lab: LabId,
    /// Who invited.
    pub inviter: UserId,
    /// The group that accepting it joins.
    pub role: GroupRole,
    /// Who was invited.
    pub email: EmailAddress,
    /// Who accepted it, once accepted.
    pub user: Option<UserId>,
    /// Whether it was accepted.
    pub accepted: bool,
    /// When it was sent.
    pub created_at: DateTime<Utc>,
    /// When it was last changed.
    pub updated_at: DateTime<Utc>,
}
