//! The one error body, and everything that becomes it.

use actix_web::http::{StatusCode, header};
use actix_web::{HttpResponse, ResponseError};
use serde::Serialize;
use serde_json::{Map, Value};
use std::fmt;
use utoipa::ToSchema;

/// How long a caller is asked to wait before the next try, in seconds.
pub const RETRY_AFTER_SECONDS: u64 = 5;

/// What a handler answers.
pub type Answer = Result<HttpResponse, Failure>;

/// The body of every answer that is no success.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct ErrorBody {
    /// A word that programs match on.
    #[schema(example = "ENTITY_NOT_FOUND")]
    pub error_code: &'static str,
    /// A sentence for people; its text is part of the contract.
    #[schema(example = "Institution not found")]
    pub message: String,
    /// More: a text, or for a request that does not validate an object with one text for each
    /// faulty field.
    pub details: Value,
    /// What belongs to it.
    pub data: Value,
}

/// The words of `error_code`.
pub mod code {
    /// Not signed in, or not a service admin.
    pub const AUTHORIZATION_ERROR: &str = "AUTHORIZATION_ERROR";
    /// It exists already.
    pub const ENTITY_ALREADY_EXISTS: &str = "ENTITY_ALREADY_EXISTS";
    /// There is no such thing.
    pub const ENTITY_NOT_FOUND: &str = "ENTITY_NOT_FOUND";
    /// A lab that is not there; the word that the portal knows.
    pub const DATABASE_ERROR: &str = "DATABASE_ERROR";
    /// A system outside cannot be reached.
    pub const EXTERNAL_SERVICE_ERROR: &str = "EXTERNAL_SERVICE_ERROR";
    /// Not now, and not like that.
    pub const FORBIDDEN_OPERATION: &str = "FORBIDDEN_OPERATION";
    /// A bug of ours.
    pub const INTERNAL_ERROR: &str = "INTERNAL_ERROR";
    /// A parameter that is none.
    pub const INVALID_PARAMETER: &str = "INVALID_PARAMETER";
    /// The request does not validate, or does not fit the state of things.
    pub const INVALID_REQUEST: &str = "INVALID_REQUEST";
    /// Wrong method.
    pub const METHOD_NOT_ALLOWED: &str = "METHOD_NOT_ALLOWED";
    /// Not allowed for this caller or in this state.
    pub const NOT_ALLOWED_OP: &str = "NOT_ALLOWED_OP";
    /// An unknown path.
    pub const NOT_FOUND: &str = "NOT_FOUND";
    /// The body is too big.
    pub const PAYLOAD_TOO_LARGE: &str = "PAYLOAD_TOO_LARGE";
    /// The body did not come in time.
    pub const REQUEST_TIMEOUT: &str = "REQUEST_TIMEOUT";
    /// Too soon after the last one.
    pub const TOO_MANY_REQUESTS: &str = "TOO_MANY_REQUESTS";
    /// The first request with this key is not answered yet.
    pub const REQUEST_IN_PROGRESS: &str = "REQUEST_IN_PROGRESS";
    /// A token that has expired.
    pub const TOKEN_EXPIRED: &str = "TOKEN_EXPIRED";
}

/// An answer that is no success.
#[derive(Debug, Clone)]
pub struct Failure {
    status: StatusCode,
    body: Box<ErrorBody>,
    allow: Option<String>,
    retry_after: Option<u64>,
}

impl Failure {
    /// With this status, word and sentence.
    #[must_use]
    pub fn new(status: StatusCode, error_code: &'static str, message: impl fmt::Display) -> Self {
        let message = message.to_string();
        let body = ErrorBody { error_code, message, details: Value::Null, data: Value::Null };
        let waits = status == StatusCode::SERVICE_UNAVAILABLE;
        let retry_after = waits.then_some(RETRY_AFTER_SECONDS);
        Self { status, body: Box::new(body), allow: None, retry_after }
    }

    /// 404 for something that is not there.
    #[must_use]
    pub fn not_found(message: impl fmt::Display) -> Self {
        Self::new(StatusCode::NOT_FOUND, code::ENTITY_NOT_FOUND, message)
    }

