use super::KEYS_A_QUERY;
use crate::columns::{DbPlainTime, DbTime, DbUuid, key, keys};
use crate::db::{Backend, Tx};
use crate::errors::failed;
use crate::schema::{course_enrolment, project};
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use course_seats_application::ports::store::{Projects, StoreError};
use course_seats_domain::group::GroupId;
use course_seats_domain::ids::{CourseId, LabId, ProjectId, UserId};
use course_seats_domain::project::Project;
use course_seats_domain::values::ProjectName;
use diesel::prelude::{Insertable, OptionalExtension, Queryable, Selectable};
use diesel::{ExpressionMethods, JoinOnDsl, QueryDsl, SelectableHelper};
use diesel_async::RunQueryDsl;

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = project, check_for_backend(Backend))]
#[diesel(treat_none_as_default_value = false)]
pub(super) struct ProjectRow {
    id: DbUuid,
    name: String,
    description: Option<String>,
    deleted: bool,
    created_at: DbTime,
    updated_at: DbTime,
    virtual_lab_id: DbUuid,
    admin_group_id: String,
    member_group_id: String,
    owner_id: DbUuid,
    name_folded: String,
}

impl From<&Project> for ProjectRow {
    fn from(project: &Project) -> Self {
        Self {
            id: key(project.id),
            name: project.name.to_string(),
            description: project.description.clone(),
            deleted: project.deleted,
            created_at: DbTime(project.created_at),
            updated_at: DbTime(project.updated_at),
            virtual_lab_id: key(project.lab),
            admin_group_id: project.admin_group.0.clone(),
            member_group_id: project.member_group.0.clone(),
            owner_id: key(project.owner),
            name_folded: project.name.folded(),
        }
    }
}

impl From<ProjectRow> for Project {
    fn from(row: ProjectRow) -> Self {
        Self {
            id: row.id.into(),
            lab: row.virtual_lab_id.into(),
            name: ProjectName::adopted(row.name),
            description: row.description,
            owner: row.owner_id.into(),
            admin_group: GroupId(row.admin_group_id),
            member_group: GroupId(row.member_group_id),
            deleted: row.deleted,
            created_at: row.created_at.0,
            updated_at: row.updated_at.0,
        }
    }
}

#[async_trait]
impl Projects for Tx {
    async fn insert_project(&mut self, project: &Project) -> Result<(), StoreError> {
        diesel::insert_into(project::table)
            .values(ProjectRow::from(project))
            .execute(self.conn()?)
            .await
            .map_err(failed)?;
        Ok(())
    }

    async fn project(&mut self, id: ProjectId) -> Result<Option<Project>, StoreError> {
        let row: Option<ProjectRow> = project::table
            .find(key(id))
            .select(ProjectRow::as_select())
            .first(self.conn()?)
            .await
            .optional()
            .map_err(failed)?;
        Ok(row.map(Project::from))
    }

    async fn project_names_taken(
        &mut self,
        lab: LabId,
        folded: &[String],
    ) -> Result<Vec<String>, StoreError> {
        let mut taken = Vec::new();
        for some in folded.chunks(KEYS_A_QUERY) {
            let names: Vec<String> = project::table
                .filter(project::virtual_lab_id.eq(key(lab)))
                .filter(project::deleted.eq(false))
                .filter(project::name_folded.eq_any(some))
                .select(project::name_folded)
                .load(self.conn()?)
                .await
                .map_err(failed)?;
            taken.extend(names);
        }
        taken.sort();
        taken.dedup();
        Ok(taken)
    }

    async fn student_projects(&mut self, course: CourseId) -> Result<Vec<Project>, StoreError> {
        let rows: Vec<ProjectRow> = project::table
            .inner_join(course_enrolment::table.on(course_enrolment::project_id.eq(project::id)))
            .filter(course_enrolment::course_id.eq(key(course)))
            .order((project::created_at, project::id))
            .select(ProjectRow::as_select())
            .load(self.conn()?)
            .await
            .map_err(failed)?;
        Ok(rows.into_iter().map(Project::from).collect())
    }

    async fn delete_projects(
        &mut self,
        projects: &[ProjectId],
        by: Option<UserId>,
        at: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        for some in projects.chunks(KEYS_A_QUERY) {
            diesel::update(project::table.filter(project::id.eq_any(keys(some))))
                .set((
                    project::deleted.eq(true),
                    project::deleted_by.eq(by.map(key)),
                    project::deleted_at.eq(Some(DbPlainTime(at))),
                    project::updated_at.eq(DbTime(at)),
                ))
                .execute(self.conn()?)
                .await
                .map_err(failed)?;
        }
        Ok(())
    }
}
