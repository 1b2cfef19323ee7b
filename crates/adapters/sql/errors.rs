// What went wrong, in the words of the port: the same on every database. Each adapter includes this
// in its `errors.rs`, which says what passes by itself there, and how a key that is taken is named.

use course_seats_application::ports::StoreError;
use deadpool::managed::PoolError;
use diesel::result::{DatabaseErrorInformation, DatabaseErrorKind, Error};

/// What a failed query means to the caller.
pub(crate) fn failed(error: Error) -> StoreError {
    let Error::DatabaseError(kind, information) = error else {
        return StoreError::Corrupt(error.to_string());
    };
    let message = information.message();
    match kind {
        DatabaseErrorKind::UniqueViolation => StoreError::Conflict(taken(&*information).to_owned()),
        // The row that this one belongs to is gone: refused, like a key that is taken.
        DatabaseErrorKind::ForeignKeyViolation => StoreError::Conflict("foreign key".to_owned()),
        DatabaseErrorKind::UnableToSendCommand
        | DatabaseErrorKind::SerializationFailure
        | DatabaseErrorKind::ClosedConnection
        | DatabaseErrorKind::ReadOnlyTransaction => unavailable(message),
        _ => {
            let lower = message.to_lowercase();
            if PASSING.iter().any(|passing| lower.contains(passing)) {
                unavailable(message)
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

/// That the pool gave no connection.
pub(crate) fn no_connection(error: PoolError<StoreError>) -> StoreError {
    match error {
        PoolError::Backend(error) => error,
        error => unavailable(error),
    }
}
