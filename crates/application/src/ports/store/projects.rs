use super::StoreError;
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use course_seats_domain::ids::{LabId, ProjectId, UserId};
use course_seats_domain::project::Project;

/// Projects.
#[async_trait]
pub trait Projects: Send {
    /// Must return `Conflict` if the id is taken, or the exact name among the lab's not deleted.
    async fn insert_project(&mut self, project: &Project) -> Result<(), StoreError>;

    /// By id, deleted or not.
    async fn project(&mut self, id: ProjectId) -> Result<Option<Project>, StoreError>;

    /// Which of these folded names are taken by projects of the lab that are not deleted.
    async fn project_names_taken(
        &mut self,
        lab: LabId,
        folded: &[String],
    ) -> Result<Vec<String>, StoreError>;

    /// The student projects of a course: those of its enrolments.
    async fn student_projects(
        &mut self,
        course: course_seats_domain::ids::CourseId,
    ) -> Result<Vec<Project>, StoreError>;

    /// Marks projects as deleted: their names are free again.
    async fn delete_projects(
        &mut self,
        projects: &[ProjectId],
        by: Option<UserId>,
        at: DateTime<Utc>,
    ) -> Result<(), StoreError>;
}
