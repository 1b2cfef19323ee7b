//! Which bearer tokens count: the rules for the access tokens of any OpenID provider. It knows
//! neither the sandbox nor where keys come from.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use jsonwebtoken::jwk::{Jwk, JwkSet, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode};
use serde::Deserialize;
use serde_json::Value;

/// The algorithms that count: signatures by a private key. Nothing that a public key could forge
/// (`HS…`), and not `none`.
pub const ALGORITHMS: [Algorithm; 9] = [
    Algorithm::RS256,
    Algorithm::RS384,
    Algorithm::RS512,
    Algorithm::PS256,
    Algorithm::PS384,
    Algorithm::PS512,
    Algorithm::ES256,
    Algorithm::ES384,
    Algorithm::EdDSA,
];

/// How far the clocks of two machines may be apart.
pub const LEEWAY_SECONDS: i64 = 5;

/// What a token says that counts.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Claims {
    /// Who issued it.
    pub iss: String,
    /// Whom it is about; need not be a UUID.
    pub sub: String,
    /// Until when it is valid, in seconds since 1970.
    pub exp: i64,
    /// From when on, if it says so.
    #[serde(default)]
    pub nbf: Option<i64>,
    /// The session it belongs to.
    #[serde(default)]
    pub sid: Option<String>,
    /// The login name.
    #[serde(default)]
    pub preferred_username: Option<String>,
    /// What kind of token it is; an access token says `Bearer`.
    #[serde(default)]
    pub typ: Option<String>,
}

/// Why a token does not count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// That is no token: not three base64url parts of which the first two are JSON objects.
    #[error("not a token")]
    Malformed,
    /// None of the published keys that sign has its `kid`: they may have been rotated.
    #[error("signed by an unknown key")]
    UnknownKey,
    /// Unsigned, forged, foreign, expired or not valid yet.
    #[error("not a token that counts")]
    Refused,
}

/// Checks a token against the published keys, its issuer and the time.
///
/// Keys that are not for signatures are skipped, and so are those that cannot be read: a key set
/// may hold both. The time is passed in: the system's own may not be the one that counts.
///
/// # Errors
/// If the token does not count; see [`TokenError`].
pub fn verify(
    token: &str,
    keys: &JwkSet,
    issuer: &str,
    now: DateTime<Utc>,
) -> Result<Claims, TokenError> {
    let header = header(token)?;
    let algorithm = header
        .get("alg")
        .and_then(Value::as_str)
        .and_then(|name| name.parse::<Algorithm>().ok())
        .filter(|algorithm| ALGORITHMS.contains(algorithm))
        .ok_or(TokenError::Refused)?;
    if header.get("crit").is_some() {
        // Its issuer wants something understood that nobody here understands.
        return Err(TokenError::Refused);
    }
    let kid = header.get("kid").and_then(Value::as_str).ok_or(TokenError::Refused)?;
    let key = keys
        .keys
        .iter()
        .find(|key| key.common.key_id.as_deref() == Some(kid) && signs_with(key, algorithm))
        .ok_or(TokenError::UnknownKey)?;
    let key = DecodingKey::from_jwk(key).map_err(|_| TokenError::UnknownKey)?;

    let mut validation = Validation::new(algorithm);
    validation.validate_exp = false; // below, by our own clock
    validation.validate_nbf = false;
    validation.validate_aud = false; // the provider's own answer about the session decides
    validation.set_required_spec_claims(&["exp", "iss", "sub"]);
    validation.set_issuer(&[issuer]);
    let claims =
        decode::<Claims>(token, &key, &validation).map_err(|_| TokenError::Refused)?.claims;

    let now = now.timestamp();
    let expired = now >= claims.exp.saturating_add(LEEWAY_SECONDS);
    let early = claims.nbf.is_some_and(|nbf| now < nbf.saturating_sub(LEEWAY_SECONDS));
    // The same key signs id tokens, which are for the client and open nothing.
    let other_kind = claims.typ.as_deref().is_some_and(|typ| typ != "Bearer");
    if expired || early || other_kind || claims.iss != issuer {
        return Err(TokenError::Refused);
    }
    Ok(claims)
}

/// Whether a key is for signatures of this kind.
fn signs_with(key: &Jwk, algorithm: Algorithm) -> bool {
    let for_signatures = matches!(key.common.public_key_use, None | Some(PublicKeyUse::Signature));
    let of_this_kind = key
        .common
        .key_algorithm
        .is_none_or(|own| own.to_string().parse::<Algorithm>().ok() == Some(algorithm));
    for_signatures && of_this_kind
}

/// The header of what has the shape of a token.
fn header(token: &str) -> Result<serde_json::Map<String, Value>, TokenError> {
    let mut parts = token.split('.').map(|part| URL_SAFE_NO_PAD.decode(part).ok());
    let (Some(Some(header)), Some(Some(payload)), Some(Some(_)), None) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Err(TokenError::Malformed);
    };
    let header = serde_json::from_slice(&header).map_err(|_| TokenError::Malformed)?;
    let _: serde_json::Map<String, Value> =
        serde_json::from_slice(&payload).map_err(|_| TokenError::Malformed)?;
    Ok(header)
}

#[cfg(test)]
mod tests {
    use super::*;
    use jsonwebtoken::{EncodingKey, Header, encode};
    use p256::pkcs8::EncodePrivateKey;
    use serde_json::json;

    const ISSUER: &str = "http://here/realms/a";

