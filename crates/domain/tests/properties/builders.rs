//! Entities with sensible values, to be changed where a test cares.

use chrono::{DateTime, TimeDelta, Utc};
use course_seats_domain::course::{Closing, Course, CourseDates, CourseEvent, CourseStatus};
use course_seats_domain::enrolment::{Dropping, Enrolment};
use course_seats_domain::ids::{
    BatchId, CourseId, EnrolmentId, InstitutionId, LabId, ProjectId, SeatId, UserId,
};
use course_seats_domain::seat::Seat;
use proptest::prelude::*;
use proptest::sample::select;
use uuid::Uuid;

/// The smallest step of time: what the clock is cut to.
pub const TICK: TimeDelta = TimeDelta::microseconds(1);

pub fn at(micros: i64) -> DateTime<Utc> {
    DateTime::from_timestamp_micros(micros).unwrap()
}

/// Times from 1906 to 2096.
pub fn time() -> impl Strategy<Value = DateTime<Utc>> {
    (-2_000_000_000_000_000i64..4_000_000_000_000_000).prop_map(at)
}

/// Days around a course that starts at 0, ends at 28.
pub fn days() -> impl Strategy<Value = TimeDelta> {
    (-5i64..35).prop_map(TimeDelta::days)
}

/// A span of at least a microsecond, at most 100 years.
pub fn span() -> impl Strategy<Value = TimeDelta> {
    (1i64..3_155_760_000_000_000).prop_map(TimeDelta::microseconds)
}

pub fn status() -> impl Strategy<Value = CourseStatus> {
    select(vec![CourseStatus::Draft, CourseStatus::Active, CourseStatus::Voided])
}

pub fn course_event() -> impl Strategy<Value = CourseEvent> {
    use CourseEvent::{Activate, Change, Delete, Void};
    select(vec![Change, Activate, Void, Delete])
}

pub fn closing() -> impl Strategy<Value = Option<Closing>> {
    select(vec![None, Some(Closing::Voided), Some(Closing::Deleting), Some(Closing::Ended)])
}

pub fn id<T: From<Uuid>>(number: u128) -> T {
    Uuid::from_u128(number).into()
}

/// An active course, from `start`, last drop after a week, end after four.
pub fn course(start: DateTime<Utc>) -> Course {
    Course {
        id: id::<CourseId>(1),
        lab: id::<LabId>(2),
        institution: id::<InstitutionId>(3),
        template_project: id::<ProjectId>(4),
        credits_per_seat: 200,
        dates: CourseDates {
            start: Some(start),
            last_drop: Some(start + TimeDelta::days(7)),
            end: Some(start + TimeDelta::days(28)),
        },
        status: CourseStatus::Active,
        budget_depleted: false,
        closing: None,
        created_at: start,
        updated_at: start,
    }
}

/// An enrolment that somebody has claimed.
pub fn enrolment() -> Enrolment {
    Enrolment {
        id: id::<EnrolmentId>(10),
        course: id::<CourseId>(1),
        project: id::<ProjectId>(11),
        student_id: "S1".parse().unwrap(),
        email: "s1@epfl.ch".parse().unwrap(),
        claimed_by: Some(id::<UserId>(12)),
        activated_at: None,
        dropped: false,
        dropping: None,
        grant: None,
        created_at: at(0),
    }
}

pub fn dropping() -> Dropping {
    Dropping { since: at(0), student: Some(id::<UserId>(12)) }
}

/// A free seat.
pub fn seat(number: u128, expiry: DateTime<Utc>) -> Seat {
    Seat {
        id: id::<SeatId>(number),
        course: id::<CourseId>(1),
        institution: id::<InstitutionId>(3),
        batch: id::<BatchId>(20),
        credit_value: 200,
        expiry,
        consumed: false,
        previously_dropped: false,
        enrolment: None,
        created_at: at(0),
    }
}
