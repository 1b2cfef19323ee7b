use super::realm::SavedKey;
use crate::SandboxError;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jsonwebtoken::jwk::{Jwk, JwkSet, PublicKeyUse};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use p256::elliptic_curve::rand_core::OsRng;
use p256::pkcs8::EncodePrivateKey;
use serde::Serialize;

/// The key that signs the tokens, and its public half as it is published.
pub(crate) struct Keys {
    kid: String,
    secret: EncodingKey,
    pub(crate) published: JwkSet,
}

/// Makes a new signing key.
pub(crate) fn generate(kid: String) -> Result<SavedKey, SandboxError> {
    let secret = p256::SecretKey::random(&mut OsRng)
        .to_pkcs8_der()
        .map_err(|error| SandboxError::Key(error.to_string()))?;
    Ok(SavedKey { kid, secret: STANDARD.encode(secret.as_bytes()) })
}

impl Keys {
    /// The key as it was saved.
    pub(crate) fn load(saved: &SavedKey) -> Result<Self, SandboxError> {
        let der =
            STANDARD.decode(&saved.secret).map_err(|error| SandboxError::Key(error.to_string()))?;
        let secret = EncodingKey::from_ec_der(&der);
        let mut public = Jwk::from_encoding_key(&secret, Algorithm::ES256)
            .map_err(|error| SandboxError::Key(error.to_string()))?;
        public.common.key_id = Some(saved.kid.clone());
        public.common.public_key_use = Some(PublicKeyUse::Signature);
        Ok(Self { kid: saved.kid.clone(), secret, published: JwkSet { keys: vec![public] } })
    }

    /// A signed token with these claims.
    pub(crate) fn sign(
        &self,
        claims: &impl Serialize,
    ) -> Result<String, jsonwebtoken::errors::Error> {
        let header = Header { kid: Some(self.kid.clone()), ..Header::new(Algorithm::ES256) };
        jsonwebtoken::encode(&header, claims, &self.secret)
    }
}
