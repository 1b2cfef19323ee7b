use super::tables::{put, those};
use super::tx::{MemoryTx, page_of};
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use course_seats_application::ports::store::{
    Batch, BatchFilter, Listed, Page, Reservation, SeatFilter, SeatView, Seats, StoreError,
};
use course_seats_domain::enrolment::{Enrolment, EnrolmentState};
use course_seats_domain::ids::{BatchId, CourseId, EnrolmentId, SeatId};
use course_seats_domain::seat::{Seat, SeatState};
use course_seats_domain::values::fold;
use std::collections::BTreeMap;
use std::sync::Arc;

impl MemoryTx {
    fn is_reserved(&self, seat: SeatId, now: DateTime<Utc>) -> bool {
        let row = self.tables.reservations.get(&Reservation::Seat(seat));
        row.is_some_and(|row| row.holds(now))
    }

    fn view(&self, seat: &Seat, now: DateTime<Utc>) -> SeatView {
        let enrolment = seat.enrolment.and_then(|id| self.tables.enrolments.get(&id));
        let enrolment = enrolment.map(|row| Enrolment::clone(row));
        let dropping = enrolment.as_ref().is_some_and(|it| it.state() == EnrolmentState::Dropping);
        let state = seat.state(self.is_reserved(seat.id, now), dropping);
        SeatView { seat: seat.clone(), state, enrolment }
    }

    fn batch_matches(&self, batch: &Batch, filter: &BatchFilter) -> bool {
        let contains = |name: &str, part: &Option<String>| {
            part.as_ref().is_none_or(|part| fold(name).contains(&fold(part)))
        };
        filter.batch.is_none_or(|id| batch.id == id)
            && filter.course.is_none_or(|id| batch.course.course.id == id)
            && contains(&batch.course.lab_name, &filter.lab_name)
    }

    fn institution_matches(&self, seat: &Seat, filter: &BatchFilter) -> bool {
        let name = self.tables.institutions.get(&seat.institution).map(|row| row.name.to_string());
        let named = filter
            .institution_name
            .as_ref()
            .is_none_or(|part| name.is_some_and(|name| fold(&name).contains(&fold(part))));
        named
            && filter.institution.is_none_or(|id| seat.institution == id)
            && filter.created_after.is_none_or(|at| seat.created_at >= at)
            && filter.created_before.is_none_or(|at| seat.created_at <= at)
    }
}

#[async_trait]
impl Seats for MemoryTx {
    async fn insert_seats(&mut self, seats: &[Seat]) -> Result<(), StoreError> {
        self.statement().await?;
        for seat in seats {
            if !self.tables.courses.contains_key(&seat.course) {
                return self.broken("a seat without its course");
            }
            if self.tables.seats.contains_key(&seat.id) {
                return self.taken("seat");
            }
            put(&mut self.tables.seats, seat.id, seat.clone());
        }
        Ok(())
    }

    async fn update_seat(&mut self, seat: &Seat) -> Result<(), StoreError> {
        self.statement().await?;
        let twice = |other: &Seat| {
            other.id != seat.id && seat.enrolment.is_some() && other.enrolment == seat.enrolment
        };
        if self.tables.seats.values().any(|other| twice(other)) {
            return self.taken("seat enrolment");
        }
        if let Some(row) = self.tables.seats.get(&seat.id) {
            let row = Seat {
                consumed: seat.consumed,
                previously_dropped: seat.previously_dropped,
                enrolment: seat.enrolment,
                ..Seat::clone(row)
            };
            put(&mut self.tables.seats, seat.id, row);
        }
        Ok(())
    }

    async fn seat(&mut self, id: SeatId) -> Result<Option<Seat>, StoreError> {
        self.statement().await?;
        Ok(self.tables.seats.get(&id).map(|row| Seat::clone(row)))
    }

    async fn seats_by_id(&mut self, ids: &[SeatId]) -> Result<Vec<Seat>, StoreError> {
        self.statement().await?;
        let found = ids.iter().filter_map(|id| self.tables.seats.get(id));
        Ok(found.map(|row| Seat::clone(row)).collect())
    }

    async fn seat_of(&mut self, enrolment: EnrolmentId) -> Result<Option<Seat>, StoreError> {
        self.statement().await?;
        Ok(those(&self.tables.seats, |row| row.enrolment == Some(enrolment)).pop())
    }

    async fn available_seats(
        &mut self,
        course: CourseId,
        now: DateTime<Utc>,
        limit: Option<u32>,
    ) -> Result<Vec<Seat>, StoreError> {
        self.statement().await?;
        let mut found = those(&self.tables.seats, |row| {
            row.course == course && row.is_available(self.is_reserved(row.id, now), now)
        });
        found.sort_by_key(Seat::order);
        found.truncate(limit.map_or(usize::MAX, |limit| limit as usize));
        Ok(found)
    }

    async fn move_seats(&mut self, seats: &[SeatId], to: CourseId) -> Result<(), StoreError> {
        self.statement().await?;
        for id in seats {
            match self.tables.seats.get(id) {
                Some(row) if !row.consumed && row.enrolment.is_none() => {
                    let row = Seat { course: to, ..Seat::clone(row) };
                    put(&mut self.tables.seats, *id, row);
                }
                _ => return Err(StoreError::Conflict("a seat that is to move was taken".into())),
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
        self.statement().await?;
        let of_course = self.tables.seats.values().filter(|seat| seat.course == course);
        let mut views: Vec<SeatView> = of_course.map(|seat| self.view(seat, now)).collect();
        views.retain(|view| {
            let state: Option<SeatState> = filter.state;
            let named = filter.text.as_ref().is_none_or(|text| {
                view.enrolment.as_ref().is_some_and(|it| names_contain(it, text))
            });
            named && state.is_none_or(|state| view.state == state)
        });
        views.sort_by_key(|view| view.seat.order());
        Ok(page_of(views, page))
    }

    async fn list_batches(
        &mut self,
        filter: &BatchFilter,
        page: Option<Page>,
    ) -> Result<Listed<Batch>, StoreError> {
        self.statement().await?;
        let mut parts: BTreeMap<(BatchId, CourseId), Vec<Seat>> = BTreeMap::new();
        for seat in self.tables.seats.values().filter(|row| self.institution_matches(row, filter)) {
            parts.entry((seat.batch, seat.course)).or_default().push(Seat::clone(seat));
        }
        let mut batches: Vec<Batch> = Vec::new();
        for ((id, course), mut seats) in parts {
            seats.sort_by_key(Seat::order);
            let course = self.tables.courses.get(&course).and_then(|row| self.details(row));
            if let (Some(course), Some(first)) = (course, seats.first()) {
                let (created_at, expiry) = (first.created_at, first.expiry);
                batches.push(Batch { id, course, created_at, expiry, seats });
            }
        }
        batches.retain(|batch| self.batch_matches(batch, filter));
        batches.sort_by_key(|batch| {
            (std::cmp::Reverse(batch.created_at), batch.id, batch.course.course.id)
        });
        Ok(page_of(batches, page))
    }

    async fn delete_seats(&mut self, course: CourseId) -> Result<(), StoreError> {
        self.statement().await?;
        Arc::make_mut(&mut self.tables.seats).retain(|_, seat| seat.course != course);
        Ok(())
    }
}

/// Whether the student id or the e-mail contains this, without regard to case.
pub(super) fn names_contain(enrolment: &Enrolment, text: &str) -> bool {
    let part = fold(text);
    fold(enrolment.student_id.as_str()).contains(&part) || enrolment.email.folded().contains(&part)
}
