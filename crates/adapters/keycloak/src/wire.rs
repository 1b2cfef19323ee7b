//! The way to Keycloak: the connections, and the limits on them.

use crate::settings::{KeycloakSettings, KeycloakSetupError};
use course_seats_application::ports::{Clock, Lease};
use reqwest::header::{HeaderMap, HeaderName};
use reqwest::{Client, Method, RequestBuilder, Response, StatusCode, redirect, retry};
use serde::de::DeserializeOwned;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Semaphore, SemaphorePermit};
use url::Url;

/// The largest answer that is read. Who owns all course labs is in a group of every student's project,
/// of 90 bytes each: there is room for three hundred thousand.
const LARGEST_ANSWER: usize = 32 * 1024 * 1024;

/// An idle connection is closed before a proxy in between does so by itself: a write on one that
/// just goes away would have an unknown outcome.
const IDLE: Duration = Duration::from_secs(20);

/// Why there is no answer. The texts of the HTTP client may hold addresses and are not passed on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NoAnswer {
    /// Nothing has reached Keycloak.
    NotSent(&'static str),
    /// It may have.
    Lost(&'static str),
}

impl NoAnswer {
    pub(crate) fn why(self) -> &'static str {
        match self {
            Self::NotSent(why) | Self::Lost(why) => why,
        }
    }
}

/// An answer, whatever it says.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    headers: HeaderMap,
    /// A status counts also if what follows it is lost: only who needs the body cares.
    body: Option<Vec<u8>>,
}

impl Answer {
    pub(crate) fn header(&self, name: HeaderName) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The body, if it came whole and is what it should be.
    pub(crate) fn json<T: DeserializeOwned>(&self) -> Option<T> {
        serde_json::from_slice(self.body.as_ref()?).ok()
    }

    /// As it stands in messages.
    pub(crate) fn said(&self) -> String {
        format!("HTTP {}", self.status.as_u16())
    }
}

pub(crate) struct Wire {
    client: Client,
    base: Url,
    realm: String,
    timeout: Duration,
    permits: Semaphore,
    pub(crate) clock: Arc<dyn Clock>,
}

impl Wire {
    pub(crate) fn new(
        settings: &KeycloakSettings,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, KeycloakSetupError> {
        let base = settings.server_uri.clone();
        let callable = matches!(base.scheme(), "http" | "https") && base.has_host();
        if !callable || base.query().is_some() || base.fragment().is_some() {
            return Err(KeycloakSetupError::Address);
        }
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
            .map_err(KeycloakSetupError::Client)?;
        let permits = Semaphore::new(settings.concurrency.clamp(1, Semaphore::MAX_PERMITS));
        let (realm, timeout) = (settings.realm.clone(), settings.timeout);
        Ok(Self { client, base, realm, timeout, permits, clock })
    }

    /// A call on the realm's own pages, such as `protocol/openid-connect/token`.
    pub(crate) fn realm(&self, method: Method, path: &[&str]) -> RequestBuilder {
        self.request(method, &["realms"], path)
    }

    /// A call of the Admin REST on the realm.
    pub(crate) fn admin(&self, method: Method, path: &[&str]) -> RequestBuilder {
        self.request(method, &["admin", "realms"], path)
    }

    /// Each part becomes one segment of the path, whatever stands in it.
    fn request(&self, method: Method, root: &[&str], path: &[&str]) -> RequestBuilder {
        let mut url = self.base.clone();
        // It fails only for what `new` does not take.
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(root).push(&self.realm).extend(path);
        }
        self.client.request(method, url)
    }

    /// Waits for one of the calls that may go on at once, for at most as long as a call may last.
    pub(crate) async fn permit(&self) -> Result<SemaphorePermit<'_>, NoAnswer> {
        tokio::select! {
            biased;
            permit = self.permits.acquire() => permit.map_err(|_| NoAnswer::NotSent("closed")),
            () = self.clock.sleep(self.timeout) => Err(NoAnswer::NotSent("too many calls at once")),
        }
    }

    /// Sends it, unless there is a lease that may end before the answer comes.
    pub(crate) async fn send(
        &self,
        request: RequestBuilder,
        lease: Option<&Lease>,
    ) -> Result<Answer, NoAnswer> {
        // Last, after all waiting: from here on the call is on its way.
        let now = self.clock.monotonic();
        if lease.is_some_and(|lease| !lease.covers(now, self.timeout)) {
            return Err(NoAnswer::NotSent("the lease is too short"));
        }
        let response = request.send().await.map_err(|error| no_answer(&error))?;
        let (status, headers) = (response.status(), response.headers().clone());
        Ok(Answer { status, headers, body: body(response).await })
    }
}

fn no_answer(error: &reqwest::Error) -> NoAnswer {
    if error.is_connect() {
        NoAnswer::NotSent("could not connect")
    } else if error.is_builder() {
        NoAnswer::NotSent("the call could not be written down")
    } else if error.is_timeout() {
        NoAnswer::Lost("no answer within the time limit")
    } else {
        NoAnswer::Lost("the connection was lost")
    }
}

async fn body(mut response: Response) -> Option<Vec<u8>> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.ok()? {
        body.extend_from_slice(&chunk);
        if body.len() > LARGEST_ANSWER {
            return None;
        }
    }
    Some(body)
}
