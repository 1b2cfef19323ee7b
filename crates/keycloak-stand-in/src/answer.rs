//! The answers of the real one. Its refusals come in three forms.

use serde_json::json;
use stand_in_kit::Answer;
use stand_in_kit::header::WWW_AUTHENTICATE;

/// As OAuth tells it: `{error, error_description}`.
pub(crate) fn oauth(status: u16, error: &str, description: &str) -> Answer {
    Answer::json(status, json!({ "error": error, "error_description": description }))
}

/// `{errorMessage}`.
pub(crate) fn error_message(status: u16, why: &str) -> Answer {
    Answer::json(status, json!({ "errorMessage": why }))
}

/// `{error}`.
pub(crate) fn error(status: u16, why: &str) -> Answer {
    Answer::json(status, json!({ "error": why }))
}

pub(crate) fn unauthorized() -> Answer {
    error(401, "HTTP 401 Unauthorized").with_header(WWW_AUTHENTICATE, "Bearer")
}

pub(crate) fn forbidden() -> Answer {
    error(403, "HTTP 403 Forbidden")
}

pub(crate) fn unknown_group() -> Answer {
    error(404, "Could not find group by id")
}

pub(crate) fn unknown_user() -> Answer {
    error(404, "User not found")
}

pub(crate) fn unknown_path() -> Answer {
    error(404, "Unable to find matching target resource method")
}

/// An exception that nobody caught.
pub(crate) fn crash() -> Answer {
    oauth(500, "unknown_error", "For more on this error consult the server log.")
}
