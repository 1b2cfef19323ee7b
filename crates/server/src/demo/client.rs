//! A thin client of the public API: it signs in at the OpenID token endpoint and calls over HTTP,
//! as any other client would.

use super::outside::Outside;
use super::pause::Stopwatch;
use super::wrong::Wrong;
use reqwest::Method;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// A connection that nobody used for so long is not used again: the server closes it after five
/// seconds, perhaps in the moment in which it is asked something.
const IDLE: Duration = Duration::from_secs(3);

/// A client of one server, for any number of people.
pub struct Client {
    http: reqwest::Client,
    base: String,
    outside: Outside,
    tokens: Mutex<HashMap<String, Token>>,
    exchanges: Mutex<Vec<String>>,
}

/// What the server answered.
#[derive(Debug, Clone)]
pub struct Reply {
    /// The request, such as `POST /institutions`.
    pub request: String,
    /// The status of the answer.
    pub status: u16,
    /// The seconds of `Retry-After`.
    pub retry_after: Option<u64>,
    /// The body; `null` if there is none.
    pub body: Value,
}

/// An access token, and when it was given.
struct Token {
    token: String,
    given: Stopwatch,
    life: Duration,
}

impl Client {
    /// A client of the server at this address, such as `http://127.0.0.1:8000`, where everything is
    /// embedded.
    ///
    /// # Errors
    /// If the HTTP client cannot be built.
    pub fn new(base: impl Into<String>) -> Result<Self, Wrong> {
        let base = base.into();
        let outside = Outside::sandbox(&base);
        Self::on(base, outside)
    }

    /// A client of the server at this address, which sees the outside there.
    ///
    /// # Errors
    /// If the HTTP client cannot be built.
    pub fn on(base: impl Into<String>, outside: Outside) -> Result<Self, Wrong> {
        let http = reqwest::Client::builder()
            .timeout(Duration::from_secs(60))
            .pool_idle_timeout(IDLE)
            .no_proxy()
            .build()
            .map_err(|error| Wrong::new("an HTTP client", error.to_string()))?;
        let (tokens, exchanges) = (Mutex::default(), Mutex::default());
        Ok(Self { http, base: base.into(), outside, tokens, exchanges })
    }

    /// Where the server answers.
    #[must_use]
    pub fn base(&self) -> &str {
        &self.base
    }

    /// What it speaks HTTP with.
    #[must_use]
    pub fn http(&self) -> &reqwest::Client {
        &self.http
    }

    /// Where it sees the outside.
    #[must_use]
    pub fn outside(&self) -> &Outside {
        &self.outside
    }

    /// Signs somebody in, or takes the token of an earlier time while it has half its life left.
    ///
    /// # Errors
    /// If no token is given.
    pub async fn token(&self, user: &str) -> Result<String, Wrong> {
        if let Some(kept) = locked(&self.tokens).get(user)
            && kept.given.elapsed() < kept.life / 2
        {
            return Ok(kept.token.clone());
        }
        let given = Stopwatch::start();
        let body = self.sign_in(user, "sandbox").await?.ok()?;
        let token = text(&body, "/access_token")?;
        let life = body.get("expires_in").and_then(Value::as_u64).unwrap_or_default();
        let kept = Token { token: token.clone(), given, life: Duration::from_secs(life) };
        locked(&self.tokens).insert(user.to_owned(), kept);
        Ok(token)
    }

    /// Asks the token endpoint.
    ///
    /// # Errors
    /// If there is no answer.
    pub async fn sign_in(&self, user: &str, password: &str) -> Result<Reply, Wrong> {
        let form = [
            ("grant_type", "password"),
            ("client_id", "obpapp"),
            ("scope", "openid"),
            ("username", user),
            ("password", password),
        ];
        let request = self.http.post(self.outside.token_url()).form(&form);
        answer("POST …/openid-connect/token".into(), request).await
    }

    /// Everybody signs in again: the clock was turned, and tokens run out.
    pub fn forget_tokens(&self) {
        locked(&self.tokens).clear();
    }

    /// Calls the API as this user, or as nobody.
    ///
    /// # Errors
    /// If there is no answer.
    pub async fn call(
        &self,
        user: Option<&str>,
        method: Method,
        path: &str,
        body: Option<Value>,
    ) -> Result<Reply, Wrong> {
        self.call_with(user, method, path, body, &[]).await
    }

