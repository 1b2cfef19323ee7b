use super::courses::{DetailsRow, details, details_columns};
use super::enrolments::EnrolmentRow;
use super::seats::{SeatRow, reserved, same_course, seats};
use super::{KEYS_A_QUERY, counted, paged, with_sum, with_total};
use crate::columns::{DbTime, DbUuid, key};
use crate::db::{Backend, Tx};
use crate::errors::failed;
use crate::functions::{contains_folded, seat_key};
use crate::schema::{
    course, course_enrolment, institution, reservation, seat, seat_batch, virtual_lab,
};
use chrono::{DateTime, Utc};
use course_seats_application::ports::store::{
    Batch, BatchFilter, CourseDetails, Listed, Page, SeatFilter, SeatView, StoreError,
};
use course_seats_domain::enrolment::{Enrolment, EnrolmentState};
use course_seats_domain::ids::{BatchId, CourseId};
use course_seats_domain::seat::{Seat, SeatState};
use course_seats_domain::values::fold;
use diesel::dsl::{exists, not};
use diesel::{
    BoolExpressionMethods, ExpressionMethods, JoinOnDsl, NullableExpressionMethods, QueryDsl,
    SelectableHelper,
};
use diesel_async::RunQueryDsl;
use std::collections::{HashMap, HashSet};
use uuid::Uuid;

impl Tx {
    pub(super) async fn seats_listed(
        &mut self,
        course: CourseId,
        now: DateTime<Utc>,
        filter: &SeatFilter,
        page: Option<Page>,
    ) -> Result<Listed<SeatView>, StoreError> {
        let matching = || {
            let all = seat::table
                .left_join(course_enrolment::table.on(same_course!()))
                .filter(seat::course_id.eq(key(course)))
                .into_boxed::<Backend>();
            let all = match &filter.text {
                Some(text) => all.filter(
                    contains_folded(course_enrolment::student_id.nullable(), &fold(text)).or(
                        contains_folded(course_enrolment::contact_email.nullable(), &fold(text)),
                    ),
                ),
                None => all,
            };
            let all = match filter.state {
                None => all,
                Some(SeatState::Consumed) => all.filter(seat::is_consumed.eq(true)),
                Some(_) => all.filter(seat::is_consumed.eq(false)),
            };
            match filter.state {
                None | Some(SeatState::Consumed) => all,
                Some(SeatState::Free) => {
                    all.filter(seat::enrolment_id.is_null()).filter(not(reserved!(now)))
                }
                Some(SeatState::Reserved) => {
                    all.filter(seat::enrolment_id.is_null()).filter(reserved!(now))
                }
                Some(SeatState::Dropping) => all
                    .filter(course_enrolment::is_dropped.eq(false))
                    .filter(course_enrolment::dropping_since.is_not_null()),
                Some(SeatState::Assigned) => all
                    .filter(
                        course_enrolment::is_dropped
                            .eq(true)
                            .or(course_enrolment::dropping_since.is_null()),
                    )
                    .filter(seat::enrolment_id.is_not_null()),
            }
        };
        let query = paged!(matching(), page).order((seat::expiry_date, seat::id)).select((
            SeatRow::as_select(),
            Option::<EnrolmentRow>::as_select(),
            reserved!(now),
        ));
        // The batches tell how many seats a course has without a look at each of them.
        let batches = seat_batch::table
            .filter(seat_batch::course_id.eq(key(course)))
            .select(seat_batch::seats);
        let (rows, total): (Vec<(SeatRow, Option<EnrolmentRow>, bool)>, u64) = match page {
            Some(_) if *filter == SeatFilter::default() => with_sum!(self, query, batches),
            _ => with_total!(self, page, query, counted!(self, matching())),
        };
        let view = |(seat, enrolment, reserved): (SeatRow, Option<EnrolmentRow>, bool)| {
            let (seat, enrolment) = (Seat::from(seat), enrolment.map(Enrolment::from));
            let dropping =
                enrolment.as_ref().is_some_and(|it| it.state() == EnrolmentState::Dropping);
            let state = seat.state(reserved, dropping);
            SeatView { seat, state, enrolment }
        };
        Ok(Listed { items: rows.into_iter().map(view).collect(), total })
    }

