use super::{CourseDetails, Listed, Page, StoreError};
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use course_seats_domain::enrolment::Enrolment;
use course_seats_domain::ids::{BatchId, CourseId, EnrolmentId, InstitutionId, SeatId};
use course_seats_domain::seat::{Seat, SeatState};

/// A seat as a listing shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeatView {
    /// The seat.
    pub seat: Seat,
    /// Free, reserved, assigned, dropping or consumed.
    pub state: SeatState,
    /// Who sits on it.
    pub enrolment: Option<Enrolment>,
}

/// Which seats of a course.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SeatFilter {
    /// Only those in this state.
    pub state: Option<SeatState>,
    /// Only those whose student id or e-mail contains this (without regard to case, `%` and `_`
    /// plain).
    pub text: Option<String>,
}

/// The seats of one batch that are in one course.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batch {
    /// The batch.
    pub id: BatchId,
    /// The course that has the seats now.
    pub course: CourseDetails,
    /// When it was provisioned.
    pub created_at: DateTime<Utc>,
    /// When its seats expire.
    pub expiry: DateTime<Utc>,
    /// The seats, by expiry, then id.
    pub seats: Vec<Seat>,
}

/// Which batches.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BatchFilter {
    /// This batch.
    pub batch: Option<BatchId>,
    /// In this course.
    pub course: Option<CourseId>,
    /// Of this institution.
    pub institution: Option<InstitutionId>,
    /// The lab's name contains this (without regard to case, `%` and `_` plain).
    pub lab_name: Option<String>,
    /// The institution's name contains this (likewise).
    pub institution_name: Option<String>,
    /// Provisioned at this time or later.
    pub created_after: Option<DateTime<Utc>>,
    /// Provisioned at this time or before.
    pub created_before: Option<DateTime<Utc>>,
}

/// Seats.
#[async_trait]
pub trait Seats: Send {
    /// Writes new seats.
    async fn insert_seats(&mut self, seats: &[Seat]) -> Result<(), StoreError>;

    /// Writes consumed, previously dropped and enrolment of one seat. Must return `Conflict` if
    /// another seat has the enrolment.
    async fn update_seat(&mut self, seat: &Seat) -> Result<(), StoreError>;

    /// By id. In a transaction that may write, the row stays as it was read until that ends.
    async fn seat(&mut self, id: SeatId) -> Result<Option<Seat>, StoreError>;

    /// Those of these ids that exist.
    async fn seats_by_id(&mut self, ids: &[SeatId]) -> Result<Vec<Seat>, StoreError>;

    /// The seat that an enrolment sits on. In a transaction that may write, the row stays as it was
    /// read until that ends.
    async fn seat_of(&mut self, enrolment: EnrolmentId) -> Result<Option<Seat>, StoreError>;

    /// The seats of these enrolments.
    async fn seats_of(&mut self, enrolments: &[EnrolmentId]) -> Result<Vec<Seat>, StoreError> {
        let mut seats = Vec::new();
        for enrolment in enrolments {
            seats.extend(self.seat_of(*enrolment).await?);
        }
        Ok(seats)
    }

    /// The course's available seats at `now`: not consumed, no enrolment, not reserved, expiry
    /// later than `now`; by expiry, then id; at most `limit`.
    async fn available_seats(
        &mut self,
        course: CourseId,
        now: DateTime<Utc>,
        limit: Option<u32>,
    ) -> Result<Vec<Seat>, StoreError>;

    /// Moves seats to another course. Must return `Conflict` if one of them is an enrolment's or
    /// consumed by now: the other service takes seats without a lock on the course.
    async fn move_seats(&mut self, seats: &[SeatId], to: CourseId) -> Result<(), StoreError>;

    /// The course's seats, as they are `now`, by expiry, then id.
    async fn list_seats(
        &mut self,
        course: CourseId,
        now: DateTime<Utc>,
        filter: &SeatFilter,
        page: Option<Page>,
    ) -> Result<Listed<SeatView>, StoreError>;

    /// Batches, newest first, then by batch and course id. A batch whose seats are in two courses
    /// is two entries.
    async fn list_batches(
        &mut self,
        filter: &BatchFilter,
        page: Option<Page>,
    ) -> Result<Listed<Batch>, StoreError>;

    /// Deletes all seats of a course.
    async fn delete_seats(&mut self, course: CourseId) -> Result<(), StoreError>;
}
