use super::{counted, paged, with_total};
use crate::columns::{DbClosing, DbCount, DbCourseStatus, DbTime, DbUuid, key};
use crate::db::{Backend, Tx, first_held, first_locked};
use crate::errors::failed;
use crate::functions::contains_folded;
use crate::schema::{course, institution, virtual_lab};
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use course_seats_application::ports::store::{CourseDetails, Courses, Listed, Page, StoreError};
use course_seats_domain::course::{Course, CourseDates, CourseStatus};
use course_seats_domain::ids::{CourseId, LabId, ProjectId};
use course_seats_domain::values::fold;
use diesel::SelectableHelper;
use diesel::prelude::{AsChangeset, Insertable, OptionalExtension, Queryable, Selectable};
use diesel::{BoolExpressionMethods, ExpressionMethods, NullableExpressionMethods, QueryDsl};
use diesel_async::RunQueryDsl;

#[derive(Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = course, check_for_backend(Backend), treat_none_as_null = true)]
#[diesel(treat_none_as_default_value = false)]
pub(super) struct CourseRow {
    id: DbUuid,
    virtual_lab_id: DbUuid,
    institution_id: DbUuid,
    template_project_id: DbUuid,
    start_date: Option<DbTime>,
    end_date: Option<DbTime>,
    last_drop_date: Option<DbTime>,
    status: DbCourseStatus,
    credits_per_seat: DbCount,
    budget_depleted: bool,
    created_at: DbTime,
    updated_at: DbTime,
    closing: Option<DbClosing>,
}

impl From<&Course> for CourseRow {
    fn from(course: &Course) -> Self {
        Self {
            id: key(course.id),
            virtual_lab_id: key(course.lab),
            institution_id: key(course.institution),
            template_project_id: key(course.template_project),
            start_date: course.dates.start.map(DbTime),
            end_date: course.dates.end.map(DbTime),
            last_drop_date: course.dates.last_drop.map(DbTime),
            status: DbCourseStatus(course.status),
            credits_per_seat: DbCount(course.credits_per_seat),
            budget_depleted: course.budget_depleted,
            created_at: DbTime(course.created_at),
            updated_at: DbTime(course.updated_at),
            closing: course.closing.map(DbClosing),
        }
    }
}

impl From<CourseRow> for Course {
    fn from(row: CourseRow) -> Self {
        Self {
            id: row.id.into(),
            lab: row.virtual_lab_id.into(),
            institution: row.institution_id.into(),
            template_project: row.template_project_id.into(),
            credits_per_seat: row.credits_per_seat.0,
            dates: CourseDates {
                start: row.start_date.map(|at| at.0),
                last_drop: row.last_drop_date.map(|at| at.0),
                end: row.end_date.map(|at| at.0),
            },
            status: row.status.0,
            budget_depleted: row.budget_depleted,
            closing: row.closing.map(|reason| reason.0),
            created_at: row.created_at.0,
            updated_at: row.updated_at.0,
        }
    }
}

/// A course, the name of its lab, and name and e-mail of its institution.
pub(super) type DetailsRow = (CourseRow, String, String, String);

pub(super) fn details(
    (course, lab_name, institution_name, institution_email): DetailsRow,
) -> CourseDetails {
    CourseDetails { course: course.into(), lab_name, institution_name, institution_email }
}

/// The columns of a [`DetailsRow`].
macro_rules! details_columns {
    () => {
        (
            crate::queries::courses::CourseRow::as_select(),
            crate::schema::virtual_lab::name,
            crate::schema::institution::name,
            crate::schema::institution::contact_email,
        )
    };
}
pub(super) use details_columns;

#[async_trait]
impl Courses for Tx {
    async fn insert_course(&mut self, course: &Course) -> Result<(), StoreError> {
        diesel::insert_into(course::table)
            .values(CourseRow::from(course))
            .execute(self.conn()?)
            .await
            .map_err(failed)?;
        Ok(())
    }

    async fn update_course(&mut self, course: &Course) -> Result<(), StoreError> {
        diesel::update(course::table.find(key(course.id)))
            .set(CourseRow::from(course))
            .execute(self.conn()?)
            .await
            .map_err(failed)?;
        Ok(())
    }

