use super::Enrolment;
use crate::course::{Course, CourseStatus};
use chrono::{DateTime, Utc};

/// Why a student is not let in. The texts are those of the service we replace.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ActivateRefusal {
    /// The course is not active.
    #[error("Course is in '{status}' status")]
    CourseNotActive {
        /// What it is.
        status: CourseStatus,
    },
    /// Too early.
    #[error("Course has not started yet")]
    NotStarted,
    /// Too late.
    #[error("Course has ended")]
    Ended,
    /// It is no longer claimed, or it is dropped or being dropped.
    #[error("This enrolment has been dropped")]
    NotLive,
}

/// Whether an activation that was begun in time still holds when it settles (design §4.5): the
/// course is active and not closing, the enrolment live and claimed.
///
/// # Errors
/// The first [`ActivateRefusal`] that holds.
pub fn check_still_activatable(
    enrolment: &Enrolment,
    course: &Course,
) -> Result<(), ActivateRefusal> {
    if course.status != CourseStatus::Active {
        return Err(ActivateRefusal::CourseNotActive { status: course.status });
    }
    if course.closing.is_some() {
        return Err(ActivateRefusal::Ended);
    }
    if !enrolment.is_live() || enrolment.claimed_by.is_none() {
        return Err(ActivateRefusal::NotLive);
    }
    Ok(())
}

/// Whether a claimed enrolment may be activated now: it is live, its course active, and
/// `start ≤ now < end`.
///
/// # Errors
/// The first [`ActivateRefusal`] that holds.
pub fn check_activate(
    enrolment: &Enrolment,
    course: &Course,
    now: DateTime<Utc>,
) -> Result<(), ActivateRefusal> {
    if course.status == CourseStatus::Active {
        if !course.dates.started(now) {
            return Err(ActivateRefusal::NotStarted);
        }
        if course.dates.ended(now) {
            return Err(ActivateRefusal::Ended);
        }
    }
    check_still_activatable(enrolment, course)
}
