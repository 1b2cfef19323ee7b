//! A server of one's own for a test: embedded, in a folder of its own, on a free port.

use course_seats::config::{Config, RawSettings};
use course_seats::{Running, Server};
use reqwest::{Client, Method, StatusCode};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::Mutex;
use tempfile::TempDir;

/// A server for one test.
pub struct TestServer {
    pub url: String,
    pub client: Client,
    running: Option<Running>,
    folder: TempDir,
    tokens: Mutex<HashMap<String, String>>,
}

/// What it answered.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: reqwest::header::HeaderMap,
    pub text: String,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text)
            .unwrap_or_else(|_| panic!("{} is no JSON: {}", self.status, self.text))
    }
}

/// Who calls.
#[derive(Debug, Clone, Copy)]
pub enum As<'a> {
    Nobody,
    User(&'a str),
    Token(&'a str),
}

impl TestServer {
    /// Without the example.
    pub async fn start() -> Self {
        Self::start_with(&[]).await
    }

    /// With these settings beside those of tests.
    pub async fn start_with(settings: &[(&'static str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let raw = RawSettings::default()
            .with("DATA_DIR", folder.path().to_string_lossy())
            .with("BIND_ADDR", "127.0.0.1:0")
            .with("SEED_EXAMPLE", "false")
            .with("WEB_WORKERS", "1")
            .with("DEPLOYMENT_ENV", "testing");
        let raw = settings.iter().fold(raw, |raw, (name, value)| raw.with(name, *value));
        let running = Server::start(Config::parse(&raw).unwrap()).await.unwrap();
        let client = Client::builder().build().unwrap();
        Self {
            url: running.url.clone(),
            client,
            running: Some(running),
            folder,
            tokens: Mutex::default(),
        }
    }

    pub fn running(&self) -> &Running {
        self.running.as_ref().unwrap()
    }

    /// Its data folder.
    pub fn folder(&self) -> String {
        self.folder.path().to_string_lossy().into_owned()
    }

    /// Stops the server, and waits for it.
    pub async fn stop(mut self) -> TempDir {
        self.running.take().unwrap().stop().await;
        self.folder
    }

    /// A token of this user, the same one until [`TestServer::forget_tokens`].
    pub async fn token(&self, user: &str) -> String {
        if let Some(token) = self.tokens.lock().unwrap().get(user) {
            return token.clone();
        }
        let token = self.new_token(user).await;
        self.tokens.lock().unwrap().insert(user.to_owned(), token.clone());
        token
    }

    /// A token of a new session of this user.
    pub async fn new_token(&self, user: &str) -> String {
        let url = format!("{}/sandbox/realms/obp-realm/protocol/openid-connect/token", self.url);
        let form = [
            ("grant_type", "password"),
            ("client_id", "obpapp"),
            ("username", user),
            ("password", "sandbox"),
        ];
        let answer = self.client.post(url).form(&form).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK, "{user} signs in");
        let answer: Value = answer.json().await.unwrap();
        answer["access_token"].as_str().unwrap().to_owned()
    }

    /// After the clock was turned, tokens have expired.
    pub fn forget_tokens(&self) {
        self.tokens.lock().unwrap().clear();
    }

    /// One call with a JSON body.
    pub async fn call(
        &self,
        who: As<'_>,
        method: &str,
        path: &str,
        body: Option<&Value>,
    ) -> Answer {
        let body = body.map(|body| serde_json::to_vec(body).unwrap());
        self.raw(who, method, path, body, "application/json").await
    }

    /// One call with any body.
    pub async fn raw(
        &self,
        who: As<'_>,
        method: &str,
        path: &str,
        body: Option<Vec<u8>>,
        content_type: &str,
    ) -> Answer {
        let method: Method = method.parse().unwrap();
        let mut request = self.client.request(method, format!("{}{path}", self.url));
        request = match who {
            As::Nobody => request,
            As::Token(token) => request.bearer_auth(token),
            As::User(user) => request.bearer_auth(self.token(user).await),
        };
        if let Some(body) = body {
            request = request.header("content-type", content_type).body(body);
        }
        let answer = request.send().await.unwrap_or_else(|error| panic!("{path}: {error:?}"));
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        Answer { status, headers, text: answer.text().await.unwrap() }
    }

    /// A call that must go well.
    pub async fn good(&self, user: &str, method: &str, path: &str, body: Value) -> Value {
        let answer = self.call(As::User(user), method, path, Some(&body)).await;
        assert_eq!(answer.status, 200, "{method} {path}: {}", answer.text);
        answer.json()
    }

    /// A lab with a template project, a course and seats.
    pub async fn course(&self, name: &str, seats: u32) -> Course {
        let institution =
            json!({"name": format!("{name} University"), "contact_email": "u@u.example"});
        let institution = self.good("service-admin", "POST", "/institutions", institution).await;
        let lab = json!({"name": name, "description": "d", "entity": "e"});
        let lab = self.good("obi-virtual-lab", "POST", "/virtual-labs", lab).await;
        let lab = lab["id"].as_str().unwrap().to_owned();
        let path = format!("/virtual-labs/{lab}/projects");
        let project =
            self.good("obi-virtual-lab", "POST", &path, json!({"name": "Template"})).await;
        let now = self.running().app().now();
        let day = |days| (now + chrono::TimeDelta::days(days)).to_rfc3339();
        let course = json!({
            "virtual_lab_id": lab,
            "template_project_id": project["id"],
            "institution_id": institution["data"]["id"],
            "start_date": day(-1),
            "last_drop_date": day(10),
            "end_date": day(90),
        });
        let course = self.good("service-admin", "POST", "/courses", course).await;
        let course = course["data"]["id"].as_str().unwrap().to_owned();
        self.good("service-admin", "POST", &format!("/courses/{course}/activate"), json!({})).await;
        let provision = json!({"course_id": course, "number_of_seats": seats});
        self.good("service-admin", "POST", "/seats/provision", provision).await;
        Course { id: course, lab }
    }
}

/// What [`TestServer::course`] made.
#[derive(Debug, Clone)]
pub struct Course {
    pub id: String,
    pub lab: String,
}
