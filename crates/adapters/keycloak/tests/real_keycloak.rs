//! What is expected of a Keycloak, on a real one when `KEYCLOAK_URL` is set: `scripts/e2e` starts
//! one and sets it.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a failed check panics"
)]

#[macro_use]
mod realm;

use async_trait::async_trait;
use course_seats_application::ports::Clock;
use course_seats_domain::ids::UserId;
use course_seats_testkit::runtime::SystemClock;
use realm::{Administrator, Realm, good, http, new_id};
use reqwest::{Client, Method, Response};
use serde_json::{Value, json};
use std::io::Write;
use std::sync::Once;

every_expectation!(real_realm);

/// The one that `scripts/keycloak` started, if it did: without one there is nothing to test.
async fn real_realm() -> Option<Realm> {
    let Some(url) = std::env::var("KEYCLOAK_URL").ok().filter(|url| !url.is_empty()) else {
        not_covered();
        return None;
    };
    let administrator = ServerAdministrator { client: http(), url: url.clone() };
    let (id, secret) = (var("KEYCLOAK_CLIENT_ID"), var("KEYCLOAK_CLIENT_SECRET"));
    Some(Realm::new(url, id, secret, administrator))
}

/// Says so once, and not by `eprintln!`, which a test that passes keeps to itself.
fn not_covered() {
    static SAID: Once = Once::new();
    let why = "NOT COVERED: a real Keycloak (KEYCLOAK_URL is not set); scripts/e2e starts one\n";
    SAID.call_once(|| std::io::stderr().write_all(why.as_bytes()).unwrap());
}

/// The administrator of the whole server, who is of another realm.
struct ServerAdministrator {
    client: Client,
    url: String,
}

#[async_trait]
impl Administrator for ServerAdministrator {
    async fn add_people(&self, count: usize) -> Vec<UserId> {
        let people: Vec<_> = (0..count).map(|_| UserId::new(new_id())).collect();
        let users = people.iter().map(|id| json!({"id": id, "username": format!("p-{id}")}));
        let import = json!({"ifResourceExists": "FAIL", "users": users.collect::<Vec<_>>()});
        self.call(Method::POST, "/partialImport", Some(import)).await;
        people
    }

    async fn add_client(&self, client: Value) {
        self.call(Method::POST, "/clients", Some(client)).await;
    }

    async fn rotate_signing_key(&self) {
        let realm = self.call(Method::GET, "", None).await.json::<Value>().await.unwrap();
        // Above those of earlier runs on the same server.
        let priority = SystemClock::default().now().timestamp();
        let key = json!({
            "name": format!("rotated-{}", new_id()),
            "providerId": "rsa-generated",
            "providerType": "org.keycloak.keys.KeyProvider",
            "parentId": realm["id"],
            "config": {"priority": [priority.to_string()], "enabled": ["true"], "active": ["true"]},
        });
        self.call(Method::POST, "/components", Some(key)).await;
    }

    async fn foreign_token(&self) -> String {
        let form = [
            ("grant_type", "password"),
            ("client_id", "admin-cli"),
            ("scope", "openid"),
            ("username", &var("KEYCLOAK_ADMIN")),
            ("password", &var("KEYCLOAK_ADMIN_PASSWORD")),
        ];
        let page = format!("{}/realms/master/protocol/openid-connect/token", self.url);
        let answer = good(self.client.post(page).form(&form).send().await.unwrap()).await;
        let answer: Value = answer.json().await.unwrap();
        answer["access_token"].as_str().unwrap().to_owned()
    }
}

impl ServerAdministrator {
    async fn call(&self, method: Method, page: &str, body: Option<Value>) -> Response {
        let page = format!("{}/admin/realms/obp-realm{page}", self.url);
        let request = self.client.request(method, page).bearer_auth(self.foreign_token().await);
        let request = match body {
            Some(body) => request.json(&body),
            None => request,
        };
        good(request.send().await.unwrap()).await
    }
}

fn var(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| panic!("{name} is not set, but KEYCLOAK_URL is"))
}
