use super::KEYS_A_QUERY;
use crate::columns::{DbCount, DbTime, DbUuid, key, keys};
use crate::db::{Backend, Tx, first_locked, insert_all};
use crate::errors::failed;
use crate::functions::seat_key;
use crate::schema::{reservation, seat};
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use course_seats_application::ports::store::{
    Batch, BatchFilter, Listed, Page, SeatFilter, SeatView, Seats, StoreError,
};
use course_seats_domain::ids::{CourseId, EnrolmentId, SeatId};
use course_seats_domain::seat::Seat;
use diesel::dsl::{exists, not};
use diesel::prelude::{Insertable, OptionalExtension, Queryable, Selectable};
use diesel::{BoolExpressionMethods, ExpressionMethods, QueryDsl, SelectableHelper};
use diesel_async::RunQueryDsl;

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = seat, check_for_backend(Backend))]
#[diesel(treat_none_as_default_value = false)]
pub(super) struct SeatRow {
    pub(super) id: DbUuid,
    pub(super) course_id: DbUuid,
    institution_id: DbUuid,
    is_consumed: bool,
    previously_dropped: bool,
    pub(super) batch_id: DbUuid,
    enrolment_id: Option<DbUuid>,
    expiry_date: DbTime,
    credit_value: DbCount,
    created_at: DbTime,
}

impl From<&Seat> for SeatRow {
    fn from(seat: &Seat) -> Self {
        Self {
            id: key(seat.id),
            course_id: key(seat.course),
            institution_id: key(seat.institution),
            is_consumed: seat.consumed,
            previously_dropped: seat.previously_dropped,
            batch_id: key(seat.batch),
            enrolment_id: seat.enrolment.map(key),
            expiry_date: DbTime(seat.expiry),
            credit_value: DbCount(seat.credit_value),
            created_at: DbTime(seat.created_at),
        }
    }
}

impl From<SeatRow> for Seat {
    fn from(row: SeatRow) -> Self {
        Self {
            id: row.id.into(),
            course: row.course_id.into(),
            institution: row.institution_id.into(),
            batch: row.batch_id.into(),
            credit_value: row.credit_value.0,
            expiry: row.expiry_date.0,
            consumed: row.is_consumed,
            previously_dropped: row.previously_dropped,
            enrolment: row.enrolment_id.map(EnrolmentId::from),
            created_at: row.created_at.0,
        }
    }
}

/// Whether an assignment under way holds the seat at `$now`.
macro_rules! reserved {
    ($now:expr) => {
        exists(
            reservation::table
                .filter(reservation::kind.eq("seat"))
                .filter(reservation::scope.eq(""))
                .filter(reservation::key.eq(seat_key()))
                .filter(reservation::until.is_null().or(reservation::until.gt(DbTime($now)))),
        )
    };
}
pub(super) use reserved;

/// That a seat is an enrolment's. A seat that is taken is never moved, so both are of one course;
/// a database that is told so looks only there, not through all courses.
macro_rules! same_course {
    () => {
        crate::schema::seat::enrolment_id
            .eq(crate::schema::course_enrolment::id.nullable())
            .and(crate::schema::seat::course_id.eq(crate::schema::course_enrolment::course_id))
    };
}
pub(super) use same_course;

pub(super) fn seats(rows: Vec<SeatRow>) -> Vec<Seat> {
    rows.into_iter().map(Seat::from).collect()
}

#[async_trait]
impl Seats for Tx {
    async fn insert_seats(&mut self, seats: &[Seat]) -> Result<(), StoreError> {
        let rows: Vec<SeatRow> = seats.iter().map(SeatRow::from).collect();
        insert_all!(self, seat::table, rows)
    }

    async fn update_seat(&mut self, seat: &Seat) -> Result<(), StoreError> {
        diesel::update(seat::table.find(key(seat.id)))
            .set((
                seat::is_consumed.eq(seat.consumed),
                seat::previously_dropped.eq(seat.previously_dropped),
                seat::enrolment_id.eq(seat.enrolment.map(key)),
            ))
            .execute(self.conn()?)
            .await
            .map_err(failed)?;
        Ok(())
    }

