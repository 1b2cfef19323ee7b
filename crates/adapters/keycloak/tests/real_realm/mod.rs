//! The real realm as people, and its administrator, see it.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use course_seats_application::ports::{Clock, Entropy};
use course_seats_domain::group::GroupName;
use course_seats_domain::ids::UserId;
use course_seats_keycloak::{Keycloak, KeycloakSettings};
use course_seats_testkit::runtime::{RandomEntropy, SystemClock};
use reqwest::{Client, Method, Response};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use uuid::Uuid;

pub const AUTH_CACHE: Duration = Duration::from_secs(2);

pub struct Realm {
    pub keycloak: Keycloak,
    settings: KeycloakSettings,
    client: Client,
    url: String,
    realm: String,
}

/// Somebody's tokens.
pub struct Session {
    pub access: String,
    refresh: String,
}

impl Realm {
    /// The one that `scripts/keycloak` started, if it did.
    pub fn of_environment() -> Option<Self> {
        let url = std::env::var("KEYCLOAK_URL").ok().filter(|url| !url.is_empty())?;
        let settings = KeycloakSettings {
            server_uri: url.parse().unwrap(),
            realm: var("KEYCLOAK_REALM"),
            client_id: var("KEYCLOAK_CLIENT_ID"),
            client_secret: var("KEYCLOAK_CLIENT_SECRET").into(),
            // A test machine is busy: what is measured here is not speed.
            timeout: Duration::from_secs(30),
            connect_timeout: Duration::from_secs(10),
            concurrency: 32,
            auth_cache: AUTH_CACHE,
        };
        Some(Self {
            keycloak: Keycloak::new(&settings, Arc::new(SystemClock::default())).unwrap(),
            realm: settings.realm.clone(),
            settings,
            client: Client::builder().timeout(Duration::from_secs(60)).build().unwrap(),
            url,
        })
    }

    pub fn keycloak_with(&self, clock: Arc<dyn Clock>) -> Keycloak {
        Keycloak::new(&self.settings, clock).unwrap()
    }

    /// As the service account of a client that nobody gave any role.
    pub async fn keycloak_of_a_client_without_roles(&self) -> Keycloak {
        let client = format!("powerless-{}", new_id());
        let made = json!({"clientId": client, "secret": "s", "serviceAccountsEnabled": true});
        self.admin(Method::POST, "clients", Some(made)).await;
        self.keycloak_as(client, "s")
    }

    pub fn keycloak_with_a_wrong_secret(&self) -> Keycloak {
        self.keycloak_as(self.settings.client_id.clone(), "wrong")
    }

    fn keycloak_as(&self, client_id: String, secret: &str) -> Keycloak {
        let settings = self.settings.clone();
        let settings = KeycloakSettings { client_id, client_secret: secret.into(), ..settings };
        Keycloak::new(&settings, Arc::new(SystemClock::default())).unwrap()
    }

    pub async fn sign_in(&self, username: &str) -> Session {
        self.sign_in_with_scope(username, "openid").await
    }

    pub async fn sign_in_with_scope(&self, username: &str, scope: &str) -> Session {
        let form = [("client_id", "obpapp"), ("scope", scope)];
        self.grant(&self.realm, username, "sandbox", &form).await
    }

    /// Through a client of its own whose access tokens end after a second.
    pub async fn sign_in_for_a_second(&self, username: &str) -> String {
        let client = format!("short-{}", new_id());
        let made = json!({
            "clientId": client,
            "publicClient": true,
            "directAccessGrantsEnabled": true,
            "attributes": {"access.token.lifespan": "1"},
        });
        self.admin(Method::POST, "clients", Some(made)).await;
        let form = [("client_id", client.as_str()), ("scope", "openid")];
        self.grant(&self.realm, username, "sandbox", &form).await.access
    }

