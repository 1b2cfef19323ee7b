use super::tables::{put, those};
use super::tx::MemoryTx;
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use course_seats_application::ports::store::{Projects, StoreError};
use course_seats_domain::ids::{CourseId, LabId, ProjectId, UserId};
use course_seats_domain::project::Project;
use std::collections::BTreeSet;

#[async_trait]
impl Projects for MemoryTx {
    async fn insert_project(&mut self, project: &Project) -> Result<(), StoreError> {
        self.statement().await?;
        if !self.tables.labs.contains_key(&project.lab) {
            return self.broken("a project without its lab");
        }
        let same = |other: &Project| {
            !other.deleted
                && other.lab == project.lab
                && other.name.as_str() == project.name.as_str()
        };
        if self.tables.projects.contains_key(&project.id)
            || self.tables.projects.values().any(|other| same(other))
        {
            return self.taken("project");
        }
        put(&mut self.tables.projects, project.id, project.clone());
        Ok(())
    }

    async fn project(&mut self, id: ProjectId) -> Result<Option<Project>, StoreError> {
        self.statement().await?;
        Ok(self.tables.projects.get(&id).map(|row| Project::clone(row)))
    }

    async fn project_names_taken(
        &mut self,
        lab: LabId,
        folded: &[String],
    ) -> Result<Vec<String>, StoreError> {
        self.statement().await?;
        let rows = self.tables.projects.values().filter(|row| row.lab == lab && !row.deleted);
        let names: BTreeSet<String> =
            rows.map(|row| row.name.folded()).filter(|name| folded.contains(name)).collect();
        Ok(names.into_iter().collect())
    }

    async fn student_projects(&mut self, course: CourseId) -> Result<Vec<Project>, StoreError> {
        self.statement().await?;
        let enrolments = self.tables.enrolments.values().filter(|row| row.course == course);
        let ids: BTreeSet<ProjectId> = enrolments.map(|row| row.project).collect();
        let mut found = those(&self.tables.projects, |row| ids.contains(&row.id));
        found.sort_by_key(|row| (row.created_at, row.id));
        Ok(found)
    }

    async fn delete_projects(
        &mut self,
        projects: &[ProjectId],
        _: Option<UserId>,
        at: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        self.statement().await?;
        for id in projects {
            if let Some(row) = self.tables.projects.get(id) {
                let row = Project { deleted: true, updated_at: at, ..Project::clone(row) };
                put(&mut self.tables.projects, *id, row);
            }
        }
        Ok(())
    }
}
