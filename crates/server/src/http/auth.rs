//! Who calls, and what a refusal says. The texts are those that the portal knows.

use super::error::{Failure, code};
use actix_web::http::StatusCode;
use actix_web::http::header::{AUTHORIZATION, HeaderMap};
use course_seats_application::AccessError;
use course_seats_application::ports::AuthError;
use course_seats_domain::ids::LabId;

/// What a path demands of its caller, and with it what a refusal says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Demand {
    /// To be signed in.
    SignedIn,
    /// To be a service admin.
    ServiceAdmin,
    /// To be an admin of the course's lab.
    CourseAdmin,
    /// To be an admin of this lab, to make projects.
    LabProjects(LabId),
    /// To be an admin of the lab, to invite.
    LabInvites,
    /// To be an admin or a member of the lab.
    LabReader,
}

/// The token of a bearer header; any other header counts as none.
#[must_use]
pub fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(AUTHORIZATION)?.to_str().ok()?.trim().split_once(' ')?;
    let token = token.trim();
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then_some(token)
}

/// No token at all.
#[must_use]
pub fn no_token() -> Failure {
    unauthorized("No Authentication was provided")
        .details("The supplied authentication is not authorized to access")
}

/// What a token that does not count is told.
#[must_use]
pub fn not_signed_in(error: &AuthError, demand: Demand) -> Failure {
    match error {
        AuthError::Malformed if demand == Demand::ServiceAdmin => {
            unauthorized("Invalid authentication credentials")
        }
        AuthError::Malformed => unauthorized("Invalid authentication session")
            .details("Invalid JWS Object [Invalid format]"),
        AuthError::Inactive => {
            unauthorized("Invalid authentication session").details("Session not active")
        }
        AuthError::Unavailable(why) => {
            tracing::warn!(%why, "the identity provider cannot be reached");
            Failure::unavailable()
        }
    }
}

/// What somebody who may not is told.
#[must_use]
pub fn refused(error: AccessError, demand: Demand) -> Failure {
    match error {
        AccessError::Auth(error) => not_signed_in(&error, demand),
        AccessError::Store(error) => error.into(),
        AccessError::Denied => denied(demand),
    }
}

fn denied(demand: Demand) -> Failure {
    let not_allowed =
        |message: &str| Failure::new(StatusCode::FORBIDDEN, code::NOT_ALLOWED_OP, message);
    match demand {
        Demand::SignedIn | Demand::ServiceAdmin => {
            Failure::new(StatusCode::FORBIDDEN, code::AUTHORIZATION_ERROR, "Access denied")
                .details("You do not have the required privileges to access this resource")
        }
        Demand::CourseAdmin => not_allowed("Not authorized to perform this action"),
        Demand::LabProjects(lab) => not_allowed("Not authorized to perform this action")
            .details(format!("vlab:admin on {lab}")),
        // The spelling is part of the contract.
        Demand::LabInvites => not_allowed(
            "[verity_member_invite] The supplied authentication is not authorized for this action",
        ),
        Demand::LabReader => not_allowed(
            "[verify_vlab_read] The supplied authentication is not authorized for this action",
        ),
    }
}

fn unauthorized(message: &str) -> Failure {
    Failure::new(StatusCode::UNAUTHORIZED, code::AUTHORIZATION_ERROR, message)
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::http::header::HeaderValue;

    #[test]
    fn only_a_bearer_token_is_a_token() {
        let token = |value: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(AUTHORIZATION, HeaderValue::from_str(value).unwrap());
            bearer(&headers).map(str::to_owned)
        };
        assert_eq!(token("Bearer abc").as_deref(), Some("abc"));
        assert_eq!(token("bearer  abc ").as_deref(), Some("abc"));
        for none in ["abc", "Basic abc", "Bearer", "Bearer  ", ""] {
            assert_eq!(token(none), None, "{none}");
        }
    }
}
