use super::Limits;
use crate::config::reader::Reader;
use crate::config::values::{service_url, word};
use course_seats_keycloak::KeycloakSettings;
use secrecy::SecretString;
use std::time::Duration;

const NAMES: [&str; 4] = ["KC_SERVER_URI", "KC_REALM_NAME", "KC_CLIENT_ID", "KC_CLIENT_SECRET"];

/// Whether somebody named a server.
pub(super) fn is_wanted(reader: &Reader<'_>) -> bool {
    NAMES.iter().any(|name| reader.is_set(name))
}

/// Keycloak, or `Some(None)` for the sandbox: all four of its settings, or none.
pub(super) fn read(reader: &mut Reader<'_>, limits: Limits) -> Option<Option<KeycloakSettings>> {
    // A session that was revoked is refused within 30 s.
    let auth_cache = reader.number("AUTH_CACHE_MS", 0, 30_000).map(Duration::from_millis);
    if !is_wanted(reader) {
        return Some(None);
    }
    let server_uri = reader.required(
        "KC_SERVER_URI",
        &NAMES,
        "where Keycloak's paths begin: http://… or https://…",
        service_url,
    );
    let realm = reader.required("KC_REALM_NAME", &NAMES, "the name of the realm", word);
    let client_id =
        reader.required("KC_CLIENT_ID", &NAMES, "the client whose service account we are", word);
    let client_secret =
        reader.required("KC_CLIENT_SECRET", &NAMES, "the client's secret", |text| {
            Some(SecretString::from(text))
        });
    Some(Some(KeycloakSettings {
        server_uri: server_uri?,
        realm: realm?,
        client_id: client_id?,
        client_secret: client_secret?,
        timeout: limits.call,
        connect_timeout: limits.connect(),
        concurrency: limits.concurrency,
        auth_cache: auth_cache?,
    }))
}
