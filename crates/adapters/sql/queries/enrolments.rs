use super::seats::{SeatRow, same_course};
use super::{KEYS_A_QUERY, counted, paged, with_sum, with_total};
use crate::columns::{DbMoney, DbTime, DbUuid, key, keys};
use crate::db::{Backend, Tx, first_locked};
use crate::errors::failed;
use crate::functions::contains_folded;
use crate::schema::{course, course_enrolment, enrolment_tally, seat};
use async_trait::async_trait;
use course_seats_application::ports::store::{
    EnrolmentFilter, EnrolmentView, Enrolments, Listed, Page, StoreError,
};
use course_seats_domain::enrolment::{Dropping, Enrolment, EnrolmentState};
use course_seats_domain::ids::{CourseId, EnrolmentId, LabId, ProjectId, UserId};
use course_seats_domain::values::{EmailAddress, StudentId, fold};
use diesel::dsl::exists;
use diesel::prelude::{Insertable, OptionalExtension, Queryable, Selectable};
use diesel::{
    BoolExpressionMethods, ExpressionMethods, JoinOnDsl, NullableExpressionMethods, QueryDsl,
    SelectableHelper,
};
use diesel_async::RunQueryDsl;

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = course_enrolment, check_for_backend(Backend))]
#[diesel(treat_none_as_default_value = false)]
pub(super) struct EnrolmentRow {
    id: DbUuid,
    course_id: DbUuid,
    project_id: DbUuid,
    contact_email: String,
    student_id: String,
    claimed_by: Option<DbUuid>,
    is_dropped: bool,
    activated_at: Option<DbTime>,
    created_at: DbTime,
    email_folded: String,
    grant_amount: Option<DbMoney>,
    dropping_since: Option<DbTime>,
    dropping_student: Option<DbUuid>,
}

impl From<&Enrolment> for EnrolmentRow {
    fn from(enrolment: &Enrolment) -> Self {
        Self {
            id: key(enrolment.id),
            course_id: key(enrolment.course),
            project_id: key(enrolment.project),
            contact_email: enrolment.email.as_str().to_owned(),
            student_id: enrolment.student_id.to_string(),
            claimed_by: enrolment.claimed_by.map(key),
            is_dropped: enrolment.dropped,
            activated_at: enrolment.activated_at.map(DbTime),
            created_at: DbTime(enrolment.created_at),
            email_folded: enrolment.email.folded(),
            grant_amount: enrolment.grant.map(DbMoney),
            dropping_since: enrolment.dropping.map(|drop| DbTime(drop.since)),
            dropping_student: enrolment.dropping.and_then(|drop| drop.student).map(key),
        }
    }
}

impl From<EnrolmentRow> for Enrolment {
    fn from(row: EnrolmentRow) -> Self {
        let student = row.dropping_student.map(UserId::from);
        Self {
            id: row.id.into(),
            course: row.course_id.into(),
            project: row.project_id.into(),
            student_id: StudentId::adopted(row.student_id),
            email: EmailAddress::adopted(row.contact_email),
            claimed_by: row.claimed_by.map(UserId::from),
            activated_at: row.activated_at.map(|at| at.0),
            dropped: row.is_dropped,
            dropping: row.dropping_since.map(|since| Dropping { since: since.0, student }),
            grant: row.grant_amount.map(|amount| amount.0),
            created_at: row.created_at.0,
        }
    }
}

/// Neither dropped nor being dropped.
macro_rules! live {
    () => {
        course_enrolment::is_dropped.eq(false).and(course_enrolment::dropping_since.is_null())
    };
}

fn enrolments(rows: Vec<EnrolmentRow>) -> Vec<Enrolment> {
    rows.into_iter().map(Enrolment::from).collect()
}

