//! What this database says. The first line of its messages names tables, columns and constraints;
//! values stand in the details, which are left out.

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

/// The constraint of a key that is taken.
fn taken(information: &dyn DatabaseErrorInformation) -> &str {
    information.constraint_name().unwrap_or(information.message())
}

include!("../../sql/errors.rs");
