use super::{Course, CourseStatus};
use crate::values::{EmailAddress, StudentId};
use chrono::{DateTime, Utc};
use std::collections::HashSet;

/// Why nothing can be assigned in a course. The texts are those of the service we replace.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AssignRefusal {
    /// It is not active.
    #[error("Cannot assign seats: course is in '{status}' status")]
    NotActive {
        /// What it is.
        status: CourseStatus,
    },
    /// It is being closed.
    #[error("Cannot assign seats: course is being closed")]
    Closing,
    /// It is too late.
    #[error("Cannot assign seats after the course last drop date")]
    AfterLastDrop,
}

/// Whether seats of `course` may be assigned now: it is active and not closing, and now is
/// before its last drop date.
///
/// # Errors
/// The first [`AssignRefusal`] that holds.
pub fn check_assign(course: &Course, now: DateTime<Utc>) -> Result<(), AssignRefusal> {
    if course.status != CourseStatus::Active {
        return Err(AssignRefusal::NotActive { status: course.status });
    }
    if course.closing.is_some() {
        return Err(AssignRefusal::Closing);
    }
    if !course.dates.before_last_drop(now) {
        return Err(AssignRefusal::AfterLastDrop);
    }
    Ok(())
}

/// Whether a list of students names a student id (exact) or an e-mail (without regard to case)
/// twice: `(student id twice, e-mail twice)`.
///
/// ```
/// use course_seats_domain::course::duplicates;
/// let s = |id: &str, mail: &str| (id.parse().unwrap(), mail.parse().unwrap());
/// assert_eq!(duplicates([&s("S1", "a@b.ch"), &s("s1", "A@B.ch")]), (false, true));
/// ```
pub fn duplicates<'a>(
    students: impl IntoIterator<Item = &'a (StudentId, EmailAddress)>,
) -> (bool, bool) {
    let (mut ids, mut emails) = (HashSet::new(), HashSet::new());
    let (mut id_twice, mut email_twice) = (false, false);
    for (id, email) in students {
        id_twice |= !ids.insert(id);
        email_twice |= !emails.insert(email.folded());
    }
    (id_twice, email_twice)
}
