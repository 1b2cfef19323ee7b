use super::Enrolment;
use crate::course::{Course, CourseStatus};
use chrono::{DateTime, Utc};

/// Why an enrolment cannot be claimed. The texts are those of the service we replace.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ClaimRefusal {
    /// It is dropped, or being dropped.
    #[error("This enrolment has been dropped")]
    Dropped,
    /// Somebody has it.
    #[error("This enrolment has already been claimed")]
    AlreadyClaimed,
    /// The course is not active.
    #[error("Cannot claim enrolment: course is in '{status}' status")]
    CourseNotActive {
        /// What it is.
        status: CourseStatus,
    },
    /// The course is over.
    #[error("Cannot claim enrolment: course has ended")]
    CourseEnded,
}

/// Whether an enrolment may be claimed now, by whoever holds the link.
///
/// # Errors
/// The first [`ClaimRefusal`] that holds.
pub fn check_claim(
    enrolment: &Enrolment,
    course: &Course,
    now: DateTime<Utc>,
) -> Result<(), ClaimRefusal> {
    if !enrolment.is_live() {
        return Err(ClaimRefusal::Dropped);
    }
    if enrolment.claimed_by.is_some() {
        return Err(ClaimRefusal::AlreadyClaimed);
    }
    if course.status != CourseStatus::Active {
        return Err(ClaimRefusal::CourseNotActive { status: course.status });
    }
    if course.closing.is_some() || course.dates.ended(now) {
        return Err(ClaimRefusal::CourseEnded);
    }
    Ok(())
}
