//! Signs users of the sandbox in, the way its clients do it: for the example, and for the pages
//! that stand in for the portal.

use course_seats_application::ports::{AuthError, Caller};
use course_seats_application::{App, Session};
use course_seats_sandbox::{OAuthError, SandboxIdentity, TokenRequest, people};
use secrecy::SecretString;
use serde_json::Value;

/// Why nobody is signed in.
#[derive(Debug, thiserror::Error)]
pub enum SignInError {
    /// No token was given.
    #[error(transparent)]
    Token(#[from] OAuthError),
    /// The token does not count, or nobody can say.
    #[error(transparent)]
    Session(#[from] AuthError),
}

/// Signs in with the sandbox's own password grant.
pub async fn sign_in(
    app: &App,
    identity: &SandboxIdentity,
    username: &str,
) -> Result<Caller, SignInError> {
    let request = TokenRequest {
        grant_type: Some("password".into()),
        client_id: Some(people::CLIENT_ID.into()),
        username: Some(username.into()),
        password: Some(SecretString::from(people::PASSWORD)),
        refresh_token: None,
    };
    let answer = identity.token(&request)?;
    let token = answer.get("access_token").and_then(Value::as_str).unwrap_or_default();
    Ok(Session::sign_in(app, token).await?.caller)
}
