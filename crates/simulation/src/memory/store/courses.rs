use super::tables::{put, remove, those};
use super::tx::{MemoryTx, page_of};
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use course_seats_application::ports::store::{CourseDetails, Courses, Listed, Page, StoreError};
use course_seats_domain::course::{Course, CourseStatus};
use course_seats_domain::ids::{CourseId, LabId, ProjectId};
use course_seats_domain::values::fold;

impl MemoryTx {
    /// A course with the names that people know it by.
    pub(super) fn details(&self, course: &Course) -> Option<CourseDetails> {
        let lab = self.tables.labs.get(&course.lab)?;
        let institution = self.tables.institutions.get(&course.institution)?;
        Some(CourseDetails {
            course: course.clone(),
            lab_name: lab.profile.name.to_string(),
            institution_name: institution.name.to_string(),
            institution_email: institution.contact_email.as_str().to_owned(),
        })
    }
}

#[async_trait]
impl Courses for MemoryTx {
    async fn insert_course(&mut self, course: &Course) -> Result<(), StoreError> {
        self.statement().await?;
        let same = |other: &Course| {
            other.id == course.id
                || other.lab == course.lab
                || other.template_project == course.template_project
        };
        if self.tables.courses.values().any(|other| same(other)) {
            return self.taken("course");
        }
        put(&mut self.tables.courses, course.id, course.clone());
        Ok(())
    }

    async fn update_course(&mut self, course: &Course) -> Result<(), StoreError> {
        self.statement().await?;
        if self.tables.courses.contains_key(&course.id) {
            put(&mut self.tables.courses, course.id, course.clone());
        }
        Ok(())
    }

    async fn course(&mut self, id: CourseId) -> Result<Option<Course>, StoreError> {
        self.statement().await?;
        Ok(self.tables.courses.get(&id).map(|row| Course::clone(row)))
    }

    async fn lock_course(&mut self, id: CourseId) -> Result<Option<Course>, StoreError> {
        // Who writes has the only turn: all rows are locked.
        self.course(id).await
    }

    async fn hold_course(&mut self, id: CourseId) -> Result<Option<Course>, StoreError> {
        self.course(id).await
    }

    async fn course_on_lab(&mut self, lab: LabId) -> Result<Option<Course>, StoreError> {
        self.statement().await?;
        Ok(those(&self.tables.courses, |row| row.lab == lab).pop())
    }

    async fn course_with_template(
        &mut self,
        template: ProjectId,
    ) -> Result<Option<Course>, StoreError> {
        self.statement().await?;
        Ok(those(&self.tables.courses, |row| row.template_project == template).pop())
    }

    async fn course_details(&mut self, id: CourseId) -> Result<Option<CourseDetails>, StoreError> {
        self.statement().await?;
        Ok(self.tables.courses.get(&id).and_then(|course| self.details(course)))
    }

    async fn search_courses(
        &mut self,
        lab_name: &str,
        page: Option<Page>,
    ) -> Result<Listed<CourseDetails>, StoreError> {
        self.statement().await?;
        let part = fold(lab_name);
        let all = self.tables.courses.values().filter_map(|course| self.details(course));
        let mut found: Vec<CourseDetails> =
            all.filter(|details| fold(&details.lab_name).contains(&part)).collect();
        found.sort_by_key(|details| (details.course.created_at, details.course.id));
        Ok(page_of(found, page))
    }

    async fn expired_courses(&mut self, now: DateTime<Utc>) -> Result<Vec<Course>, StoreError> {
        self.statement().await?;
        let mut found = those(&self.tables.courses, |row| {
            let over = match row.status {
                CourseStatus::Active => row.dates.ended(now),
                CourseStatus::Voided => true,
                CourseStatus::Draft => false,
            };
            over && !row.budget_depleted
        });
        found.sort_by_key(|row| (row.dates.end, row.id));
        Ok(found)
    }

    async fn delete_course(&mut self, id: CourseId) -> Result<(), StoreError> {
        self.statement().await?;
        let used = self.tables.seats.values().any(|seat| seat.course == id)
            || self.tables.enrolments.values().any(|enrolment| enrolment.course == id);
        if used {
            return self.broken("a course that still has rows");
        }
        remove(&mut self.tables.courses, &id);
        Ok(())
    }
}
