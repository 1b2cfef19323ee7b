use super::{counted, paged, with_total};
use crate::columns::{DbTime, DbUuid, key};
use crate::db::{Backend, Tx};
use crate::errors::failed;
use crate::functions::contains_folded;
use crate::schema::institution;
use async_trait::async_trait;
use course_seats_application::ports::store::{Institutions, Listed, Page, StoreError};
use course_seats_domain::ids::InstitutionId;
use course_seats_domain::institution::Institution;
use course_seats_domain::values::{EmailAddress, InstitutionName, fold};
use diesel::prelude::{AsChangeset, Insertable, OptionalExtension, Queryable, Selectable};
use diesel::{ExpressionMethods, NullableExpressionMethods, QueryDsl, SelectableHelper};
use diesel_async::RunQueryDsl;

#[derive(Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = institution, check_for_backend(Backend))]
#[diesel(treat_none_as_default_value = false)]
struct InstitutionRow {
    id: DbUuid,
    name: String,
    contact_email: String,
    created_at: DbTime,
    updated_at: DbTime,
}

impl From<&Institution> for InstitutionRow {
    fn from(institution: &Institution) -> Self {
        Self {
            id: key(institution.id),
            name: institution.name.to_string(),
            contact_email: institution.contact_email.as_str().to_owned(),
            created_at: DbTime(institution.created_at),
            updated_at: DbTime(institution.updated_at),
        }
    }
}

impl From<InstitutionRow> for Institution {
    fn from(row: InstitutionRow) -> Self {
        Self {
            id: row.id.into(),
            name: InstitutionName::adopted(row.name),
            contact_email: EmailAddress::adopted(row.contact_email),
            created_at: row.created_at.0,
            updated_at: row.updated_at.0,
        }
    }
}

#[async_trait]
impl Institutions for Tx {
    async fn insert_institution(&mut self, institution: &Institution) -> Result<(), StoreError> {
        diesel::insert_into(institution::table)
            .values(InstitutionRow::from(institution))
            .execute(self.conn()?)
            .await
            .map_err(failed)?;
        Ok(())
    }

    async fn update_institution(&mut self, institution: &Institution) -> Result<(), StoreError> {
        diesel::update(institution::table.find(key(institution.id)))
            .set(InstitutionRow::from(institution))
            .execute(self.conn()?)
            .await
            .map_err(failed)?;
        Ok(())
    }

    async fn institution(&mut self, id: InstitutionId) -> Result<Option<Institution>, StoreError> {
        let row: Option<InstitutionRow> = institution::table
            .find(key(id))
            .select(InstitutionRow::as_select())
            .first(self.conn()?)
            .await
            .optional()
            .map_err(failed)?;
        Ok(row.map(Institution::from))
    }

    async fn institution_named(&mut self, name: &str) -> Result<Option<Institution>, StoreError> {
        let row: Option<InstitutionRow> = institution::table
            .filter(institution::name.eq(name))
            .select(InstitutionRow::as_select())
            .first(self.conn()?)
            .await
            .optional()
            .map_err(failed)?;
        Ok(row.map(Institution::from))
    }

    async fn search_institutions(
        &mut self,
        text: Option<&str>,
        page: Option<Page>,
    ) -> Result<Listed<Institution>, StoreError> {
        let part = text.map(fold);
        let matching = || {
            let all = institution::table.into_boxed::<Backend>();
            match &part {
                Some(part) => all.filter(contains_folded(institution::name.nullable(), part)),
                None => all,
            }
        };
        let query = paged!(matching(), page)
            .order((institution::name, institution::id))
            .select(InstitutionRow::as_select());
        let (rows, total): (Vec<InstitutionRow>, u64) =
            with_total!(self, page, query, counted!(self, matching()));
        Ok(Listed { items: rows.into_iter().map(Institution::from).collect(), total })
    }
}
