//! The access tokens that the realm issued, and whether they still count.

use crate::client::Client;
use crate::ids;
use crate::service::Keycloak;
use crate::user::User;
use jsonwebtoken::{Algorithm, Validation};
use serde::{Deserialize, Serialize};
use serde_json::json;
use stand_in_kit::{Request, time};
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use uuid::Uuid;

/// Signatures that were checked are not checked again: of so many tokens.
const MOST: usize = 10_000;

/// What a token says that counts here.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Claims {
    iss: String,
    pub(crate) sub: Uuid,
    exp: i64,
    /// The client through which it was asked for.
    pub(crate) azp: String,
    pub(crate) scope: String,
    /// The session; the token of a client's own account has none.
    pub(crate) sid: Option<Uuid>,
}

/// Tokens whose signature is good.
#[derive(Default)]
pub(crate) struct Tokens(Mutex<HashMap<String, Claims>>);

impl Tokens {
    fn known(&self) -> MutexGuard<'_, HashMap<String, Claims>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn keep(&self, token: &str, claims: &Claims) {
        let mut known = self.known();
        if known.len() >= MOST {
            known.clear();
        }
        known.insert(token.to_owned(), claims.clone());
    }
}

impl Keycloak {
    /// A new access token, and for how many seconds it is good.
    pub(crate) fn issue(
        &self,
        issuer: &str,
        client: &Client,
        user: &User,
        sid: Option<Uuid>,
        scope: &str,
    ) -> Option<(String, u64)> {
        let seconds = client.token_seconds().unwrap_or_else(|| self.token_life().as_secs());
        let now = time::now().timestamp();
        // Groups are not in it: a lab's administrator may have a thousand.
        let claims = json!({
            "iss": issuer,
            "sub": user.id,
            "exp": now.saturating_add_unsigned(seconds),
            "iat": now,
            "jti": ids::new(),
            "sid": sid,
            "typ": "Bearer",
            "azp": client.client_id,
            "scope": scope,
            "preferred_username": user.username,
            "name": user.full_name(),
            "given_name": user.first_name,
            "family_name": user.last_name,
            "email": user.email,
            "email_verified": user.email_verified,
        });
        let key = self.kept.look(|realm| realm.keys.last().cloned())?;
        Some((key.sign(&claims)?, seconds))
    }

    /// What the token of this call says, if it counts.
    pub(crate) fn holder(&self, request: &Request) -> Option<Claims> {
        let token = request.bearer()?;
        let claims = self.signed(token)?;
        let lives = time::now().timestamp() < claims.exp && claims.iss == self.issuer(request);
        let open = |sid| self.kept.look(|realm| realm.is_open(sid, claims.sub));
        (lives && claims.sid.is_none_or(open)).then_some(claims)
    }

    fn signed(&self, token: &str) -> Option<Claims> {
        let known = self.tokens.known().get(token).cloned();
        if known.is_some() {
            return known;
        }
        let kid = jsonwebtoken::decode_header(token).ok()?.kid?;
        let key = self.kept.look(|realm| {
            realm.keys.iter().find(|key| key.kid() == kid).map(|key| key.check().clone())
        })?;
        // When it ends is looked at by whoever asks.
        let mut validation = Validation::new(Algorithm::ES256);
        validation.validate_exp = false;
        validation.validate_aud = false;
        let claims = jsonwebtoken::decode::<Claims>(token, &key, &validation).ok()?.claims;
        self.tokens.keep(token, &claims);
        Some(claims)
    }
}
