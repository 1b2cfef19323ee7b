use super::{Lease, PortError};
use async_trait::async_trait;
use course_seats_domain::ids::{LabId, ProjectId};
use course_seats_domain::values::Credits;

/// The accounting service, which holds the credits.
///
/// It may commit *after* it has answered: absence may be believed only after patience. Leases and
/// time limits as in [`super::IdentityProvider`].
#[async_trait]
pub trait Accounting: Send + Sync {
    /// Opens a lab's account, empty. May return `Unknown` if it exists already: only a read of
    /// the balance tells.
    async fn open_lab(&self, lab: LabId, name: &str, lease: &Lease) -> Result<(), PortError>;

    /// Opens a project's account, empty. May return `Unknown` if it exists already, or if its
    /// lab's account is unknown (or not there yet): only a read of the balance tells.
    async fn open_project(
        &self,
        project: ProjectId,
        lab: LabId,
        name: &str,
        lease: &Lease,
    ) -> Result<(), PortError>;

    /// Grants credits to a project. **Not** safe to repeat. Must return `NotFound` for an unknown
    /// account: nothing was granted then.
    async fn grant(
        &self,
        project: ProjectId,
        amount: Credits,
        lease: &Lease,
    ) -> Result<(), PortError>;

    /// What a project has left, without what running jobs have reserved. Must return `NotFound`
    /// for an unknown account.
    async fn project_balance(&self, project: ProjectId) -> Result<Credits, PortError>;

    /// What a lab has left, without its projects. Must return `NotFound` for an unknown account.
    async fn lab_balance(&self, lab: LabId) -> Result<Credits, PortError>;

    /// Takes everything back from a project and returns how much that was: zero if there was
    /// nothing. Must return `NotFound` for an unknown account.
    async fn deplete_project(
        &self,
        project: ProjectId,
        lease: &Lease,
    ) -> Result<Credits, PortError>;

    /// Takes everything back from a lab and all its projects and returns how much that was. Must
    /// return `NotFound` for an unknown account.
    async fn deplete_lab(&self, lab: LabId, lease: &Lease) -> Result<Credits, PortError>;
}