    async fn seat(&mut self, id: SeatId) -> Result<Option<Seat>, StoreError> {
        let query = seat::table.find(key(id)).select(SeatRow::as_select());
        let row: Option<SeatRow> = first_locked!(self, query).optional().map_err(failed)?;
        Ok(row.map(Seat::from))
    }

    async fn seats_by_id(&mut self, ids: &[SeatId]) -> Result<Vec<Seat>, StoreError> {
        let mut found = Vec::new();
        for some in ids.chunks(KEYS_A_QUERY) {
            let rows: Vec<SeatRow> = seat::table
                .filter(seat::id.eq_any(keys(some)))
                .select(SeatRow::as_select())
                .load(self.conn()?)
                .await
                .map_err(failed)?;
            found.extend(seats(rows));
        }
        Ok(found)
    }

    async fn seat_of(&mut self, enrolment: EnrolmentId) -> Result<Option<Seat>, StoreError> {
        let query =
            seat::table.filter(seat::enrolment_id.eq(key(enrolment))).select(SeatRow::as_select());
        let row: Option<SeatRow> = first_locked!(self, query).optional().map_err(failed)?;
        Ok(row.map(Seat::from))
    }

    async fn seats_of(&mut self, enrolments: &[EnrolmentId]) -> Result<Vec<Seat>, StoreError> {
        let mut found = Vec::new();
        for some in enrolments.chunks(KEYS_A_QUERY) {
            let rows: Vec<SeatRow> = seat::table
                .filter(seat::enrolment_id.eq_any(keys(some)))
                .select(SeatRow::as_select())
                .load(self.conn()?)
                .await
                .map_err(failed)?;
            found.extend(seats(rows));
        }
        Ok(found)
    }

    async fn available_seats(
        &mut self,
        course: CourseId,
        now: DateTime<Utc>,
        limit: Option<u32>,
    ) -> Result<Vec<Seat>, StoreError> {
        let mut query = seat::table
            .filter(seat::course_id.eq(key(course)))
            .filter(seat::is_consumed.eq(false))
            .filter(seat::enrolment_id.is_null())
            .filter(seat::expiry_date.gt(DbTime(now)))
            .filter(not(reserved!(now)))
            .order((seat::expiry_date, seat::id))
            .select(SeatRow::as_select())
            .into_boxed::<Backend>();
        if let Some(limit) = limit {
            query = query.limit(i64::from(limit));
        }
        Ok(seats(query.load(self.conn()?).await.map_err(failed)?))
    }

    async fn move_seats(&mut self, seats: &[SeatId], to: CourseId) -> Result<(), StoreError> {
        for some in seats.chunks(KEYS_A_QUERY) {
            let free = seat::table
                .filter(seat::id.eq_any(keys(some)))
                .filter(seat::is_consumed.eq(false))
                .filter(seat::enrolment_id.is_null());
            let moved = diesel::update(free)
                .set(seat::course_id.eq(key(to)))
                .execute(self.conn()?)
                .await
                .map_err(failed)?;
            if moved < some.len() {
                return Err(StoreError::Conflict("a seat that is to move was taken".into()));
            }
        }
        Ok(())
    }

    async fn list_seats(
        &mut self,
        course: CourseId,
        now: DateTime<Utc>,
        filter: &SeatFilter,
        page: Option<Page>,
    ) -> Result<Listed<SeatView>, StoreError> {
        self.seats_listed(course, now, filter, page).await
    }

    async fn list_batches(
        &mut self,
        filter: &BatchFilter,
        page: Option<Page>,
    ) -> Result<Listed<Batch>, StoreError> {
        self.batches_listed(filter, page).await
    }

    async fn delete_seats(&mut self, course: CourseId) -> Result<(), StoreError> {
        diesel::delete(seat::table.filter(seat::course_id.eq(key(course))))
            .execute(self.conn()?)
            .await
            .map_err(failed)?;
        Ok(())
    }
}