    pub async fn log_out(&self, session: &Session) {
        let form = [("client_id", "obpapp"), ("refresh_token", &session.refresh)];
        let page = format!("{}/realms/{}/protocol/openid-connect/logout", self.url, self.realm);
        good(self.client.post(page).form(&form).send().await.unwrap()).await;
    }

    /// The token of the administrator of the whole server, from another realm.
    pub async fn admin_token(&self) -> String {
        let (name, password) = (var("KEYCLOAK_ADMIN"), var("KEYCLOAK_ADMIN_PASSWORD"));
        let form = [("client_id", "admin-cli"), ("scope", "openid")];
        self.grant("master", &name, &password, &form).await.access
    }

    /// So many new people, all in this group.
    pub async fn add_people(&self, count: usize, group: &GroupName) -> Vec<UserId> {
        let people: Vec<_> = (0..count).map(|_| UserId::new(new_id())).collect();
        let users = people
            .iter()
            .map(|id| json!({"id": id, "username": format!("p-{id}"), "groups": [group.path()]}));
        let import = json!({"ifResourceExists": "FAIL", "users": users.collect::<Vec<_>>()});
        self.admin(Method::POST, "partialImport", Some(import)).await;
        people
    }

    /// From now on another key signs.
    pub async fn rotate_signing_key(&self) {
        let realm = self.admin(Method::GET, "", None).await.json::<Value>().await.unwrap();
        // Above those of earlier runs on the same server.
        let priority = SystemClock::default().now().timestamp();
        let key = json!({
            "name": format!("rotated-{}", new_id()),
            "providerId": "rsa-generated",
            "providerType": "org.keycloak.keys.KeyProvider",
            "parentId": realm["id"],
            "config": {"priority": [priority.to_string()], "enabled": ["true"], "active": ["true"]},
        });
        self.admin(Method::POST, "components", Some(key)).await;
    }

    async fn grant(
        &self,
        realm: &str,
        username: &str,
        password: &str,
        form: &[(&str, &str)],
    ) -> Session {
        let mut form = form.to_vec();
        form.extend([("grant_type", "password"), ("username", username), ("password", password)]);
        let page = format!("{}/realms/{realm}/protocol/openid-connect/token", self.url);
        let answer = good(self.client.post(page).form(&form).send().await.unwrap()).await;
        let answer: Value = answer.json().await.unwrap();
        let text = |name: &str| answer[name].as_str().unwrap().to_owned();
        Session { access: text("access_token"), refresh: text("refresh_token") }
    }

    async fn admin(&self, method: Method, page: &str, body: Option<Value>) -> Response {
        let page = format!("{}/admin/realms/{}/{page}", self.url, self.realm);
        let mut request = self
            .client
            .request(method, page.trim_end_matches('/'))
            .bearer_auth(self.admin_token().await);
        if let Some(body) = body {
            request = request.json(&body);
        }
        good(request.send().await.unwrap()).await
    }
}

/// The key that a token says it is signed by.
pub fn kid(token: &str) -> String {
    jsonwebtoken::decode_header(token).unwrap().kid.unwrap()
}

/// A part of a token.
pub fn part(value: &Value) -> String {
    URL_SAFE_NO_PAD.encode(value.to_string())
}

pub fn new_id() -> Uuid {
    RandomEntropy.uuid()
}

/// Asks until the answer is the expected one.
pub async fn eventually<T: PartialEq + std::fmt::Debug>(
    what: &str,
    expected: T,
    mut ask: impl AsyncFnMut() -> T,
) {
    let clock = SystemClock::default();
    let mut last = ask().await;
    while last != expected && clock.monotonic() < Duration::from_secs(30) {
        clock.sleep(Duration::from_millis(50)).await;
        last = ask().await;
    }
    assert_eq!(last, expected, "{what}");
}

async fn good(answer: Response) -> Response {
    let status = answer.status();
    if status.is_success() {
        return answer;
    }
    panic!("HTTP {status}: {}", answer.text().await.unwrap_or_default());
}

fn var(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| panic!("{name} is not set, but KEYCLOAK_URL is"))
}
