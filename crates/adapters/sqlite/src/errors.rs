use course_seats_application::ports::StoreError;
use diesel::result::{DatabaseErrorKind, Error};

/// What SQLite says when it cannot do something *now*.
const PASSING: [&str; 6] =
    ["locked", "busy", "disk i/o error", "unable to open", "disk is full", "readonly"];

/// What a failed query means to the caller. SQLite's texts name tables and columns, no values.
pub(crate) fn failed(error: Error) -> StoreError {
    match error {
        Error::DatabaseError(kind, information) => {
            let message = information.message();
            match kind {
                DatabaseErrorKind::UniqueViolation => {
                    let columns = message.rsplit("failed: ").next().unwrap_or(message);
                    StoreError::Conflict(columns.to_owned())
                }
                // The row that this one belongs to is gone: refused, like a key that is taken.
                DatabaseErrorKind::ForeignKeyViolation => {
                    StoreError::Conflict("foreign key".to_owned())
                }
                DatabaseErrorKind::UnableToSendCommand
                | DatabaseErrorKind::SerializationFailure
                | DatabaseErrorKind::ClosedConnection
                | DatabaseErrorKind::ReadOnlyTransaction => {
                    StoreError::Unavailable(message.to_owned())
                }
                _ => {
                    let lower = message.to_lowercase();
                    if PASSING.iter().any(|passing| lower.contains(passing)) {
                        StoreError::Unavailable(message.to_owned())
                    } else {
                        StoreError::Corrupt(message.to_owned())
                    }
                }
            }
        }
        error => StoreError::Corrupt(error.to_string()),
    }
}