    struct Signer {
        key: EncodingKey,
        keys: JwkSet,
    }

    fn signer_for(public_key_use: Option<PublicKeyUse>) -> Signer {
        let secret = p256::SecretKey::random(&mut p256::elliptic_curve::rand_core::OsRng);
        let key = EncodingKey::from_ec_der(secret.to_pkcs8_der().unwrap().as_bytes());
        let mut jwk = Jwk::from_encoding_key(&key, Algorithm::ES256).unwrap();
        jwk.common.key_id = Some("k".into());
        jwk.common.public_key_use = public_key_use;
        Signer { key, keys: JwkSet { keys: vec![jwk] } }
    }

    fn signing() -> Signer {
        signer_for(Some(PublicKeyUse::Signature))
    }

    fn sign(signer: &Signer, kid: &str, claims: &Value) -> String {
        let header = Header { kid: Some(kid.into()), ..Header::new(Algorithm::ES256) };
        encode(&header, claims, &signer.key).unwrap()
    }

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(seconds, 0).unwrap()
    }

    fn claims() -> Value {
        json!({"iss": ISSUER, "sub": "me", "exp": 2000, "nbf": 1000, "sid": "s", "typ": "Bearer"})
    }

    fn checked(change: impl FnOnce(&mut Value), now: i64) -> Result<Claims, TokenError> {
        let signer = signing();
        let mut claims = claims();
        change(&mut claims);
        verify(&sign(&signer, "k", &claims), &signer.keys, ISSUER, at(now))
    }

    fn unsigned(header: &Value) -> String {
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        format!("{}.{}.", part(header), part(&claims()))
    }

    #[test]
    fn a_good_token_counts_within_five_seconds_of_its_times() {
        for now in [995, 1000, 1999, 2004] {
            assert_eq!(checked(|_| (), now).unwrap().sid.as_deref(), Some("s"), "{now}");
        }
        for now in [994, 2005, 100_000] {
            assert_eq!(checked(|_| (), now), Err(TokenError::Refused), "{now}");
        }
    }

    #[test]
    fn claims_that_are_wrong_or_missing_are_refused() {
        let refused = Err(TokenError::Refused);
        assert_eq!(checked(|claims| claims["iss"] = json!("http://there"), 1500), refused);
        assert_eq!(checked(|claims| claims["iss"] = json!([ISSUER]), 1500), refused);
        assert_eq!(checked(|claims| claims["typ"] = json!("ID"), 1500), refused);
        assert_eq!(checked(|claims| claims["exp"] = json!("2000"), 1500), refused);
        for name in ["iss", "sub", "exp"] {
            let without = |claims: &mut Value| {
                claims.as_object_mut().unwrap().remove(name);
            };
            assert_eq!(checked(without, 1500), refused, "{name}");
        }
    }

    #[test]
    fn what_is_no_token_is_malformed() {
        let keys = JwkSet::default();
        for text in ["", "a.b", "a.b.c", "..", "e30.e30", "e30.e30.!", "W10.e30.", "e30.e30.e30."] {
            assert_eq!(verify(text, &keys, ISSUER, at(0)), Err(TokenError::Malformed), "{text}");
        }
    }

    #[test]
    fn unsigned_and_forged_tokens_are_refused() {
        let signer = signing();
        let check = |token: &str| verify(token, &signer.keys, ISSUER, at(1500));
        for alg in ["none", "None", "HS256", "nonsense"] {
            let token = unsigned(&json!({"alg": alg, "kid": "k"}));
            assert_eq!(check(&token), Err(TokenError::Refused), "{alg}");
        }
        assert_eq!(
            check(&unsigned(&json!({"alg": "ES256", "kid": "k"}))),
            Err(TokenError::Refused)
        );
        assert_eq!(check(&unsigned(&json!({"alg": "ES256"}))), Err(TokenError::Refused));
        assert_eq!(check(&sign(&signing(), "k", &claims())), Err(TokenError::Refused));
    }

    #[test]
    fn an_unknown_kid_and_a_key_for_something_else_are_told_apart_from_a_forgery() {
        let signer = signing();
        let unknown = verify(&sign(&signer, "x", &claims()), &signer.keys, ISSUER, at(1500));
        assert_eq!(unknown, Err(TokenError::UnknownKey));
        let encrypts = signer_for(Some(PublicKeyUse::Encryption));
        let token = sign(&encrypts, "k", &claims());
        assert_eq!(verify(&token, &encrypts.keys, ISSUER, at(1500)), Err(TokenError::UnknownKey));
        let silent = signer_for(None);
        assert!(verify(&sign(&silent, "k", &claims()), &silent.keys, ISSUER, at(1500)).is_ok());
    }

    #[test]
    fn keys_that_nobody_knows_are_skipped() {
        let signer = signing();
        let token = sign(&signer, "k", &claims());
        let mut keys = json!({"keys": [
            {"kty": "RSA", "use": "enc", "alg": "RSA-OAEP", "kid": "e", "n": "AQAB", "e": "AQAB"},
            {"kty": "AKP", "use": "sig", "alg": "ML-DSA-44", "kid": "q", "pub": "AA"},
        ]});
        keys["keys"].as_array_mut().unwrap().push(json!(signer.keys.keys[0]));
        let keys: JwkSet = serde_json::from_value(keys).unwrap();
        assert!(verify(&token, &keys, ISSUER, at(1500)).is_ok());
    }
}