    /// The same with more headers.
    ///
    /// # Errors
    /// If there is no answer.
    pub async fn call_with(
        &self,
        user: Option<&str>,
        method: Method,
        path: &str,
        body: Option<Value>,
        headers: &[(&str, &str)],
    ) -> Result<Reply, Wrong> {
        let shown = path.split('?').next().unwrap_or(path);
        let line = format!("{method} {shown}");
        let mut request = self.http.request(method, format!("{}{path}", self.base));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some(user) = user {
            request = request.bearer_auth(self.token(user).await?);
        }
        if let Some(body) = body {
            request = request.json(&body);
        }
        let reply = answer(line, request).await?;
        locked(&self.exchanges).push(format!("{} → {}", reply.request, reply.status));
        Ok(reply)
    }

    /// Reads something as this user.
    ///
    /// # Errors
    /// If it is not answered with 200.
    pub async fn get<T: DeserializeOwned>(&self, user: &str, path: &str) -> Result<T, Wrong> {
        self.call(Some(user), Method::GET, path, None).await?.into()
    }

    /// Does something as this user.
    ///
    /// # Errors
    /// If there is no answer.
    pub async fn post(&self, user: &str, path: &str, body: Value) -> Result<Reply, Wrong> {
        let body = Some(body).filter(|body| !body.is_null());
        self.call(Some(user), Method::POST, path, body).await
    }

    /// The requests since the last time, each with its status.
    pub fn take_exchanges(&self) -> Vec<String> {
        std::mem::take(&mut *locked(&self.exchanges))
    }
}

impl Reply {
    /// The body of a 200, or of a 202.
    ///
    /// # Errors
    /// If it is none.
    pub fn ok(self) -> Result<Value, Wrong> {
        match self.status {
            200 | 202 => Ok(self.body),
            _ => Err(self.unexpected("200")),
        }
    }

    /// The body of a 200, read into a type.
    ///
    /// # Errors
    /// If it is none, or another one.
    pub fn into<T: DeserializeOwned>(self) -> Result<T, Wrong> {
        let request = self.request.clone();
        serde_json::from_value(self.ok()?).map_err(|error| {
            Wrong::new(format!("{request}: a body as documented"), error.to_string())
        })
    }

    /// The `data` of the body of a 200, read into a type.
    ///
    /// # Errors
    /// If it is none, or another one.
    pub fn data<T: DeserializeOwned>(mut self) -> Result<T, Wrong> {
        if self.status == 200 {
            self.body = self.body.get("data").cloned().unwrap_or_default();
        }
        self.into()
    }

    /// Demands a refusal with this status and this in its message.
    ///
    /// # Errors
    /// If it is another answer.
    pub fn refused(self, status: u16, message: &str) -> Result<(), Wrong> {
        let said = self.body.get("message").and_then(Value::as_str).unwrap_or_default();
        if self.status == status && said.contains(message) {
            return Ok(());
        }
        Err(self.unexpected(&format!("{status} \"{message}\"")))
    }

    fn unexpected(&self, expected: &str) -> Wrong {
        let body = self.body.to_string();
        let body: String = body.chars().take(300).collect();
        Wrong::new(format!("{} → {expected}", self.request), format!("{} {body}", self.status))
    }
}

/// One call without a token, to whatever answers JSON.
///
/// # Errors
/// If there is no answer.
pub async fn fetch(
    http: &reqwest::Client,
    method: Method,
    url: &str,
    body: Option<Value>,
) -> Result<Reply, Wrong> {
    let line = format!("{method} {url}");
    let mut request = http.request(method, url);
    if let Some(body) = body {
        request = request.json(&body);
    }
    answer(line, request).await
}

async fn answer(line: String, request: reqwest::RequestBuilder) -> Result<Reply, Wrong> {
    let none = |error: reqwest::Error| Wrong::new(format!("{line}: an answer"), error.to_string());
    let response = request.send().await.map_err(none)?;
    let status = response.status().as_u16();
    let retry_after = response.headers().get(reqwest::header::RETRY_AFTER);
    let retry_after = retry_after.and_then(|value| value.to_str().ok()?.parse().ok());
    let body = response.bytes().await.map_err(none)?;
    let body = if body.is_empty() {
        Value::Null
    } else {
        let text = || Value::String(String::from_utf8_lossy(&body).into_owned());
        serde_json::from_slice(&body).unwrap_or_else(|_| text())
    };
    Ok(Reply { request: line, status, retry_after, body })
}

/// A text within a body.
///
/// # Errors
/// If there is none.
pub fn text(body: &Value, pointer: &str) -> Result<String, Wrong> {
    let found = body.pointer(pointer).and_then(Value::as_str);
    let missing = || Wrong::new(format!("a text at {pointer}"), "none");
    found.map(str::to_owned).ok_or_else(missing)
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
