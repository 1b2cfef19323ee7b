use jsonwebtoken::jwk::{Jwk, JwkSet};
use serde_json::Value;

/// The keys of a published key set, `{"keys": [...]}`, but for those that cannot be read. `None` if
/// it is no key set.
#[must_use]
pub fn key_set(published: &Value) -> Option<JwkSet> {
    let keys = published.get("keys")?.as_array()?;
    let readable = keys.iter().filter_map(|key| serde_json::from_value::<Jwk>(key.clone()).ok());
    Some(JwkSet { keys: readable.collect() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_cannot_be_read_is_skipped() {
        let set = json!({"keys": [
            {"kty": "RSA", "kid": 7},
            "nonsense",
            null,
            {"kty": "RSA", "use": "sig", "alg": "RS256", "kid": "good", "n": "AQAB", "e": "AQAB"},
        ]});
        let kids: Vec<_> =
            key_set(&set).unwrap().keys.into_iter().map(|key| key.common.key_id).collect();
        assert_eq!(kids, [Some("good".to_owned())]);
    }

    #[test]
    fn what_is_no_key_set_is_told() {
        for text in [json!({}), json!([]), json!({"keys": {}}), json!("keys")] {
            assert!(key_set(&text).is_none(), "{text}");
        }
        assert_eq!(key_set(&json!({"keys": []})).map(|set| set.keys.len()), Some(0));
    }
}
