use serde_json::{Value, json};

/// What a caller gets.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Body,
}

#[derive(Debug, Clone)]
pub(crate) enum Body {
    Json(Value),
    Text(&'static str),
}

impl Answer {
    /// `{message, data}`.
    pub(crate) fn done(status: u16, message: &str, data: Value) -> Self {
        Self { status, body: Body::Json(json!({ "message": message, "data": data })) }
    }

    /// Just this.
    pub(crate) fn plain(value: Value) -> Self {
        Self { status: 200, body: Body::Json(value) }
    }

    /// `{error_code, message, details}`.
    pub(crate) fn refused(status: u16, code: &str, message: impl Into<String>) -> Self {
        let message: String = message.into();
        let body = json!({ "error_code": code, "message": message, "details": null });
        Self { status, body: Body::Json(body) }
    }

    pub(crate) fn unknown_account() -> Self {
        Self::refused(404, "ENTITY_NOT_FOUND", "Account not found")
    }

    pub(crate) fn invalid(why: impl Into<String>) -> Self {
        Self::refused(400, "INVALID_REQUEST", why)
    }

    /// An exception that nobody caught: what an account that exists, and a project of an unknown
    /// lab, come to.
    pub(crate) fn crash() -> Self {
        Self { status: 500, body: Body::Text("Internal Server Error") }
    }

    /// A status that a fault asked for.
    pub(crate) fn of_fault(status: u16) -> Self {
        match status {
            400..=499 => Self::refused(status, "FAULT", "A fault that was asked for"),
            _ => Self { status, body: Body::Text("A fault that was asked for") },
        }
    }
}
