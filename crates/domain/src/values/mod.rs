//! Values that are parsed once, at the edge, into types that cannot be wrong.

mod credits;
mod email;
mod seat_count;
mod student_id;
mod text;

pub use credits::{Credits, CreditsError};
pub use email::{EmailAddress, EmailError};
pub use seat_count::{SeatCount, SeatCountError};
pub use student_id::StudentId;
pub use text::{InstitutionName, LabName, ProjectName, TextError};

/// Folds a text so that two that differ only in case are the same.
///
/// Done here and not in a database, so that both databases agree (design §3).
///
/// ```
/// assert_eq!(course_seats_domain::values::fold("Zoë@EPFL.ch"), "zoë@epfl.ch");
/// ```
#[must_use]
pub fn fold(text: &str) -> String {
    text.to_lowercase()
}
