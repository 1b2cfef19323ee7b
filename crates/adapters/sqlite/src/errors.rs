//! What this database says. Its texts name tables and columns, no values.

/// What SQLite says when it cannot do something *now*.
const PASSING: [&str; 6] =
    ["locked", "busy", "disk i/o error", "unable to open", "disk is full", "readonly"];

/// The columns of a key that is taken.
fn taken(information: &dyn DatabaseErrorInformation) -> &str {
    let message = information.message();
    message.rsplit("failed: ").next().unwrap_or(message)
}

include!("../../sql/errors.rs");