#[async_trait]
impl Enrolments for Tx {
    async fn insert_enrolment(&mut self, enrolment: &Enrolment) -> Result<(), StoreError> {
        diesel::insert_into(course_enrolment::table)
            .values(EnrolmentRow::from(enrolment))
            .execute(self.conn()?)
            .await
            .map_err(failed)?;
        Ok(())
    }

    async fn update_enrolment(&mut self, enrolment: &Enrolment) -> Result<(), StoreError> {
        let row = EnrolmentRow::from(enrolment);
        diesel::update(course_enrolment::table.find(row.id))
            .set((
                course_enrolment::claimed_by.eq(row.claimed_by),
                course_enrolment::activated_at.eq(row.activated_at),
                course_enrolment::is_dropped.eq(row.is_dropped),
                course_enrolment::dropping_since.eq(row.dropping_since),
                course_enrolment::dropping_student.eq(row.dropping_student),
            ))
            .execute(self.conn()?)
            .await
            .map_err(failed)?;
        Ok(())
    }

    async fn enrolment(&mut self, id: EnrolmentId) -> Result<Option<Enrolment>, StoreError> {
        let query = course_enrolment::table.find(key(id)).select(EnrolmentRow::as_select());
        let row: Option<EnrolmentRow> = first_locked!(self, query).optional().map_err(failed)?;
        Ok(row.map(Enrolment::from))
    }

    async fn enrolment_of(&mut self, project: ProjectId) -> Result<Option<Enrolment>, StoreError> {
        let row: Option<EnrolmentRow> = course_enrolment::table
            .filter(course_enrolment::project_id.eq(key(project)))
            .select(EnrolmentRow::as_select())
            .first(self.conn()?)
            .await
            .optional()
            .map_err(failed)?;
        Ok(row.map(Enrolment::from))
    }

    async fn enrolments_by_id(
        &mut self,
        ids: &[EnrolmentId],
    ) -> Result<Vec<Enrolment>, StoreError> {
        let mut found = Vec::new();
        for some in ids.chunks(KEYS_A_QUERY) {
            let rows: Vec<EnrolmentRow> = course_enrolment::table
                .filter(course_enrolment::id.eq_any(keys(some)))
                .select(EnrolmentRow::as_select())
                .load(self.conn()?)
                .await
                .map_err(failed)?;
            found.extend(enrolments(rows));
        }
        Ok(found)
    }

    async fn enrolled(
        &mut self,
        course: CourseId,
        student_ids: &[String],
        folded_emails: &[String],
    ) -> Result<Vec<Enrolment>, StoreError> {
        let mut found: Vec<Enrolment> = Vec::new();
        let (mut ids, mut emails) =
            (student_ids.chunks(KEYS_A_QUERY), folded_emails.chunks(KEYS_A_QUERY));
        loop {
            let (some_ids, some_emails) = match (ids.next(), emails.next()) {
                (None, None) => break,
                (ids, emails) => (ids.unwrap_or_default(), emails.unwrap_or_default()),
            };
            let same = course_enrolment::student_id
                .eq_any(some_ids)
                .or(course_enrolment::email_folded.eq_any(some_emails));
            let rows: Vec<EnrolmentRow> = course_enrolment::table
                .filter(course_enrolment::course_id.eq(key(course)))
                .filter(same)
                .select(EnrolmentRow::as_select())
                .load(self.conn()?)
                .await
                .map_err(failed)?;
            found.extend(enrolments(rows));
        }
        found.sort_by_key(|enrolment| (enrolment.created_at, enrolment.id));
        found.dedup_by_key(|enrolment| enrolment.id);
        Ok(found)
    }

    async fn live_enrolments(&mut self, course: CourseId) -> Result<Vec<Enrolment>, StoreError> {
        let rows: Vec<EnrolmentRow> = course_enrolment::table
            .filter(course_enrolment::course_id.eq(key(course)))
            .filter(live!())
            .order((course_enrolment::created_at, course_enrolment::id))
            .select(EnrolmentRow::as_select())
            .load(self.conn()?)
            .await
            .map_err(failed)?;
        Ok(enrolments(rows))
    }