    async fn course(&mut self, id: CourseId) -> Result<Option<Course>, StoreError> {
        let row: Option<CourseRow> = course::table
            .find(key(id))
            .select(CourseRow::as_select())
            .first(self.conn()?)
            .await
            .optional()
            .map_err(failed)?;
        Ok(row.map(Course::from))
    }

    async fn lock_course(&mut self, id: CourseId) -> Result<Option<Course>, StoreError> {
        let query = course::table.find(key(id)).select(CourseRow::as_select());
        let row: Option<CourseRow> = first_locked!(self, query).optional().map_err(failed)?;
        Ok(row.map(Course::from))
    }

    async fn hold_course(&mut self, id: CourseId) -> Result<Option<Course>, StoreError> {
        let query = course::table.find(key(id)).select(CourseRow::as_select());
        let row: Option<CourseRow> = first_held!(self, query).optional().map_err(failed)?;
        Ok(row.map(Course::from))
    }

    async fn course_on_lab(&mut self, lab: LabId) -> Result<Option<Course>, StoreError> {
        let row: Option<CourseRow> = course::table
            .filter(course::virtual_lab_id.eq(key(lab)))
            .select(CourseRow::as_select())
            .first(self.conn()?)
            .await
            .optional()
            .map_err(failed)?;
        Ok(row.map(Course::from))
    }

    async fn course_with_template(
        &mut self,
        template: ProjectId,
    ) -> Result<Option<Course>, StoreError> {
        let row: Option<CourseRow> = course::table
            .filter(course::template_project_id.eq(key(template)))
            .select(CourseRow::as_select())
            .first(self.conn()?)
            .await
            .optional()
            .map_err(failed)?;
        Ok(row.map(Course::from))
    }

    async fn course_details(&mut self, id: CourseId) -> Result<Option<CourseDetails>, StoreError> {
        let row: Option<DetailsRow> = course::table
            .inner_join(virtual_lab::table)
            .inner_join(institution::table)
            .filter(course::id.eq(key(id)))
            .select(details_columns!())
            .first(self.conn()?)
            .await
            .optional()
            .map_err(failed)?;
        Ok(row.map(details))
    }

    async fn search_courses(
        &mut self,
        lab_name: &str,
        page: Option<Page>,
    ) -> Result<Listed<CourseDetails>, StoreError> {
        let part = fold(lab_name);
        let matching = || {
            let all = course::table
                .inner_join(virtual_lab::table)
                .inner_join(institution::table)
                .into_boxed::<Backend>();
            match part.as_str() {
                "" => all,
                part => all.filter(contains_folded(virtual_lab::name.nullable(), part)),
            }
        };
        let query = paged!(matching(), page)
            .order((course::created_at, course::id))
            .select(details_columns!());
        let (rows, total): (Vec<DetailsRow>, u64) = with_total!(
            self,
            page,
            query,
            match part.as_str() {
                "" => counted!(self, course::table),
                _ => counted!(self, matching()),
            }
        );
        Ok(Listed { items: rows.into_iter().map(details).collect(), total })
    }

    async fn expired_courses(&mut self, now: DateTime<Utc>) -> Result<Vec<Course>, StoreError> {
        let past_its_end = course::status
            .eq(DbCourseStatus(CourseStatus::Active))
            .and(course::end_date.le(DbTime(now)));
        let voided = course::status.eq(DbCourseStatus(CourseStatus::Voided));
        let rows: Vec<CourseRow> = course::table
            .filter(course::budget_depleted.eq(false))
            .filter(past_its_end.or(voided))
            .select(CourseRow::as_select())
            .load(self.conn()?)
            .await
            .map_err(failed)?;
        // Here, because databases do not agree on where a missing end belongs: first.
        let mut courses: Vec<Course> = rows.into_iter().map(Course::from).collect();
        courses.sort_by_key(|course| (course.dates.end, course.id));
        Ok(courses)
    }

    async fn delete_course(&mut self, id: CourseId) -> Result<(), StoreError> {
        diesel::delete(course::table.find(key(id))).execute(self.conn()?).await.map_err(failed)?;
        Ok(())
    }
}
