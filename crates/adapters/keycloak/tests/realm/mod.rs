//! A realm as people, and its administrator, see it: a real one or the stand-in.

/// Makes a test of every expectation, on the realm that this gives, if it gives one.
macro_rules! every_expectation {
    ($realm:path) => {
        every_expectation! { $realm:
            the_contract_holds,
            the_service_admin_is_in_the_group_with_slashes_in_its_name,
            somebody_is_found_by_address,
            a_group_of_250_is_read_whole,
            a_rotated_signing_key_is_picked_up,
            an_expired_token_is_refused,
            foreign_and_unsigned_tokens_are_refused,
            a_token_without_the_scope_openid_is_refused,
            a_session_that_was_logged_out_is_refused,
            a_name_that_is_too_long_has_an_unknown_outcome,
            the_service_token_is_one_that_keycloak_takes,
            a_checkup_tells_what_the_service_account_may,
            refusals_have_the_same_words,
            what_is_published_has_the_same_shape,
        }
    };
    ($realm:path: $($name:ident),* $(,)?) => {$(
        #[tokio::test]
        async fn $name() {
            if let Some(realm) = $realm().await {
                realm::expectations::$name(realm).await;
            }
        }
    )*};
}

pub mod expectations;
pub mod words;

use async_trait::async_trait;
use course_seats_application::ports::{Clock, Entropy};
use course_seats_domain::ids::UserId;
use course_seats_keycloak::{Keycloak, KeycloakSettings};
use course_seats_testkit::runtime::{RandomEntropy, SystemClock};
use reqwest::{Client, Method, RequestBuilder, Response};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use uuid::Uuid;

pub const AUTH_CACHE: Duration = Duration::from_secs(2);

pub struct Realm {
    pub keycloak: Keycloak,
    administrator: Box<dyn Administrator>,
    settings: KeycloakSettings,
    client: Client,
    url: String,
}

/// What only who runs the server can do.
#[async_trait]
pub trait Administrator: Send + Sync {
    /// So many new people, with addresses that are not verified or of which nobody cares.
    async fn add_people(&self, count: usize) -> Vec<UserId>;
    /// A new client, as Keycloak writes it down.
    async fn add_client(&self, client: Value);
    /// From now on another key signs.
    async fn rotate_signing_key(&self);
    /// A good token of another realm.
    async fn foreign_token(&self) -> String;
}

/// Somebody's tokens.
pub struct Session {
    pub access: String,
    refresh: String,
}

impl Realm {
    pub fn new(
        url: String,
        client_id: String,
        client_secret: String,
        administrator: impl Administrator + 'static,
    ) -> Self {
        let settings = KeycloakSettings {
            server_uri: url.parse().unwrap(),
            realm: "obp-realm".into(),
            client_id,
            client_secret: client_secret.into(),
            // A test machine is busy: what is measured here is not speed.
            timeout: Duration::from_secs(30),
            connect_timeout: Duration::from_secs(10),
            concurrency: 32,
            auth_cache: AUTH_CACHE,
        };
        Self {
            keycloak: Keycloak::new(&settings, Arc::new(SystemClock::default())).unwrap(),
            administrator: Box::new(administrator),
            settings,
            client: http(),
            url,
        }
    }

    pub fn keycloak_with(&self, clock: Arc<dyn Clock>) -> Keycloak {
        Keycloak::new(&self.settings, clock).unwrap()
    }

    /// As the service account of a client that nobody gave any role.
    pub async fn keycloak_of_a_client_without_roles(&self) -> Keycloak {
        let client = format!("powerless-{}", new_id());
        let made = json!({"clientId": client, "secret": "s", "serviceAccountsEnabled": true});
        self.administrator.add_client(made).await;
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
        self.sign_in_through("obpapp", username, scope).await
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
        self.administrator.add_client(made).await;
        self.sign_in_through(&client, username, "openid").await.access
    }

    async fn sign_in_through(&self, client: &str, username: &str, scope: &str) -> Session {
        let form = [
            ("grant_type", "password"),
            ("client_id", client),
            ("scope", scope),
            ("username", username),
            ("password", "sandbox"),
        ];
        let answer = good(self.openid("token").form(&form).send().await.unwrap()).await;
        let answer: Value = answer.json().await.unwrap();
        let text = |name: &str| answer[name].as_str().unwrap().to_owned();
        Session { access: text("access_token"), refresh: text("refresh_token") }
    }

    pub async fn log_out(&self, session: &Session) {
        let form = [("client_id", "obpapp"), ("refresh_token", &session.refresh)];
        good(self.openid("logout").form(&form).send().await.unwrap()).await;
    }

    /// A good token of another realm.
    pub async fn foreign_token(&self) -> String {
        self.administrator.foreign_token().await
    }

    pub async fn add_people(&self, count: usize) -> Vec<UserId> {
        self.administrator.add_people(count).await
    }

    pub async fn rotate_signing_key(&self) {
        self.administrator.rotate_signing_key().await;
    }

    /// A call of the Admin REST, by nobody yet.
    pub fn admin(&self, method: Method, page: &str) -> RequestBuilder {
        self.client.request(method, format!("{}/admin/realms/obp-realm/{page}", self.url))
    }

    /// A page of this server, asked for by nobody yet.
    pub fn page(&self, page: &str) -> RequestBuilder {
        self.client.get(format!("{}/{page}", self.url))
    }

    /// A form for one of the OpenID Connect pages.
    pub fn openid(&self, page: &str) -> RequestBuilder {
        let page = format!("{}/realms/obp-realm/protocol/openid-connect/{page}", self.url);
        self.client.post(page)
    }
}

pub fn http() -> Client {
    Client::builder().timeout(Duration::from_secs(60)).no_proxy().build().unwrap()
}

pub async fn good(answer: Response) -> Response {
    let status = answer.status();
    if status.is_success() {
        return answer;
    }
    panic!("HTTP {status}: {}", answer.text().await.unwrap_or_default());
}

pub fn new_id() -> Uuid {
    RandomEntropy.uuid()
}
