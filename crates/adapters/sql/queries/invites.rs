use crate::columns::{DbRole, DbTime, DbUuid, key};
use crate::db::{Backend, Tx, first_locked};
use crate::errors::failed;
use crate::schema::virtual_lab_invite;
use async_trait::async_trait;
use course_seats_application::ports::store::{Invites, StoreError};
use course_seats_domain::group::GroupRole;
use course_seats_domain::ids::{InviteId, LabId, UserId};
use course_seats_domain::values::EmailAddress;
use course_seats_domain::virtual_lab::Invite;
use diesel::dsl::exists;
use diesel::prelude::{Insertable, OptionalExtension, Queryable, Selectable};
use diesel::{ExpressionMethods, QueryDsl, SelectableHelper};
use diesel_async::RunQueryDsl;

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = virtual_lab_invite, check_for_backend(Backend))]
#[diesel(treat_none_as_default_value = false)]
struct InviteRow {
    id: DbUuid,
    inviter_id: DbUuid,
    user_id: Option<DbUuid>,
    accepted: Option<bool>,
    created_at: DbTime,
    updated_at: DbTime,
    virtual_lab_id: DbUuid,
    role: DbRole,
    user_email: String,
}

impl From<&Invite> for InviteRow {
    fn from(invite: &Invite) -> Self {
        Self {
            id: key(invite.id),
            inviter_id: key(invite.inviter),
            user_id: invite.user.map(key),
            accepted: Some(invite.accepted),
            created_at: DbTime(invite.created_at),
            updated_at: DbTime(invite.updated_at),
            virtual_lab_id: key(invite.lab),
            role: DbRole(invite.role),
            user_email: invite.email.as_str().to_owned(),
        }
    }
}

impl From<InviteRow> for Invite {
    fn from(row: InviteRow) -> Self {
        Self {
            id: row.id.into(),
            lab: row.virtual_lab_id.into(),
            inviter: row.inviter_id.into(),
            role: row.role.0,
            email: EmailAddress::adopted(row.user_email),
            user: row.user_id.map(UserId::from),
            // The service we replace leaves it empty until somebody answers.
            accepted: row.accepted.unwrap_or(false),
            created_at: row.created_at.0,
            updated_at: row.updated_at.0,
        }
    }
}

#[async_trait]
impl Invites for Tx {
    async fn insert_invite(&mut self, invite: &Invite) -> Result<(), StoreError> {
        diesel::insert_into(virtual_lab_invite::table)
            .values(InviteRow::from(invite))
            .execute(self.conn()?)
            .await
            .map_err(failed)?;
        Ok(())
    }

    async fn update_invite(&mut self, invite: &Invite) -> Result<(), StoreError> {
        diesel::update(virtual_lab_invite::table.find(key(invite.id)))
            .set((
                virtual_lab_invite::user_id.eq(invite.user.map(key)),
                virtual_lab_invite::accepted.eq(Some(invite.accepted)),
                virtual_lab_invite::updated_at.eq(DbTime(invite.updated_at)),
            ))
            .execute(self.conn()?)
            .await
            .map_err(failed)?;
        Ok(())
    }

    async fn invite(&mut self, id: InviteId) -> Result<Option<Invite>, StoreError> {
        let query = virtual_lab_invite::table.find(key(id)).select(InviteRow::as_select());
        let row: Option<InviteRow> = first_locked!(self, query).optional().map_err(failed)?;
        Ok(row.map(Invite::from))
    }

    async fn has_accepted_invite(
        &mut self,
        lab: LabId,
        user: UserId,
        role: GroupRole,
    ) -> Result<bool, StoreError> {
        let accepted = virtual_lab_invite::table
            .filter(virtual_lab_invite::virtual_lab_id.eq(key(lab)))
            .filter(virtual_lab_invite::user_id.eq(key(user)))
            .filter(virtual_lab_invite::role.eq(DbRole(role)))
            .filter(virtual_lab_invite::accepted.eq(true));
        diesel::select(exists(accepted)).get_result(self.conn()?).await.map_err(failed)
    }
}
