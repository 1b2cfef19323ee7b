use super::SandboxIdentity;
use super::people::{CLIENT_ID, PASSWORD};
use super::realm::Change;
use crate::kept::lock;
use course_seats_domain::ids::UserId;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

/// The form that a client posts to the token endpoint. Not `Debug`: a user name may be an address.
#[derive(Default, Deserialize)]
pub struct TokenRequest {
    /// `password` or `refresh_token`.
    pub grant_type: Option<String>,
    /// The client; only `obpapp` is known.
    pub client_id: Option<String>,
    /// Who signs in.
    pub username: Option<String>,
    /// And with what.
    pub password: Option<SecretString>,
    /// What an earlier answer gave.
    pub refresh_token: Option<SecretString>,
}

/// A refusal, as OAuth tells it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{status} {error}: {description}")]
pub struct OAuthError {
    /// The HTTP status.
    pub status: u16,
    /// The code, such as `invalid_grant`.
    pub error: &'static str,
    /// In words.
    pub description: String,
}

impl OAuthError {
    fn new(status: u16, error: &'static str, description: impl Into<String>) -> Self {
        Self { status, error, description: description.into() }
    }

    /// The body of the answer.
    #[must_use]
    pub fn to_json(&self) -> Value {
        json!({"error": self.error, "error_description": self.description})
    }
}

const SCOPE: &str = "openid profile email";

impl SandboxIdentity {
    /// Who issues the tokens.
    #[must_use]
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// The discovery document, `{issuer}/.well-known/openid-configuration`.
    #[must_use]
    pub fn discovery(&self) -> Value {
        let issuer = &self.issuer;
        let protocol = format!("{issuer}/protocol/openid-connect");
        json!({
            "issuer": issuer,
            "token_endpoint": format!("{protocol}/token"),
            "jwks_uri": format!("{protocol}/certs"),
            "userinfo_endpoint": format!("{protocol}/userinfo"),
            "end_session_endpoint": format!("{protocol}/logout"),
            "revocation_endpoint": format!("{protocol}/revoke"),
            "grant_types_supported": ["password", "refresh_token"],
            "response_types_supported": ["none"],
            "subject_types_supported": ["public"],
            "scopes_supported": ["openid", "profile", "email"],
            "id_token_signing_alg_values_supported": ["ES256"],
            "token_endpoint_auth_methods_supported": ["none"],
        })
    }

    /// The published keys, `…/certs`.
    #[must_use]
    pub fn jwks(&self) -> Value {
        json!(self.keys.published)
    }

    /// The token endpoint, `…/token`: signs somebody in, or keeps a session going.
    ///
    /// # Errors
    /// As Keycloak tells them.
    pub fn token(&self, request: &TokenRequest) -> Result<Value, OAuthError> {
        let grant = given(request.grant_type.as_deref())
            .ok_or_else(|| invalid_request(400, "Missing form parameter: grant_type"))?;
        if request.client_id.as_deref() != Some(CLIENT_ID) {
            let reason = "Invalid client or Invalid client credentials";
            return Err(OAuthError::new(401, "invalid_client", reason));
        }
        match grant {
            "password" => self.sign_in(request),
            "refresh_token" => self.refresh(request),
            _ => Err(OAuthError::new(400, "unsupported_grant_type", "Unsupported grant_type")),
        }
    }

    /// The userinfo endpoint, `…/userinfo`: who holds this token, with the groups.
    ///
    /// # Errors
    /// 401 if the token does not count or its session is over.
    pub fn userinfo(&self, token: &str) -> Result<Value, OAuthError> {
        let invalid = |reason: &str| OAuthError::new(401, "invalid_token", reason);
        let sid = self.session_of(token).ok_or_else(|| invalid("Token verification failed"))?;
        self.look(|realm| {
            let person =
                realm.open_session(sid).ok_or_else(|| invalid("user_session_not_found"))?;
            Ok(json!({
                "sub": person.id,
                "preferred_username": person.username,
                "name": person.full_name(),
                "given_name": person.first_name,
                "family_name": person.last_name,
                "email": person.email(),
                "email_verified": true,
                "groups": realm.paths_of(person.id),
            }))
        })
    }

