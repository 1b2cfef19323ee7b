use super::tables::put;
use super::tx::MemoryTx;
use async_trait::async_trait;
use course_seats_application::ports::store::{Invites, StoreError};
use course_seats_domain::group::GroupRole;
use course_seats_domain::ids::{InviteId, LabId, UserId};
use course_seats_domain::virtual_lab::Invite;

#[async_trait]
impl Invites for MemoryTx {
    async fn insert_invite(&mut self, invite: &Invite) -> Result<(), StoreError> {
        self.statement().await?;
        if self.tables.invites.contains_key(&invite.id) {
            return self.taken("invite");
        }
        put(&mut self.tables.invites, invite.id, invite.clone());
        Ok(())
    }

    async fn update_invite(&mut self, invite: &Invite) -> Result<(), StoreError> {
        self.statement().await?;
        if let Some(row) = self.tables.invites.get(&invite.id) {
            let (user, accepted, updated_at) = (invite.user, invite.accepted, invite.updated_at);
            let row = Invite { user, accepted, updated_at, ..Invite::clone(row) };
            put(&mut self.tables.invites, invite.id, row);
        }
        Ok(())
    }

    async fn invite(&mut self, id: InviteId) -> Result<Option<Invite>, StoreError> {
        self.statement().await?;
        Ok(self.tables.invites.get(&id).map(|row| Invite::clone(row)))
    }

    async fn has_accepted_invite(
        &mut self,
        lab: LabId,
        user: UserId,
        role: GroupRole,
    ) -> Result<bool, StoreError> {
        self.statement().await?;
        Ok(self.tables.invites.values().any(|row| {
            row.lab == lab && row.user == Some(user) && row.role == role && row.accepted
        }))
    }
}
