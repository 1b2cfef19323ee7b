use super::StoreError;
use async_trait::async_trait;
use course_seats_domain::group::GroupRole;
use course_seats_domain::ids::{InviteId, LabId, UserId};
use course_seats_domain::virtual_lab::Invite;

/// Invites.
#[async_trait]
pub trait Invites: Send {
    /// Writes a new invite.
    async fn insert_invite(&mut self, invite: &Invite) -> Result<(), StoreError>;

    /// Writes user and accepted of one invite.
    async fn update_invite(&mut self, invite: &Invite) -> Result<(), StoreError>;

    /// By id. In a transaction that may write, the row stays as it was read until that ends.
    async fn invite(&mut self, id: InviteId) -> Result<Option<Invite>, StoreError>;

    /// Whether the user has accepted an invite with this role into the lab.
    async fn has_accepted_invite(
        &mut self,
        lab: LabId,
        user: UserId,
        role: GroupRole,
    ) -> Result<bool, StoreError>;
}
