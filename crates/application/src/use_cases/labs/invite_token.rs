//! The token in an invite's link: HS256, with the claims of the service we replace.

use super::show_invite::InviteError;
use chrono::{DateTime, Utc};
use course_seats_domain::ids::InviteId;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

#[derive(Serialize, Deserialize)]
struct Claims {
    invite_id: Uuid,
    origin: String,
    exp: Expiry,
}

/// Ours are seconds, as the standard says; the service we replace wrote milliseconds, as text.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Expiry {
    Seconds(i64),
    Milliseconds(String),
}

impl Expiry {
    fn at(&self) -> Option<DateTime<Utc>> {
        match self {
            Self::Seconds(seconds) => DateTime::from_timestamp(*seconds, 0),
            Self::Milliseconds(text) => DateTime::from_timestamp_millis(text.parse().ok()?),
        }
    }
}

/// The token for an invite that can be accepted until `expires_at`.
pub(crate) fn issue(
    invite: InviteId,
    expires_at: DateTime<Utc>,
    secret: &SecretString,
) -> Result<String, jsonwebtoken::errors::Error> {
    let claims = Claims {
        invite_id: invite.uuid(),
        origin: "Lab".into(),
        exp: Expiry::Seconds(expires_at.timestamp()),
    };
    let key = EncodingKey::from_secret(secret.expose_secret().as_bytes());
    jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims, &key)
}

/// The invite that a token names.
pub(super) fn read(
    token: &str,
    secret: &SecretString,
    now: DateTime<Utc>,
) -> Result<InviteId, InviteError> {
    let mut validation = Validation::new(Algorithm::HS256);
    // Checked below, on the application's clock and in both forms.
    validation.validate_exp = false;
    validation.required_spec_claims.clear();
    let key = DecodingKey::from_secret(secret.expose_secret().as_bytes());
    let claims = jsonwebtoken::decode::<Claims>(token, &key, &validation)
        .map_err(|_| InviteError::Malformed)?
        .claims;
    if claims.origin != "Lab" {
        return Err(InviteError::Malformed);
    }
    match claims.exp.at() {
        Some(at) if now < at => Ok(InviteId::new(claims.invite_id)),
        Some(_) => Err(InviteError::Expired),
        None => Err(InviteError::Malformed),
    }
}