    /// 409 for what does not fit the state of things.
    #[must_use]
    pub fn conflict(error_code: &'static str, message: impl fmt::Display) -> Self {
        Self::new(StatusCode::CONFLICT, error_code, message)
    }

    /// 422 with one text for each faulty field.
    #[must_use]
    pub fn invalid(faults: Map<String, Value>) -> Self {
        Self::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            code::INVALID_REQUEST,
            "The request is not valid",
        )
        .details(Value::Object(faults))
    }

    /// 422 for one faulty field.
    #[must_use]
    pub fn invalid_field(field: &str, fault: impl Into<String>) -> Self {
        Self::invalid(Map::from_iter([(field.to_owned(), Value::String(fault.into()))]))
    }

    /// 503: a system that is needed cannot be reached.
    #[must_use]
    pub fn unavailable() -> Self {
        Self::unavailable_because(
            "A system that this needs cannot be reached. Please try again later.",
        )
    }

    /// 503 with a sentence of its own.
    #[must_use]
    pub fn unavailable_because(message: impl fmt::Display) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, code::EXTERNAL_SERVICE_ERROR, message)
    }

    /// 502: a system outside failed, and what was begun is taken back or goes on by itself.
    #[must_use]
    pub fn bad_gateway(message: impl fmt::Display) -> Self {
        Self::new(StatusCode::BAD_GATEWAY, code::EXTERNAL_SERVICE_ERROR, message)
    }

    /// 500: a bug. The caller sees a reference, the log what happened.
    #[must_use]
    pub fn internal(why: impl fmt::Display) -> Self {
        let reference = crate::runtime::new_reference();
        tracing::error!(%reference, %why, "a request failed with an error that nobody foresaw");
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            code::INTERNAL_ERROR,
            "Something went wrong on our side",
        )
        .details(format!("reference: {reference}"))
    }

    /// 405, with the methods that there are.
    #[must_use]
    pub fn method_not_allowed(allow: &str) -> Self {
        let mut failure = Self::new(
            StatusCode::METHOD_NOT_ALLOWED,
            code::METHOD_NOT_ALLOWED,
            "Method Not Allowed",
        );
        failure.allow = Some(allow.to_owned());
        failure
    }

    /// What went wrong, for a person who reads a page: the sentence, and what is wrong in detail.
    #[must_use]
    pub fn words(&self) -> String {
        let details = match &self.body.details {
            Value::String(details) => details.clone(),
            Value::Object(faults) => {
                let faults = faults.values().filter_map(Value::as_str);
                faults.collect::<Vec<_>>().join("; ")
            }
            _ => String::new(),
        };
        match details.as_str() {
            "" => self.body.message.clone(),
            details => format!("{}: {details}", self.body.message.trim_end_matches('.')),
        }
    }

    /// The same, to be tried again after so many seconds.
    #[must_use]
    pub fn retry_after(mut self, seconds: u64) -> Self {
        self.retry_after = Some(seconds);
        self
    }

    /// The same with details.
    #[must_use]
    pub fn details(mut self, details: impl Into<Value>) -> Self {
        self.body.details = details.into();
        self
    }

    /// The same with data.
    #[must_use]
    pub fn data(mut self, data: impl Into<Value>) -> Self {
        self.body.data = data.into();
        self
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.status, self.body.error_code)
    }
}

impl ResponseError for Failure {
    fn status_code(&self) -> StatusCode {
        self.status
    }

    fn error_response(&self) -> HttpResponse {
        let mut response = HttpResponse::build(self.status);
        if let Some(seconds) = self.retry_after {
            response.insert_header((header::RETRY_AFTER, seconds.to_string()));
        }
        if self.status == StatusCode::UNAUTHORIZED {
            response.insert_header((header::WWW_AUTHENTICATE, "Bearer"));
        }
        if let Some(allow) = &self.allow {
            response.insert_header((header::ALLOW, allow.as_str()));
        }
        response.json(&self.body)
    }
}
