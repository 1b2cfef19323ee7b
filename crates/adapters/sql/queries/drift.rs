use super::KEYS_A_QUERY;
use super::enrolments::EnrolmentRow;
use super::labs::LabRow;
use super::projects::ProjectRow;
use super::saga_rows::{corrupt, from_json};
use super::sagas::OPEN;
use crate::columns::{DbJson, DbRole, DbStatus, DbTime, DbUuid, key, keys};
use crate::db::Tx;
use crate::errors::failed;
use crate::schema::{
    course, course_enrolment, drift_finding, given_up_account, project, reservation, saga,
    virtual_lab, virtual_lab_invite,
};
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use course_seats_application::ports::store::{DriftRows, GivenUp, StoreError, StrayReservation};
use course_seats_domain::enrolment::Enrolment;
use course_seats_domain::group::GroupRole;
use course_seats_domain::ids::{LabId, SagaId, UserId};
use course_seats_domain::plans::CoursePlan;
use course_seats_domain::project::Project;
use course_seats_domain::virtual_lab::VirtualLab;
use diesel::{ExpressionMethods, QueryDsl, SelectableHelper};
use diesel_async::RunQueryDsl;
use std::collections::{HashMap, HashSet};

#[async_trait]
impl DriftRows for Tx {
    async fn labs_of(&mut self, owner: UserId) -> Result<Vec<VirtualLab>, StoreError> {
        let rows: Vec<LabRow> = virtual_lab::table
            .filter(virtual_lab::owner_id.eq(key(owner)))
            .filter(virtual_lab::deleted.eq(false))
            .order(virtual_lab::id)
            .select(LabRow::as_select())
            .load(self.conn()?)
            .await
            .map_err(failed)?;
        Ok(rows.into_iter().map(VirtualLab::from).collect())
    }

    async fn projects_of(&mut self, labs: &[LabId]) -> Result<Vec<Project>, StoreError> {
        let mut all = Vec::new();
        for some in labs.chunks(KEYS_A_QUERY) {
            let rows: Vec<ProjectRow> = project::table
                .filter(project::virtual_lab_id.eq_any(keys(some)))
                .select(ProjectRow::as_select())
                .load(self.conn()?)
                .await
                .map_err(failed)?;
            all.extend(rows.into_iter().map(Project::from));
        }
        Ok(all)
    }

    async fn enrolments_on(
        &mut self,
        labs: &[LabId],
    ) -> Result<Vec<(LabId, Enrolment)>, StoreError> {
        let mut all = Vec::new();
        for some in labs.chunks(KEYS_A_QUERY) {
            let rows: Vec<(DbUuid, EnrolmentRow)> = course_enrolment::table
                .inner_join(course::table)
                .filter(course::virtual_lab_id.eq_any(keys(some)))
                .select((course::virtual_lab_id, EnrolmentRow::as_select()))
                .load(self.conn()?)
                .await
                .map_err(failed)?;
            all.extend(rows.into_iter().map(|(lab, row)| (lab.into(), Enrolment::from(row))));
        }
        Ok(all)
    }

    async fn invited_members(
        &mut self,
        labs: &[LabId],
    ) -> Result<Vec<(LabId, UserId)>, StoreError> {
        let mut all = Vec::new();
        for some in labs.chunks(KEYS_A_QUERY) {
            let rows: Vec<(DbUuid, Option<DbUuid>)> = virtual_lab_invite::table
                .filter(virtual_lab_invite::virtual_lab_id.eq_any(keys(some)))
                .filter(virtual_lab_invite::role.eq(DbRole(GroupRole::Member)))
                .filter(virtual_lab_invite::accepted.eq(true))
                .select((virtual_lab_invite::virtual_lab_id, virtual_lab_invite::user_id))
                .load(self.conn()?)
                .await
                .map_err(failed)?;
            let known = |(lab, user): (DbUuid, Option<DbUuid>)| Some((lab.into(), user?.into()));
            all.extend(rows.into_iter().filter_map(known));
        }
        Ok(all)
    }

    async fn given_up_accounts(&mut self) -> Result<Vec<GivenUp>, StoreError> {
        let rows: Vec<(String, DbUuid)> = given_up_account::table
            .select((given_up_account::kind, given_up_account::account_id))
            .load(self.conn()?)
            .await
            .map_err(failed)?;
        let account = |(kind, id): (String, DbUuid)| match kind.as_str() {
            "lab" => Ok(GivenUp::Lab(id.into())),
            "project" => Ok(GivenUp::Project(id.into())),
            _ => Err(corrupt("the kind of an account")),
        };
        rows.into_iter().map(account).collect()
    }

