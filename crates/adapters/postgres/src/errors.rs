use course_seats_application::ports::StoreError;
use diesel::result::{DatabaseErrorKind, Error};

/// What Postgres says when it cannot do something *now*. The code of an error does not get through
/// diesel. [`crate::connect`] asks for messages in English, which only a superuser gets; for others the
/// server must speak it, as nearly every one does.
const PASSING: [&str; 17] = [
    "canceling statement due to",
    "could not obtain lock",
    "deadlock detected",
    "could not serialize access",
    "terminating connection",
    "the database system is",
    "during recovery",
    "too many clients",
    "too many connections",
    "connection slots",
    "connection",
    "out of memory",
    "out of shared memory",
    "no space left on device",
    "could not extend file",
    "cached plan must not change result type",
    "query_wait_timeout",
];

/// What a failed query means to the caller. The first line of Postgres's messages names tables,
/// columns and constraints; values stand in the details, which are left out.
pub(crate) fn failed(error: Error) -> StoreError {
    let Error::DatabaseError(kind, information) = error else {
        return StoreError::Corrupt(error.to_string());
    };
    let message = information.message();
    match kind {
        DatabaseErrorKind::UniqueViolation => {
            StoreError::Conflict(information.constraint_name().unwrap_or(message).to_owned())
        }
        // The row that this one belongs to is gone: refused, like a key that is taken.
        DatabaseErrorKind::ForeignKeyViolation => StoreError::Conflict("foreign key".to_owned()),
        DatabaseErrorKind::UnableToSendCommand
        | DatabaseErrorKind::SerializationFailure
        | DatabaseErrorKind::ClosedConnection
        | DatabaseErrorKind::ReadOnlyTransaction => StoreError::Unavailable(message.to_owned()),
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

/// That something outside of a query did not work.
pub(crate) fn unavailable(error: impl std::fmt::Display) -> StoreError {
    StoreError::Unavailable(error.to_string())
}
