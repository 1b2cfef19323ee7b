use crate::columns::{DbComputeCell, DbPlainTime, DbTime, DbUuid, key};
use crate::db::{Backend, Tx};
use crate::errors::failed;
use crate::schema::virtual_lab;
use async_trait::async_trait;
use course_seats_application::ports::store::{Labs, StoreError};
use course_seats_domain::group::GroupId;
use course_seats_domain::ids::LabId;
use course_seats_domain::values::{EmailAddress, LabName};
use course_seats_domain::virtual_lab::{LabProfile, VirtualLab};
use diesel::dsl::exists;
use diesel::prelude::{Insertable, OptionalExtension, Queryable, Selectable};
use diesel::{ExpressionMethods, QueryDsl, SelectableHelper};
use diesel_async::RunQueryDsl;

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = virtual_lab, check_for_backend(Backend))]
#[diesel(treat_none_as_default_value = false)]
pub(super) struct LabRow {
    id: DbUuid,
    name: String,
    description: Option<String>,
    reference_email: Option<String>,
    deleted: bool,
    created_at: DbTime,
    updated_at: DbTime,
    deleted_at: Option<DbPlainTime>,
    admin_group_id: String,
    member_group_id: String,
    owner_id: DbUuid,
    deleted_by: Option<DbUuid>,
    entity: String,
    compute_cell: DbComputeCell,
    email_verified: bool,
}

impl From<&VirtualLab> for LabRow {
    fn from(lab: &VirtualLab) -> Self {
        let profile = &lab.profile;
        Self {
            id: key(lab.id),
            name: profile.name.to_string(),
            description: Some(profile.description.clone()),
            reference_email: profile.reference_email.as_ref().map(|it| it.as_str().to_owned()),
            deleted: false,
            created_at: DbTime(lab.created_at),
            updated_at: DbTime(lab.updated_at),
            deleted_at: None,
            admin_group_id: lab.admin_group.0.clone(),
            member_group_id: lab.member_group.0.clone(),
            owner_id: key(lab.owner),
            deleted_by: None,
            entity: profile.entity.clone(),
            compute_cell: DbComputeCell(profile.compute_cell),
            email_verified: profile.email_verified,
        }
    }
}

impl From<LabRow> for VirtualLab {
    fn from(row: LabRow) -> Self {
        Self {
            id: row.id.into(),
            profile: LabProfile {
                name: LabName::adopted(row.name),
                description: row.description.unwrap_or_default(),
                reference_email: row.reference_email.map(EmailAddress::adopted),
                email_verified: row.email_verified,
                entity: row.entity,
                compute_cell: row.compute_cell.0,
            },
            owner: row.owner_id.into(),
            admin_group: GroupId(row.admin_group_id),
            member_group: GroupId(row.member_group_id),
            created_at: row.created_at.0,
            updated_at: row.updated_at.0,
        }
    }
}

#[async_trait]
impl Labs for Tx {
    async fn insert_lab(&mut self, lab: &VirtualLab) -> Result<(), StoreError> {
        diesel::insert_into(virtual_lab::table)
            .values(LabRow::from(lab))
            .execute(self.conn()?)
            .await
            .map_err(failed)?;
        Ok(())
    }

    async fn lab(&mut self, id: LabId) -> Result<Option<VirtualLab>, StoreError> {
        let row: Option<LabRow> = virtual_lab::table
            .find(key(id))
            .filter(virtual_lab::deleted.eq(false))
            .select(LabRow::as_select())
            .first(self.conn()?)
            .await
            .optional()
            .map_err(failed)?;
        Ok(row.map(VirtualLab::from))
    }

    async fn lab_name_taken(&mut self, name: &str) -> Result<bool, StoreError> {
        let named = virtual_lab::table
            .filter(virtual_lab::name.eq(name))
            .filter(virtual_lab::deleted.eq(false));
        diesel::select(exists(named)).get_result(self.conn()?).await.map_err(failed)
    }
}
