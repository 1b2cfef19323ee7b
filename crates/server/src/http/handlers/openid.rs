//! What the sandbox's identity provider speaks: OpenID Connect, as Keycloak does. Only there while a
//! sandbox runs, never in production.

use super::problems::TooBig;
use crate::http::call::Call;
use crate::http::error::{Answer, ErrorBody, Failure, code};
use crate::http::views::ok;
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, get, post};
use course_seats_sandbox::{OAuthError, TokenRequest};
use secrecy::SecretString;
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

/// The form that a client posts to sign in.
#[derive(Serialize, ToSchema)]
pub struct TokenForm {
    /// `password` or `refresh_token`.
    #[schema(example = "password")]
    pub grant_type: String,
    /// `obpapp`.
    #[schema(example = "obpapp")]
    pub client_id: String,
    /// Such as `faculty`.
    #[schema(example = "faculty")]
    pub username: Option<String>,
    /// `sandbox`.
    #[schema(example = "sandbox")]
    pub password: Option<String>,
    /// What an earlier answer gave.
    pub refresh_token: Option<String>,
}

/// OpenID Connect: discovery
#[utoipa::path(
    tag = "sandbox",
    operation_id = "sandbox_discovery",
    security(()),
    responses((status = 200, description = "The discovery document", body = Object)),
)]
#[get("/sandbox/realms/obp-realm/.well-known/openid-configuration")]
pub async fn show_discovery(call: Call) -> Answer {
    ok(call.state().sandbox.identity()?.discovery())
}

/// OpenID Connect: the published keys
#[utoipa::path(
    tag = "sandbox",
    operation_id = "sandbox_certs",
    security(()),
    responses((status = 200, description = "The keys", body = Object)),
)]
#[get("/sandbox/realms/obp-realm/protocol/openid-connect/certs")]
pub async fn show_certs(call: Call) -> Answer {
    ok(call.state().sandbox.identity()?.jwks())
}

/// OpenID Connect: sign in
#[utoipa::path(
    tag = "sandbox",
    operation_id = "sandbox_token",
    security(()),
    request_body(content = TokenForm, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 200, description = "A token", body = Object),
        (status = 400, description = "Not a request for a token", body = ErrorBody),
        (status = 401, description = "Nobody of that name and password", body = ErrorBody),
        TooBig,
    ),
)]
#[post("/sandbox/realms/obp-realm/protocol/openid-connect/token")]
pub async fn issue_token(mut call: Call) -> Answer {
    let form = form(&mut call).await?;
    let secret = |name| field(&form, name).map(SecretString::from);
    let request = TokenRequest {
        grant_type: field(&form, "grant_type"),
        client_id: field(&form, "client_id"),
        username: field(&form, "username"),
        password: secret("password"),
        refresh_token: secret("refresh_token"),
    };
    match call.state().sandbox.identity()?.token(&request) {
        Ok(token) => ok(token),
        Err(error) => oauth(&error),
    }
}

/// OpenID Connect: who holds this token
#[utoipa::path(
    tag = "sandbox",
    operation_id = "sandbox_userinfo",
    responses(
        (status = 200, description = "Who", body = Object),
        (status = 401, description = "Nobody", body = ErrorBody),
    ),
)]
#[get("/sandbox/realms/obp-realm/protocol/openid-connect/userinfo")]
pub async fn show_userinfo(call: Call) -> Answer {
    let token = call.bearer().unwrap_or_default();
    match call.state().sandbox.identity()?.userinfo(token) {
        Ok(who) => ok(who),
        Err(error) => oauth(&error),
    }
}

/// OpenID Connect: sign out
///
/// With the refresh token in the form, or the access token as bearer.
#[utoipa::path(
    tag = "sandbox",
    operation_id = "sandbox_logout",
    request_body(content = TokenForm, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 204, description = "Signed out"),
        (status = 400, description = "No token of ours", body = ErrorBody),
        TooBig,
    ),
)]
#[post("/sandbox/realms/obp-realm/protocol/openid-connect/logout")]
pub async fn end_session(mut call: Call) -> Answer {
    let form = form(&mut call).await?;
    let token = field(&form, "refresh_token").or_else(|| call.bearer().map(str::to_owned));
    match call.state().sandbox.identity()?.logout(&token.unwrap_or_default()) {
        Ok(()) => Ok(HttpResponse::NoContent().finish()),
        Err(error) => oauth(&error),
    }
}

pub(super) async fn form(call: &mut Call) -> Result<Vec<(String, String)>, Failure> {
    let bytes = call.bytes().await?;
    Ok(url::form_urlencoded::parse(&bytes).into_owned().collect())
}

pub(super) fn field(form: &[(String, String)], wanted: &str) -> Option<String> {
    form.iter().find(|(name, _)| name == wanted).map(|(_, value)| value.clone())
}

/// What OAuth says, within our error body: a client of either finds what it looks for.
fn oauth(error: &OAuthError) -> Answer {
    let status = StatusCode::from_u16(error.status).unwrap_or(StatusCode::BAD_REQUEST);
    let mut body = json!({
        "error_code": code::AUTHORIZATION_ERROR,
        "message": error.description,
        "details": null,
        "data": null,
    });
    if let (Value::Object(body), Value::Object(theirs)) = (&mut body, error.to_json()) {
        body.extend(theirs);
    }
    Ok(HttpResponse::build(status).json(body))
}
