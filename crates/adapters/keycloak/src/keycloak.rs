use crate::admin::Admin;
use crate::group_paths;
use crate::published::PublishedCache;
use crate::service_token::ServiceToken;
use crate::sessions::{Sessions, TokenHash};
use crate::settings::{KeycloakSettings, KeycloakSetupError};
use crate::turns::Turns;
use crate::wire::{Answer, Wire};
use course_seats_application::ports::{AuthError, Caller, Clock, Freshness};
use course_seats_domain::ids::UserId;
use course_seats_domain::values::EmailAddress;
use course_seats_oidc::{Claims, TokenError, verify};
use reqwest::Method;
use reqwest::header::WWW_AUTHENTICATE;
use serde::Deserialize;
use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;
use uuid::Uuid;

/// The identity provider on a Keycloak realm.
pub struct Keycloak {
    pub(crate) wire: Arc<Wire>,
    pub(crate) admin: Admin,
    published: PublishedCache,
    sessions: Sessions,
    turns: Turns,
}

/// The userinfo answer, as far as it is used.
#[derive(Deserialize)]
struct UserInfo {
    sub: String,
    preferred_username: Option<String>,
    name: Option<String>,
    email: Option<String>,
    #[serde(default)]
    email_verified: bool,
    #[serde(default, deserialize_with = "group_paths::of_caller")]
    groups: HashSet<String>,
}

impl Keycloak {
    /// The realm that the settings name. Nothing is sent yet.
    ///
    /// # Errors
    /// If the address is none.
    pub fn new(
        settings: &KeycloakSettings,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, KeycloakSetupError> {
        let wire = Arc::new(Wire::new(settings, clock)?);
        let token = Arc::new(ServiceToken::new(settings, Arc::clone(&wire)));
        Ok(Self {
            admin: Admin { wire: Arc::clone(&wire), token },
            published: PublishedCache::new(Arc::clone(&wire)),
            sessions: Sessions::new(settings.auth_cache),
            turns: Turns::default(),
            wire,
        })
    }

    /// The token of our service account, for other services of the same house.
    #[must_use]
    pub fn service_token(&self) -> Arc<ServiceToken> {
        Arc::clone(&self.admin.token)
    }

    pub(crate) async fn who_holds(
        &self,
        token: &str,
        freshness: Freshness,
    ) -> Result<Caller, AuthError> {
        let clock = &self.wire.clock;
        let arrived = clock.monotonic();
        let hash = TokenHash::of(token);
        // What is fresh was asked for after its caller came: many who come meanwhile share it.
        let asked_after = (freshness == Freshness::Fresh).then_some(arrived);
        // It was verified when it was kept.
        let kept = || self.sessions.get(&hash, asked_after, clock.monotonic(), clock.now());
        if let Some(caller) = kept() {
            return Ok(caller);
        }
        let turn = self.turns.of(hash);
        let mut failed = turn.lock().await;
        if let Some(caller) = kept() {
            return Ok(caller);
        }
        if let Some((_, error)) = failed.as_ref().filter(|(at, _)| *at >= arrived) {
            return Err(error.clone());
        }
        let answer = self.ask(token, hash, arrived).await;
        *failed = answer.as_ref().err().map(|error| (clock.monotonic(), error.clone()));
        answer
    }

    /// Asks Keycloak about a token that counts here, and keeps what it says.
    async fn ask(
        &self,
        token: &str,
        hash: TokenHash,
        arrived: Duration,
    ) -> Result<Caller, AuthError> {
        let clock = &self.wire.clock;
        let claims = self.verified(token, arrived).await?;
        let asked = clock.monotonic();
        match self.userinfo(token, &claims).await {
            Ok(caller) => {
                self.sessions.keep(hash, &caller, claims.exp, asked);
                Ok(caller)
            }
            Err(AuthError::Inactive) => {
                self.sessions.forget(&hash);
                Err(AuthError::Inactive)
            }
            Err(error) => Err(error),
        }
    }

    /// Checks it here. A key that is unknown may be a new one: those that are published since the
    /// token arrived decide.
    async fn verified(&self, token: &str, arrived: Duration) -> Result<Claims, AuthError> {
        let now = self.wire.clock.now();
        let published = self.published.current().await.map_err(AuthError::Unavailable)?;
        let mut verified = verify(token, &published.keys, &published.issuer, now);
        if verified == Err(TokenError::UnknownKey) {
            let published =
                self.published.asked_since(arrived).await.map_err(AuthError::Unavailable)?;
            verified = verify(token, &published.keys, &published.issuer, now);
        }
        verified.map_err(|error| match error {
            TokenError::Malformed => AuthError::Malformed,
            TokenError::UnknownKey | TokenError::Refused => AuthError::Inactive,
        })
    }

    /// Asks Keycloak whether the session is still open, and for the groups.
    async fn userinfo(&self, token: &str, claims: &Claims) -> Result<Caller, AuthError> {
        let _permit = self.wire.permit().await.map_err(|error| unavailable(error.why()))?;
        let path = ["protocol", "openid-connect", "userinfo"];
        let request = self.wire.realm(Method::GET, &path).bearer_auth(token);
        let answer =
            self.wire.send(request, None).await.map_err(|error| unavailable(error.why()))?;
        match answer.status.as_u16() {
            200..300 => {}
            401 => return Err(AuthError::Inactive),
            // Asked for without the scope `openid`: it opens nothing, now or later.
            403 if lacks_scope(&answer) => return Err(AuthError::Inactive),
            _ => return Err(unavailable(&answer.said())),
        }
        let info: UserInfo =
            answer.json().ok_or_else(|| unavailable("the answer cannot be read"))?;
        if info.sub != claims.sub {
            return Err(AuthError::Inactive);
        }
        Ok(caller(info))
    }
}

fn caller(info: UserInfo) -> Caller {
    let username = info.preferred_username.unwrap_or_else(|| info.sub.clone());
    let full_name = info.name.filter(|name| !name.trim().is_empty());
    Caller {
        user: info.sub.parse::<Uuid>().ok().map(UserId::new),
        subject: info.sub,
        full_name: full_name.unwrap_or_else(|| username.clone()),
        username,
        email: info.email.map(EmailAddress::adopted),
        email_verified: info.email_verified,
        groups: Arc::new(info.groups),
    }
}

fn lacks_scope(answer: &Answer) -> bool {
    answer.header(WWW_AUTHENTICATE).is_some_and(|why| why.contains("insufficient_scope"))
}

fn unavailable(why: &str) -> AuthError {
    AuthError::Unavailable(why.to_owned())
}
