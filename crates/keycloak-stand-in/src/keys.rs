use crate::ids;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jsonwebtoken::jwk::{Jwk, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header};
use p256::elliptic_curve::rand_core::OsRng;
use p256::pkcs8::EncodePrivateKey;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::io;

/// A key that signs tokens. The real one signs by RSA unless told otherwise; this is much faster.
#[derive(Clone, Serialize, Deserialize)]
#[serde(try_from = "Saved", into = "Saved")]
pub(crate) struct Key {
    saved: Saved,
    secret: EncodingKey,
    public: Jwk,
    check: DecodingKey,
}

/// As it stands in the file.
#[derive(Clone, Serialize, Deserialize)]
struct Saved {
    kid: String,
    /// PKCS #8, base64.
    secret: String,
}

impl Key {
    /// A new one.
    pub(crate) fn generate() -> io::Result<Self> {
        let secret =
            p256::SecretKey::random(&mut OsRng).to_pkcs8_der().map_err(io::Error::other)?;
        let secret = STANDARD.encode(secret.as_bytes());
        Self::try_from(Saved { kid: ids::new().to_string(), secret }).map_err(io::Error::other)
    }

    pub(crate) fn kid(&self) -> &str {
        &self.saved.kid
    }

    /// Its public half.
    pub(crate) fn published(&self) -> Value {
        json!(self.public)
    }

    /// What checks its signatures.
    pub(crate) fn check(&self) -> &DecodingKey {
        &self.check
    }

    /// A signed token with these claims; `None` if they cannot be written down.
    pub(crate) fn sign(&self, claims: &impl Serialize) -> Option<String> {
        let header = Header { kid: Some(self.saved.kid.clone()), ..Header::new(Algorithm::ES256) };
        jsonwebtoken::encode(&header, claims, &self.secret).ok()
    }
}

impl TryFrom<Saved> for Key {
    type Error = String;

    fn try_from(saved: Saved) -> Result<Self, String> {
        let der = STANDARD.decode(&saved.secret).map_err(|error| error.to_string())?;
        let secret = EncodingKey::from_ec_der(&der);
        let mut public =
            Jwk::from_encoding_key(&secret, Algorithm::ES256).map_err(|error| error.to_string())?;
        public.common.key_id = Some(saved.kid.clone());
        public.common.public_key_use = Some(PublicKeyUse::Signature);
        let check = DecodingKey::from_jwk(&public).map_err(|error| error.to_string())?;
        Ok(Self { saved, secret, public, check })
    }
}

impl From<Key> for Saved {
    fn from(key: Key) -> Self {
        key.saved
    }
}

/// The key that the real one publishes beside those that sign: for encryption, and no signature
/// counts by it. Nobody has its private half.
pub(crate) fn encryption_key() -> Value {
    json!({
        "kid": "encryption",
        "kty": "RSA",
        "alg": "RSA-OAEP",
        "use": "enc",
        "n": include_str!("encryption_key.txt").trim(),
        "e": "AQAB",
    })
}