    /// Which batches, how many in all, their seats, their courses: a query each.
    pub(super) async fn batches_listed(
        &mut self,
        filter: &BatchFilter,
        page: Option<Page>,
    ) -> Result<Listed<Batch>, StoreError> {
        let matching = || {
            let mut all = seat_batch::table.into_boxed::<Backend>();
            if let Some(batch) = filter.batch {
                all = all.filter(seat_batch::batch_id.eq(key(batch)));
            }
            if let Some(course) = filter.course {
                all = all.filter(seat_batch::course_id.eq(key(course)));
            }
            if let Some(institution) = filter.institution {
                all = all.filter(seat_batch::institution_id.eq(key(institution)));
            }
            if let Some(name) = &filter.lab_name {
                let of_labs = course::table
                    .inner_join(virtual_lab::table)
                    .filter(contains_folded(virtual_lab::name.nullable(), &fold(name)))
                    .select(course::id);
                all = all.filter(seat_batch::course_id.eq_any(of_labs));
            }
            if let Some(name) = &filter.institution_name {
                let named = institution::table
                    .filter(contains_folded(institution::name.nullable(), &fold(name)))
                    .select(institution::id);
                all = all.filter(seat_batch::institution_id.eq_any(named));
            }
            if let Some(after) = filter.created_after {
                all = all.filter(seat_batch::created_at.ge(DbTime(after)));
            }
            if let Some(before) = filter.created_before {
                all = all.filter(seat_batch::created_at.le(DbTime(before)));
            }
            all
        };
        let query = paged!(matching(), page)
            .order((seat_batch::created_at.desc(), seat_batch::batch_id, seat_batch::course_id))
            .select((seat_batch::batch_id, seat_batch::course_id));
        let (wanted, total): (Vec<(DbUuid, DbUuid)>, u64) =
            with_total!(self, page, query, counted!(self, matching()));
        let mut seats = self.seats_of_batches(&wanted).await?;
        let courses = self.courses_of_batches(&wanted).await?;
        let items = wanted.into_iter().filter_map(|(batch, course)| {
            let (batch, course) = (BatchId::from(batch), CourseId::from(course));
            let seats = seats.remove(&(batch, course))?;
            let course = courses.get(&course)?.clone();
            let [first, ..] = seats.as_slice() else { return None };
            let (created_at, expiry) = (first.created_at, first.expiry);
            Some(Batch { id: batch, course, created_at, expiry, seats })
        });
        Ok(Listed { items: items.collect(), total })
    }

    async fn seats_of_batches(
        &mut self,
        batches: &[(DbUuid, DbUuid)],
    ) -> Result<HashMap<(BatchId, CourseId), Vec<Seat>>, StoreError> {
        let mut found: HashMap<_, Vec<Seat>> = HashMap::new();
        for some in batches.chunks(KEYS_A_QUERY) {
            let rows: Vec<SeatRow> = seat::table
                .filter(seat::batch_id.eq_any(some.iter().map(|(batch, _)| batch)))
                .filter(seat::course_id.eq_any(some.iter().map(|(_, course)| course)))
                .order((seat::expiry_date, seat::id))
                .select(SeatRow::as_select())
                .load(self.conn()?)
                .await
                .map_err(failed)?;
            // A batch in two courses may be in two chunks: then its seats are met twice.
            let here: HashSet<(Uuid, Uuid)> = some.iter().map(|(b, c)| (b.0, c.0)).collect();
            let rows = rows
                .into_iter()
                .filter(|row| here.contains(&(row.batch_id.0, row.course_id.0)))
                .collect();
            for seat in seats(rows) {
                found.entry((seat.batch, seat.course)).or_default().push(seat);
            }
        }
        Ok(found)
    }

    async fn courses_of_batches(
        &mut self,
        batches: &[(DbUuid, DbUuid)],
    ) -> Result<HashMap<CourseId, CourseDetails>, StoreError> {
        let mut found = HashMap::new();
        for some in batches.chunks(KEYS_A_QUERY) {
            let rows: Vec<DetailsRow> = course::table
                .inner_join(virtual_lab::table)
                .inner_join(institution::table)
                .filter(course::id.eq_any(some.iter().map(|(_, course)| course)))
                .select(details_columns!())
                .load(self.conn()?)
                .await
                .map_err(failed)?;
            found.extend(rows.into_iter().map(details).map(|it| (it.course.id, it)));
        }
        Ok(found)
    }
}
