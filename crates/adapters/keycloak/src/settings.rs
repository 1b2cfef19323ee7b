use secrecy::SecretString;
use std::time::Duration;
use url::Url;

/// Where Keycloak is, who we are there, and how long it may take.
#[derive(Debug, Clone)]
pub struct KeycloakSettings {
    /// Where its paths begin (`KC_SERVER_URI`), with or without a slash at the end. Tokens count
    /// only if Keycloak, asked here, names their issuer as its own: unless it has a fixed host name
    /// this must be the address that the clients use too.
    pub server_uri: Url,
    /// The realm (`KC_REALM_NAME`).
    pub realm: String,
    /// The client whose service account we are (`KC_CLIENT_ID`).
    pub client_id: String,
    /// Its secret (`KC_CLIENT_SECRET`).
    pub client_secret: SecretString,
    /// How long one call may last, from the first byte to the last, and how long it may wait for
    /// its turn before that (`OUTSIDE_TIMEOUT_MS`).
    pub timeout: Duration,
    /// How long it may take to connect. Below `timeout`, so that a call that never reached anybody
    /// is told from one that may have: only the first is known not to be done.
    pub connect_timeout: Duration,
    /// How many calls at once (`OUTSIDE_CONCURRENCY`).
    pub concurrency: usize,
    /// How old an answer about somebody's session and groups may be (`AUTH_CACHE_MS`).
    pub auth_cache: Duration,
}

/// Why no adapter could be made of the settings.
#[derive(Debug, thiserror::Error)]
pub enum KeycloakSetupError {
    /// Not a place that can be called.
    #[error("the address of Keycloak must begin with http:// or https://, without a query")]
    Address,
    /// The TLS parts did not start.
    #[error("the HTTP client for Keycloak did not start: {0}")]
    Client(reqwest::Error),
}