    async fn claimed_by(&mut self, user: UserId) -> Result<Vec<Enrolment>, StoreError> {
        let rows: Vec<EnrolmentRow> = course_enrolment::table
            .filter(course_enrolment::claimed_by.eq(key(user)))
            .filter(course_enrolment::activated_at.is_null())
            .filter(live!())
            .order((course_enrolment::created_at, course_enrolment::id))
            .select(EnrolmentRow::as_select())
            .load(self.conn()?)
            .await
            .map_err(failed)?;
        Ok(enrolments(rows))
    }

    async fn has_live_activated(&mut self, lab: LabId, user: UserId) -> Result<bool, StoreError> {
        let held = course_enrolment::table
            .inner_join(course::table)
            .filter(course::virtual_lab_id.eq(key(lab)))
            .filter(course_enrolment::claimed_by.eq(key(user)))
            .filter(course_enrolment::activated_at.is_not_null())
            .filter(live!());
        diesel::select(exists(held)).get_result(self.conn()?).await.map_err(failed)
    }

    async fn list_enrolments(
        &mut self,
        course: CourseId,
        filter: &EnrolmentFilter,
        page: Option<Page>,
    ) -> Result<Listed<EnrolmentView>, StoreError> {
        let matching = || {
            let all = course_enrolment::table
                .left_join(seat::table.on(same_course!()))
                .filter(course_enrolment::course_id.eq(key(course)))
                .into_boxed::<Backend>();
            let all = match &filter.text {
                Some(text) => all.filter(
                    contains_folded(course_enrolment::student_id.nullable(), &fold(text)).or(
                        contains_folded(course_enrolment::contact_email.nullable(), &fold(text)),
                    ),
                ),
                None => all,
            };
            match filter.state {
                None => all,
                Some(EnrolmentState::Dropped) => all.filter(course_enrolment::is_dropped.eq(true)),
                Some(EnrolmentState::Dropping) => all
                    .filter(course_enrolment::is_dropped.eq(false))
                    .filter(course_enrolment::dropping_since.is_not_null()),
                Some(EnrolmentState::Activated) => {
                    all.filter(live!()).filter(course_enrolment::activated_at.is_not_null())
                }
                Some(EnrolmentState::Claimed) => all
                    .filter(live!())
                    .filter(course_enrolment::activated_at.is_null())
                    .filter(course_enrolment::claimed_by.is_not_null()),
                Some(EnrolmentState::Assigned) => all
                    .filter(live!())
                    .filter(course_enrolment::activated_at.is_null())
                    .filter(course_enrolment::claimed_by.is_null()),
            }
        };
        let query = paged!(matching(), page)
            .order((course_enrolment::created_at, course_enrolment::id))
            .select((EnrolmentRow::as_select(), Option::<SeatRow>::as_select()));
        // The tally tells how many enrolments a course has without a look at each of them.
        let tally = enrolment_tally::table
            .filter(enrolment_tally::course_id.eq(key(course)))
            .select(enrolment_tally::enrolments);
        let (rows, total): (Vec<(EnrolmentRow, Option<SeatRow>)>, u64) = match page {
            Some(_) if *filter == EnrolmentFilter::default() => with_sum!(self, query, tally),
            _ => with_total!(self, page, query, counted!(self, matching())),
        };
        let items = rows
            .into_iter()
            .map(|(enrolment, seat)| EnrolmentView {
                enrolment: enrolment.into(),
                seat: seat.map(Into::into),
            })
            .collect();
        Ok(Listed { items, total })
    }

    async fn delete_enrolments(&mut self, course: CourseId) -> Result<(), StoreError> {
        diesel::delete(course_enrolment::table.filter(course_enrolment::course_id.eq(key(course))))
            .execute(self.conn()?)
            .await
            .map_err(failed)?;
        Ok(())
    }
}
