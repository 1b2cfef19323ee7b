//! A stand-in for Keycloak, a signer of tokens, and a client of both.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use course_seats_application::ports::Clock;
use course_seats_domain::group::{GroupId, GroupName, GroupRole};
use course_seats_domain::ids::{LabId, UserId};
use course_seats_keycloak::{Keycloak, KeycloakSettings};
use course_seats_testkit::clock::TestClock;
use jsonwebtoken::jwk::{Jwk, PublicKeyUse};
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use p256::pkcs8::EncodePrivateKey;
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;
use uuid::Uuid;
use wiremock::matchers::{method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

pub const REALM: &str = "/realms/obp-realm";
pub const OPENID: &str = "/realms/obp-realm/protocol/openid-connect";
pub const ADMIN: &str = "/admin/realms/obp-realm";
pub const TIMEOUT: Duration = Duration::from_millis(400);
pub const USER: UserId = UserId::new(Uuid::from_u128(7));

pub struct World {
    pub server: MockServer,
    pub clock: Arc<TestClock>,
    pub keycloak: Keycloak,
    told: AtomicU8,
}

pub fn settings(uri: &str) -> KeycloakSettings {
    KeycloakSettings {
        server_uri: uri.parse().unwrap(),
        realm: "obp-realm".into(),
        client_id: "course-seats".into(),
        client_secret: "secret".into(),
        timeout: TIMEOUT,
        connect_timeout: TIMEOUT / 2,
        concurrency: 8,
        auth_cache: Duration::from_secs(10),
    }
}

pub fn client(uri: &str) -> Keycloak {
    Keycloak::new(&settings(uri), Arc::new(TestClock::default())).unwrap()
}

impl World {
    /// A stand-in that grants service tokens and knows nothing else.
    pub async fn new() -> Self {
        let world = Self::without_token().await;
        world.post("token", 200, json!({"access_token": "service", "expires_in": 300})).await;
        world
    }

    /// One that knows nothing at all.
    pub async fn without_token() -> Self {
        // Not one of the pool: a test may stop it.
        let server = MockServer::builder().start().await;
        let clock = Arc::new(TestClock::default());
        let keycloak = Keycloak::new(&settings(&server.uri()), clock.clone()).unwrap();
        Self { server, clock, keycloak, told: AtomicU8::new(u8::MAX) }
    }

    /// One that publishes these keys, too.
    pub async fn publishing(keys: Value) -> Self {
        let world = Self::new().await;
        let uri = world.server.uri();
        let issuer = json!({"issuer": format!("{uri}{REALM}")});
        let discovery = format!("{REALM}/.well-known/openid-configuration");
        world.answer("GET", &discovery, ResponseTemplate::new(200).set_body_json(issuer)).await;
        world.publish(keys).await;
        world
    }

    pub async fn publish(&self, keys: Value) {
        let body = ResponseTemplate::new(200).set_body_json(json!({ "keys": keys }));
        self.answer("GET", &format!("{OPENID}/certs"), body).await;
    }

    pub async fn userinfo(&self, answer: ResponseTemplate) {
        self.answer("GET", &format!("{OPENID}/userinfo"), answer).await;
    }

    pub async fn post(&self, page: &str, status: u16, body: Value) {
        let answer = ResponseTemplate::new(status).set_body_json(body);
        self.answer("POST", &format!("{OPENID}/{page}"), answer).await;
    }

    /// The last one that was told for a path counts.
    pub async fn answer(&self, verb: &str, page: &str, answer: ResponseTemplate) {
        Mock::given(method(verb))
            .and(path(page))
            .respond_with(answer)
            .with_priority(self.later())
            .mount(&self.server)
            .await;
    }

    /// Whatever is asked of the Admin REST gets this.
    pub async fn admin(&self, answer: ResponseTemplate) {
        Mock::given(wiremock::matchers::path_regex("^/admin/"))
            .respond_with(answer)
            .with_priority(self.later())
            .mount(&self.server)
            .await;
    }

    /// Wiremock takes the first of those that match: what was told later comes first.
    fn later(&self) -> u8 {
        self.told.fetch_sub(1, Ordering::Relaxed)
    }

    /// How often this page was asked for.
    pub async fn asked(&self, page: &str) -> usize {
        let requests = self.server.received_requests().await.unwrap();
        requests.iter().filter(|request| request.url.path() == page).count()
    }

    /// How often the Admin REST was asked for anything.
    pub async fn admin_calls(&self) -> usize {
        let requests = self.server.received_requests().await.unwrap();
        requests.iter().filter(|request| request.url.path().starts_with("/admin/")).count()
    }

    /// The claims of a token of this realm that is good for a minute.
    pub fn claims(&self) -> Value {
        let now = self.clock.now().timestamp();
        let issuer = format!("{}{REALM}", self.server.uri());
        json!({"iss": issuer, "sub": USER, "exp": now + 60, "typ": "Bearer"})
    }
}

/// A key, and what signs with it.
pub struct Signer {
    kid: String,
    key: EncodingKey,
    pub public: Value,
}

impl Signer {
    pub fn new(kid: &str) -> Self {
        let secret = p256::SecretKey::random(&mut p256::elliptic_curve::rand_core::OsRng);
        let key = EncodingKey::from_ec_der(secret.to_pkcs8_der().unwrap().as_bytes());
        let mut public = Jwk::from_encoding_key(&key, Algorithm::ES256).unwrap();
        public.common.key_id = Some(kid.into());
        public.common.public_key_use = Some(PublicKeyUse::Signature);
        Self { kid: kid.into(), key, public: json!(public) }
    }

    pub fn sign(&self, claims: &Value) -> String {
        let header = Header { kid: Some(self.kid.clone()), ..Header::new(Algorithm::ES256) };
        encode(&header, claims, &self.key).unwrap()
    }
}

/// Something that has the shape of a token, signed by nobody.
pub fn unsigned(header: &Value, claims: &Value) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    format!("{}.{}.", part(header), part(claims))
}

pub fn group() -> GroupId {
    GroupId("11111111-2222-3333-4444-555555555555".into())
}

pub fn name() -> GroupName {
    GroupName::of_lab(LabId::new(Uuid::nil()), GroupRole::Admin)
}