    async fn open_plans(&mut self) -> Result<Vec<CoursePlan>, StoreError> {
        let rows: Vec<DbJson> = saga::table
            .filter(saga::status.eq_any(OPEN))
            .select(saga::plan)
            .load(self.conn()?)
            .await
            .map_err(failed)?;
        rows.into_iter().map(|plan| from_json(plan, "a plan")).collect()
    }

    async fn in_ledger(&mut self, subjects: &[String]) -> Result<Vec<String>, StoreError> {
        let mut found = Vec::new();
        for some in subjects.chunks(KEYS_A_QUERY) {
            let rows: Vec<String> = saga::table
                .filter(saga::subject.eq_any(some))
                .select(saga::subject)
                .distinct()
                .load(self.conn()?)
                .await
                .map_err(failed)?;
            found.extend(rows);
        }
        Ok(found)
    }

    async fn stray_reservations(&mut self) -> Result<Vec<StrayReservation>, StoreError> {
        let rows: Vec<(String, String, String, DbUuid)> = reservation::table
            .filter(reservation::until.is_null())
            .order((reservation::kind, reservation::scope, reservation::key))
            .select((reservation::kind, reservation::scope, reservation::key, reservation::saga_id))
            .load(self.conn()?)
            .await
            .map_err(failed)?;
        let sagas: Vec<SagaId> = rows.iter().map(|(.., saga)| saga.clone().into()).collect();
        let mut at_work: HashSet<SagaId> = HashSet::new();
        for some in sagas.chunks(KEYS_A_QUERY) {
            let rows: Vec<(DbUuid, DbStatus, bool)> = saga::table
                .filter(saga::id.eq_any(keys(some)))
                .select((saga::id, saga::status, saga::looking))
                .load(self.conn()?)
                .await
                .map_err(failed)?;
            let busy =
                rows.into_iter().filter(|(_, status, looking)| status.0.is_open() || *looking);
            at_work.extend(busy.map(|(saga, ..)| SagaId::from(saga)));
        }
        let stray = rows.into_iter().map(|(kind, scope, key, saga)| StrayReservation {
            kind,
            scope,
            key,
            saga: saga.into(),
        });
        Ok(stray.filter(|stray| !at_work.contains(&stray.saga)).collect())
    }

    async fn remove_stray(&mut self, stray: &StrayReservation) -> Result<(), StoreError> {
        diesel::delete(reservation::table)
            .filter(reservation::kind.eq(&stray.kind))
            .filter(reservation::scope.eq(&stray.scope))
            .filter(reservation::key.eq(&stray.key))
            .filter(reservation::saga_id.eq(key(stray.saga)))
            .filter(reservation::until.is_null())
            .execute(self.conn()?)
            .await
            .map_err(failed)?;
        Ok(())
    }

    async fn sighted(
        &mut self,
        found: &[(&'static str, String)],
        all: bool,
        now: DateTime<Utc>,
    ) -> Result<Vec<DateTime<Utc>>, StoreError> {
        let rows: Vec<(String, String, DbTime)> = drift_finding::table
            .select((drift_finding::kind, drift_finding::subject, drift_finding::first_seen_at))
            .load(self.conn()?)
            .await
            .map_err(failed)?;
        let mut known: HashMap<(String, String), DateTime<Utc>> =
            rows.into_iter().map(|(kind, subject, at)| ((kind, subject), at.0)).collect();
        let mut since = Vec::with_capacity(found.len());
        for (kind, subject) in found {
            if let Some(at) = known.remove(&((*kind).to_owned(), subject.clone())) {
                since.push(at);
                continue;
            }
            // Another process may have found it in this moment.
            diesel::insert_into(drift_finding::table)
                .values((
                    drift_finding::kind.eq(*kind),
                    drift_finding::subject.eq(subject),
                    drift_finding::first_seen_at.eq(DbTime(now)),
                ))
                .on_conflict_do_nothing()
                .execute(self.conn()?)
                .await
                .map_err(failed)?;
            since.push(now);
        }
        let gone = known.into_keys().filter(|_| all);
        for (kind, subject) in gone {
            diesel::delete(drift_finding::table.find((kind, subject)))
                .execute(self.conn()?)
                .await
                .map_err(failed)?;
        }
        Ok(since)
    }
}
