//! What can go wrong, for the OpenAPI document.

use crate::http::error::ErrorBody;
use utoipa::IntoResponses;

/// What every endpoint with a caller may answer.
#[derive(IntoResponses)]
pub enum Problems {
    /// Not signed in, or the session is over.
    #[response(status = 401)]
    NotSignedIn(ErrorBody),
    /// Not allowed for this caller.
    #[response(status = 403)]
    NotAllowed(ErrorBody),
    /// The request does not validate: `details` has a text for each faulty field.
    #[response(status = 422)]
    Invalid(ErrorBody),
    /// A bug of ours: `details` has a reference for the log.
    #[response(status = 500)]
    Bug(ErrorBody),
    /// A system that is needed cannot be reached, or the service is being stopped: try again
    /// after `Retry-After` seconds.
    #[response(status = 503)]
    Unavailable(ErrorBody),
}

/// There is no such thing.
#[derive(IntoResponses)]
#[response(status = 404)]
pub struct Missing(pub ErrorBody);

/// It does not fit the state of things.
#[derive(IntoResponses)]
#[response(status = 409)]
pub struct Clash(pub ErrorBody);

/// The request asks for nothing, or its token is none.
#[derive(IntoResponses)]
#[response(status = 400)]
pub struct Bad(pub ErrorBody);

/// Too soon: try again after `Retry-After` seconds.
#[derive(IntoResponses)]
#[response(status = 429)]
pub struct TooSoon(pub ErrorBody);

/// The body is too big.
#[derive(IntoResponses)]
#[response(status = 413)]
pub struct TooBig(pub ErrorBody);

/// A system outside failed; what was begun is taken back, or goes on by itself.
#[derive(IntoResponses)]
#[response(status = 502)]
pub struct Outside(pub ErrorBody);
