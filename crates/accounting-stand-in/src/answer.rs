//! The answers of the real service.

use serde_json::{Value, json};
use stand_in_kit::Answer;
use stand_in_kit::header::WWW_AUTHENTICATE;

/// `{message, data}`.
pub(crate) fn done(status: u16, message: &str, data: Value) -> Answer {
    Answer::json(status, json!({ "message": message, "data": data }))
}

/// `{error_code, message, details}`.
pub(crate) fn refused(status: u16, code: &str, message: &str) -> Answer {
    let body = json!({ "error_code": code, "message": message, "details": null });
    Answer::json(status, body)
}

pub(crate) fn unauthenticated() -> Answer {
    refused(401, "NOT_AUTHENTICATED", "A bearer token is required")
        .with_header(WWW_AUTHENTICATE, "Bearer")
}

pub(crate) fn unknown_account() -> Answer {
    refused(404, "ENTITY_NOT_FOUND", "Account not found")
}

pub(crate) fn unknown_path() -> Answer {
    refused(404, "NOT_FOUND", "No such path")
}

pub(crate) fn invalid(why: &str) -> Answer {
    refused(400, "INVALID_REQUEST", why)
}

/// An exception that nobody caught: what an account that exists, and a project of an unknown lab,
/// come to.
pub(crate) fn crash() -> Answer {
    Answer::text(500, "Internal Server Error")
}

/// Any other refusal.
pub(crate) fn refusal(status: u16, why: &str) -> Answer {
    match status {
        400 => invalid(why),
        401 => unauthenticated(),
        404 => unknown_path(),
        402..500 => refused(status, "REFUSED", why),
        _ => Answer::text(status, why),
    }
}
