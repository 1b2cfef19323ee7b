use keycloak_stand_in::{StandIn, StandInConfig};
use reqwest::{Client, Method, RequestBuilder, Response};
use serde_json::{Value, json};
use stand_in_kit::time;
use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::time::Duration;

/// The ids of the shared realm.
pub const STUDENT: &str = "5a4db0c5-0000-4000-8000-000000000001";
pub const FACULTY: &str = "5a4db0c5-0000-4000-8000-000000000064";

/// How often, and how far apart, a port that is taken is tried again.
pub const PORT_TRIES: u32 = 200;
pub const PORT_PAUSE: Duration = Duration::from_millis(50);

/// Somebody with a service token.
pub struct Caller {
    pub http: Client,
    pub url: String,
    pub token: String,
}

/// A stand-in, and who calls it. One that comes back at its old address may find that another test's
/// connection was given that port meanwhile: it waits until that one is closed.
pub async fn started(config: StandInConfig) -> (StandIn, Caller) {
    let mut tries = 0..PORT_TRIES;
    let stand_in = loop {
        match StandIn::start(config.clone()).await {
            Err(taken) if taken.kind() == ErrorKind::AddrInUse && tries.next().is_some() => {
                time::sleep(PORT_PAUSE).await;
            }
            started => break started.unwrap(),
        }
    };
    let caller = Caller::of(stand_in.base_url()).await;
    (stand_in, caller)
}

impl Caller {
    pub async fn of(url: String) -> Self {
        let http = Client::builder().no_proxy().build().unwrap();
        let mut caller = Self { http, url, token: String::new() };
        let granted = caller.service_token().await;
        caller.token = granted["access_token"].as_str().unwrap().to_owned();
        caller
    }

    pub async fn service_token(&self) -> Value {
        let form = [
            ("grant_type", "client_credentials"),
            ("client_id", "course-seats"),
            ("client_secret", "course-seats-dev-secret"),
        ];
        let (status, granted) = read(self.openid("token").form(&form).send().await.unwrap()).await;
        assert_eq!(status, 200, "{granted}");
        granted
    }

    pub async fn sign_in(&self, username: &str) -> Value {
        let form = [
            ("grant_type", "password"),
            ("client_id", "obpapp"),
            ("scope", "openid"),
            ("username", username),
            ("password", "sandbox"),
        ];
        let (status, granted) = read(self.openid("token").form(&form).send().await.unwrap()).await;
        assert_eq!(status, 200, "{username}: {granted}");
        granted
    }

    pub fn openid(&self, page: &str) -> RequestBuilder {
        let page = format!("{}/realms/obp-realm/protocol/openid-connect/{page}", self.url);
        self.http.post(page)
    }

    pub async fn userinfo(&self, token: &Value) -> (u16, Value) {
        let token = token["access_token"].as_str().unwrap();
        read(self.openid("userinfo").bearer_auth(token).send().await.unwrap()).await
    }

    pub fn admin(&self, method: Method, page: &str) -> RequestBuilder {
        let page = format!("{}/admin/realms/obp-realm/{page}", self.url);
        self.http.request(method, page).bearer_auth(&self.token)
    }

    pub async fn get(&self, page: &str) -> (u16, Value) {
        read(self.admin(Method::GET, page).send().await.unwrap()).await
    }

    pub async fn create(&self, name: &str) -> u16 {
        let created = self.admin(Method::POST, "groups").json(&json!({ "name": name }));
        created.send().await.unwrap().status().as_u16()
    }

    /// The id of a group of this name.
    pub async fn group(&self, name: &str) -> String {
        let (_, found) = self.get(&format!("groups?search={name}&exact=true")).await;
        found[0]["id"].as_str().unwrap().to_owned()
    }

    pub async fn join(&self, user: &str, group: &str) -> u16 {
        let page = format!("users/{user}/groups/{group}");
        self.admin(Method::PUT, &page).send().await.unwrap().status().as_u16()
    }

    pub async fn control(&self, method: Method, page: &str, body: Option<Value>) -> (u16, Value) {
        let request = self.http.request(method, format!("{}/_control/{page}", self.url));
        let request = match body {
            Some(body) => request.json(&body),
            None => request,
        };
        read(request.send().await.unwrap()).await
    }

    /// Every group with the login names of its members.
    pub async fn groups(&self) -> BTreeMap<String, Vec<String>> {
        let (_, report) = self.control(Method::GET, "groups", None).await;
        members(&report)
    }
}

/// Asks until it is so.
pub async fn eventually(mut ask: impl AsyncFnMut() -> bool) {
    for _ in 0..3000 {
        if ask().await {
            return;
        }
        time::sleep(Duration::from_millis(10)).await;
    }
    assert!(ask().await, "not in half a minute");
}

/// Every group with the login names of its members.
pub fn members(report: &Value) -> BTreeMap<String, Vec<String>> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let groups = report["groups"].as_array().unwrap().iter();
    groups
        .map(|group| {
            let members = group["members"].as_array().unwrap().iter();
            (text(&group["name"]), members.map(|member| text(&member["username"])).collect())
        })
        .collect()
}

pub async fn read(response: Response) -> (u16, Value) {
    let status = response.status().as_u16();
    let text = response.text().await.unwrap();
    (status, serde_json::from_str(&text).unwrap_or(Value::String(text)))
}
