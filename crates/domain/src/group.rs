//! Groups of the identity provider: how ours are named.

use crate::ids::{LabId, ProjectId};
use serde::{Deserialize, Serialize};

/// The identity provider's own id of a group; not its name.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct GroupId(pub String);

impl std::fmt::Display for GroupId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// Admins or members.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GroupRole {
    /// Those who may change things.
    Admin,
    /// Those who may look and work.
    Member,
}

impl GroupRole {
    /// Both of them.
    pub const ALL: [Self; 2] = [Self::Admin, Self::Member];

    /// The role as it stands in names and in JSON.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Admin => "admin",
            Self::Member => "member",
        }
    }
}

/// What a group belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum GroupOwner {
    /// A lab.
    Lab(LabId),
    /// A project in a lab.
    Project(LabId, ProjectId),
}

/// The name of a group that is ours: it carries the id of what it belongs to, so nobody else's
/// group can have it, and it is known before the group exists.
///
/// ```
/// use course_seats_domain::{group::{GroupName, GroupRole}, ids::LabId};
/// let lab = LabId::new(uuid::Uuid::nil());
/// let name = GroupName::of_lab(lab, GroupRole::Admin);
/// assert_eq!(name.as_str(), "vlab/00000000-0000-0000-0000-000000000000/admin");
/// assert_eq!(name.path(), "/vlab/00000000-0000-0000-0000-000000000000/admin");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct GroupName(String);

impl GroupName {
    /// What our names begin with: those of labs' groups, and those of projects' groups.
    pub const PREFIXES: [&'static str; 2] = ["vlab/", "proj/"];

    /// The group of a lab.
    #[must_use]
    pub fn of_lab(lab: LabId, role: GroupRole) -> Self {
        Self(format!("vlab/{lab}/{}", role.as_str()))
    }

    /// The group of a project.
    #[must_use]
    pub fn of_project(lab: LabId, project: ProjectId, role: GroupRole) -> Self {
        Self(format!("proj/{lab}/{project}/{}", role.as_str()))
    }

    /// A name as the identity provider gave it.
    #[must_use]
    pub fn from_provider(name: impl Into<String>) -> Self {
        Self(name.into())
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The path under which a user's groups show it.
    #[must_use]
    pub fn path(&self) -> String {
        format!("/{}", self.0)
    }

    /// What it belongs to, and as what; `None` if this is no name that we give.
    ///
    /// ```
    /// use course_seats_domain::{group::{GroupName, GroupOwner, GroupRole}, ids::LabId};
    /// let lab = LabId::new(uuid::Uuid::nil());
    /// let name = GroupName::of_lab(lab, GroupRole::Member);
    /// assert_eq!(name.owner(), Some((GroupOwner::Lab(lab), GroupRole::Member)));
    /// assert_eq!(GroupName::from_provider("vlab/7/member").owner(), None);
    /// ```
    #[must_use]
    pub fn owner(&self) -> Option<(GroupOwner, GroupRole)> {
        let id = |text: &str| uuid::Uuid::parse_str(text).ok();
        let parts: Vec<&str> = self.0.split('/').collect();
        let (owner, role) = match parts.as_slice() {
            ["vlab", lab, role] => (GroupOwner::Lab(LabId::new(id(lab)?)), role),
            ["proj", lab, project, role] => {
                let (lab, project) = (LabId::new(id(lab)?), ProjectId::new(id(project)?));
                (GroupOwner::Project(lab, project), role)
            }
            _ => return None,
        };
        let role = GroupRole::ALL.into_iter().find(|known| known.as_str() == *role)?;
        // An id can be written in more ways than ours.
        (Self::of(owner, role) == *self).then_some((owner, role))
    }

    /// The group that this has for `role`.
    #[must_use]
    pub fn of(owner: GroupOwner, role: GroupRole) -> Self {
        match owner {
            GroupOwner::Lab(lab) => Self::of_lab(lab, role),
            GroupOwner::Project(lab, project) => Self::of_project(lab, project, role),
        }
    }
}
