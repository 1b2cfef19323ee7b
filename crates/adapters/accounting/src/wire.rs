//! The way to the service: permit, token, lease, then the wire; and what an answer means.

use crate::answer::{Envelope, Refusal};
use crate::settings::{AccountingSettings, AccountingSetupError};
use crate::token::TokenSource;
use course_seats_application::ports::{Clock, Lease, PortError};
use reqwest::{Client, Method, Response, StatusCode, redirect, retry};
use secrecy::{ExposeSecret, SecretString};
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Semaphore, SemaphorePermit};
use url::Url;

/// The largest answer that is read. Ours have some hundred bytes.
const LARGEST_ANSWER: usize = 64 * 1024;

/// An idle connection is closed before the service does so by itself (its web server keeps one
/// for 5 s): a grant on a connection that just goes away would have an unknown outcome.
const IDLE: Duration = Duration::from_secs(4);

/// One call.
pub(crate) struct Call<'a> {
    method: Method,
    path: String,
    body: Option<Value>,
    /// Whether it changes anything: only then can its outcome be unknown.
    lease: Option<&'a Lease>,
}

impl<'a> Call<'a> {
    /// A call that changes something, under a lease.
    pub(crate) fn write(path: &str, body: Value, lease: &'a Lease) -> Self {
        Self { method: Method::POST, path: path.to_owned(), body: Some(body), lease: Some(lease) }
    }

    /// A call that only looks.
    pub(crate) fn read(path: String) -> Self {
        Self { method: Method::GET, path, body: None, lease: None }
    }

    /// Something happened after the call was on its way.
    fn unsure(&self, what: impl Into<String>) -> PortError {
        match self.lease {
            Some(_) => PortError::Unknown(what.into()),
            None => PortError::Unavailable(what.into()),
        }
    }
}

/// What an answer is, once its token was taken.
enum Answered<T> {
    With(Result<T, PortError>),
    TokenRefused,
}

/// The connections to the service, and the limits on them.
pub(crate) struct Wire {
    client: Client,
    base: String,
    timeout: Duration,
    permits: Semaphore,
    tokens: Arc<dyn TokenSource>,
    clock: Arc<dyn Clock>,
}

impl Wire {
    pub(crate) fn new(
        settings: AccountingSettings,
        tokens: Arc<dyn TokenSource>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, AccountingSetupError> {
        let base = base(&settings.base_url)?;
        let client = Client::builder()
            .timeout(settings.timeout)
            .connect_timeout(settings.connect_timeout)
            .pool_idle_timeout(IDLE)
            .pool_max_idle_per_host(settings.concurrency)
            // Whether a call is repeated is the notebook's decision, never the client's.
            .retry(retry::never())
            .redirect(redirect::Policy::none())
            .no_proxy()
            .build()
            .map_err(AccountingSetupError::Client)?;
        let permits = Semaphore::new(settings.concurrency.clamp(1, Semaphore::MAX_PERMITS));
        Ok(Self { client, base, timeout: settings.timeout, permits, tokens, clock })
    }

    /// Makes a call and reads `data` of its answer.
    pub(crate) async fn call<T: DeserializeOwned>(&self, call: Call<'_>) -> Result<T, PortError> {
        let _permit = self.permit().await?;
        let token = self.tokens.token().await.map_err(no_token)?;
        if let Answered::With(result) = self.once(&call, &token).await {
            return result;
        }
        // A 401 proves that nothing was done, so this is safe for every call.
        let newer = self.tokens.refresh(&token).await.map_err(no_token)?;
        match self.once(&call, &newer).await {
            Answered::With(result) => result,
            Answered::TokenRefused => Err(not_done("HTTP 401, also with a new token")),
        }
    }

    /// Waits for one of the calls that may go on at once, for at most as long as a call may last.
    async fn permit(&self) -> Result<SemaphorePermit<'_>, PortError> {
        tokio::select! {
            biased;
            permit = self.permits.acquire() => permit.map_err(|_| not_done("closed")),
            () = self.clock.sleep(self.timeout) => Err(not_done("too many calls at once")),
        }
    }

    async fn once<T: DeserializeOwned>(
        &self,
        call: &Call<'_>,
        token: &SecretString,
    ) -> Answered<T> {
        let request = self
            .client
            .request(call.method.clone(), format!("{}{}", self.base, call.path))
            .bearer_auth(token.expose_secret());
        let request = match &call.body {
            Some(body) => request.json(body),
            None => request,
        };
        // Last, after all waiting: from here on the call is on its way.
        let now = self.clock.monotonic();
        if call.lease.is_some_and(|lease| !lease.covers(now, self.timeout)) {
            return Answered::With(Err(not_done("the lease is too short")));
        }
        match request.send().await {
            Ok(response) if response.status() == StatusCode::UNAUTHORIZED => Answered::TokenRefused,
            Ok(response) => Answered::With(understood(call, response).await),
            Err(error) => Answered::With(Err(failed(call, &error))),
        }
    }
}

/// What an answer means (the table in the crate's README).
async fn understood<T: DeserializeOwned>(
    call: &Call<'_>,
    response: Response,
) -> Result<T, PortError> {
    let status = response.status();
    if !status.is_client_error() && !status.is_success() {
        return Err(call.unsure(format!("HTTP {}", status.as_u16())));
    }
    // A refusal is one also if its body is lost: only a success must be read.
    let body = body(response).await;
    if status.is_client_error() {
        return Err(refused(status, body.unwrap_or_default().as_slice()));
    }
    let body = body.map_err(|why| call.unsure(why))?;
    match serde_json::from_slice::<Envelope<T>>(&body) {
        Ok(envelope) => Ok(envelope.data),
        Err(_) => Err(call.unsure(format!("HTTP {} without what it promises", status.as_u16()))),
    }
}

fn refused(status: StatusCode, body: &[u8]) -> PortError {
    let refusal = serde_json::from_slice::<Refusal>(body).ok();
    let said = match refusal.as_ref().and_then(Refusal::code) {
        Some(code) => format!("HTTP {} {code}", status.as_u16()),
        None => format!("HTTP {}", status.as_u16()),
    };
    match status.as_u16() {
        404 => PortError::NotFound,
        409 => PortError::Conflict,
        403 | 408 | 425 | 429 => PortError::Unavailable(said),
        _ => PortError::Rejected(said),
    }
}

/// No answer. The texts of the HTTP client may hold addresses: they are not passed on.
fn failed(call: &Call<'_>, error: &reqwest::Error) -> PortError {
    if error.is_connect() {
        not_done("could not connect")
    } else if error.is_builder() {
        not_done("the call could not be written down")
    } else if error.is_timeout() {
        call.unsure("no answer within the time limit")
    } else {
        call.unsure("the connection was lost")
    }
}

async fn body(mut response: Response) -> Result<Vec<u8>, &'static str> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|_| "the answer was cut off")? {
        body.extend_from_slice(&chunk);
        if body.len() > LARGEST_ANSWER {
            return Err("the answer is too long");
        }
    }
    Ok(body)
}

fn base(url: &Url) -> Result<String, AccountingSetupError> {
    match url.scheme() {
        "http" | "https" if url.has_host() && url.query().is_none() => {
            Ok(url.as_str().trim_end_matches('/').to_owned())
        }
        _ => Err(AccountingSetupError::Address),
    }
}

fn not_done(why: &str) -> PortError {
    PortError::Unavailable(why.into())
}

/// Without a token nothing was sent, whatever the source says.
fn no_token(error: PortError) -> PortError {
    PortError::Unavailable(format!("no token for accounting: {error}"))
}
