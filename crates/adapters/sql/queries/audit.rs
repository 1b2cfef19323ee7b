use crate::columns::{DbJson, DbTime};
use crate::db::Tx;
use crate::errors::failed;
use crate::schema::audit_entry;
use async_trait::async_trait;
use course_seats_application::ports::store::{Audit, AuditEntry, StoreError};
use diesel::ExpressionMethods;
use diesel_async::RunQueryDsl;

#[async_trait]
impl Audit for Tx {
    async fn audit(&mut self, entry: &AuditEntry) -> Result<(), StoreError> {
        diesel::insert_into(audit_entry::table)
            .values((
                audit_entry::at.eq(DbTime(entry.at)),
                audit_entry::actor.eq(&entry.actor),
                audit_entry::action.eq(entry.action),
                audit_entry::subject.eq(&entry.subject),
                audit_entry::detail.eq(DbJson(entry.detail.clone())),
            ))
            .execute(self.conn()?)
            .await
            .map_err(failed)?;
        Ok(())
    }
}
