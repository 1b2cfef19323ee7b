use super::{Listed, Page, StoreError};
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use course_seats_domain::course::Course;
use course_seats_domain::ids::{CourseId, LabId, ProjectId};

/// A course with the names that people know it by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CourseDetails {
    /// The course.
    pub course: Course,
    /// The name of its lab.
    pub lab_name: String,
    /// The name of its institution.
    pub institution_name: String,
    /// Where to write to its institution.
    pub institution_email: String,
}

/// Courses.
#[async_trait]
pub trait Courses: Send {
    /// Must return `Conflict` if the lab has a course, or the template is another course's.
    async fn insert_course(&mut self, course: &Course) -> Result<(), StoreError>;

    /// Writes every field of the row.
    async fn update_course(&mut self, course: &Course) -> Result<(), StoreError>;

    /// By id.
    async fn course(&mut self, id: CourseId) -> Result<Option<Course>, StoreError>;

    /// By id, its row locked until the transaction ends (design §4.13): for who changes the course, or
    /// decides by more of its rows than those of one student.
    async fn lock_course(&mut self, id: CourseId) -> Result<Option<Course>, StoreError>;

    /// By id, as it stays until the transaction ends: nobody locks or changes it meanwhile, but others
    /// may hold it too. For who writes about one student, whose names, seat or enrolment his saga
    /// holds (decision 13).
    async fn hold_course(&mut self, id: CourseId) -> Result<Option<Course>, StoreError>;

    /// The course on a lab.
    async fn course_on_lab(&mut self, lab: LabId) -> Result<Option<Course>, StoreError>;

    /// The course with this template.
    async fn course_with_template(
        &mut self,
        template: ProjectId,
    ) -> Result<Option<Course>, StoreError>;

    /// By id, with names.
    async fn course_details(&mut self, id: CourseId) -> Result<Option<CourseDetails>, StoreError>;

    /// Those whose lab's name contains `lab_name` (any part, without regard to case, `%` and `_`
    /// plain); by creation, then id.
    async fn search_courses(
        &mut self,
        lab_name: &str,
        page: Option<Page>,
    ) -> Result<Listed<CourseDetails>, StoreError>;

    /// Courses that should be closed: active and past their end at `now`, or voided; their lab
    /// not depleted yet. By end, then id.
    async fn expired_courses(&mut self, now: DateTime<Utc>) -> Result<Vec<Course>, StoreError>;

    /// Deletes the row; its seats and enrolments must be gone.
    async fn delete_course(&mut self, id: CourseId) -> Result<(), StoreError>;
}