    /// The logout and revocation endpoints, `…/logout` and `…/revoke`: ends the session of this
    /// refresh or access token. Twice is the same as once.
    ///
    /// # Errors
    /// 400 if that is no token of ours.
    pub fn logout(&self, token: &str) -> Result<(), OAuthError> {
        let sid = self
            .session_of_refresh(token)
            .or_else(|| self.session_of(token))
            .ok_or_else(|| OAuthError::new(400, "invalid_grant", "Invalid refresh token"))?;
        let mut realm = lock(&self.realm);
        if realm.state().open_session(sid).is_none() {
            return Ok(());
        }
        realm.record(Change::SessionEnded { sid }).map_err(|_| server_error())
    }

    fn sign_in(&self, request: &TokenRequest) -> Result<Value, OAuthError> {
        let username = given(request.username.as_deref())
            .ok_or_else(|| invalid_request(401, "Missing parameter: username"))?;
        let user = self.look(|realm| realm.person_called(username).map(|person| person.id));
        let password = request.password.as_ref().map(ExposeSecret::expose_secret);
        let user = user
            .filter(|_| password == Some(PASSWORD))
            .ok_or_else(|| OAuthError::new(401, "invalid_grant", "Invalid user credentials"))?;
        let sid = self.entropy.uuid();
        let refresh = self.entropy.uuid();
        lock(&self.realm)
            .record(Change::SessionBegun { sid, user, refresh })
            .map_err(|_| server_error())?;
        self.issue(user, sid, refresh)
    }

    fn refresh(&self, request: &TokenRequest) -> Result<Value, OAuthError> {
        let invalid = |reason: &str| OAuthError::new(400, "invalid_grant", reason);
        let given = request.refresh_token.as_ref().map(ExposeSecret::expose_secret);
        let given = given.ok_or_else(|| invalid_request(400, "No refresh token"))?;
        let sid = self.session_of_refresh(given).ok_or_else(|| invalid("Invalid refresh token"))?;
        let user = self.look(|realm| realm.open_session(sid).map(|person| person.id));
        let user = user.ok_or_else(|| invalid("Session not active"))?;
        let refresh = given.parse().map_err(|_| invalid("Invalid refresh token"))?;
        self.issue(user, sid, refresh)
    }

    /// A new access token of this session. Groups are not in it: a lab's administrator may have
    /// a thousand.
    fn issue(&self, user: UserId, sid: Uuid, refresh: Uuid) -> Result<Value, OAuthError> {
        let now = self.clock.now().timestamp();
        let lifetime = self.token_lifetime.as_secs();
        let username =
            self.look(|realm| realm.people.get(&user).map(|person| person.username.clone()));
        let access_token = self
            .keys
            .sign(&json!({
                "iss": self.issuer,
                "sub": user,
                "exp": now.saturating_add_unsigned(lifetime),
                "iat": now,
                "nbf": now,
                "jti": self.entropy.uuid(),
                "sid": sid,
                "typ": "Bearer",
                "azp": CLIENT_ID,
                "scope": SCOPE,
                "preferred_username": username,
            }))
            .map_err(|_| server_error())?;
        Ok(json!({
            "access_token": access_token,
            "expires_in": lifetime,
            "refresh_token": refresh,
            "refresh_expires_in": 0,
            "token_type": "Bearer",
            "not-before-policy": 0,
            "session_state": sid,
            "scope": SCOPE,
        }))
    }

    /// The session of an access token that counts.
    fn session_of(&self, token: &str) -> Option<Uuid> {
        course_seats_oidc::verify(token, &self.keys.published, &self.issuer, self.clock.now())
            .ok()?
            .sid?
            .parse()
            .ok()
    }

    fn session_of_refresh(&self, token: &str) -> Option<Uuid> {
        let refresh = token.parse().ok()?;
        self.look(|realm| realm.session_of_refresh(refresh))
    }
}

fn given(text: Option<&str>) -> Option<&str> {
    text.filter(|text| !text.is_empty())
}

fn invalid_request(status: u16, reason: &str) -> OAuthError {
    OAuthError::new(status, "invalid_request", reason)
}

fn server_error() -> OAuthError {
    OAuthError::new(500, "server_error", "An internal server error has occurred")
}
