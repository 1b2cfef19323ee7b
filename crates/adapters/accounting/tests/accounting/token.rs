//! The service account's token: where it is asked for, and what a 401 does.

use crate::world::{PROJECT, settings, with};
use async_trait::async_trait;
use course_seats_accounting::{AccountingSettings, TokenSource};
use course_seats_application::ports::{Accounting, Clock, Lease, PortError};
use course_seats_domain::values::Credits;
use course_seats_testkit::runtime::{SystemClock, long_lease};
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use wiremock::matchers::{any, header};
use wiremock::{Mock, MockServer, ResponseTemplate};

/// Gives out `token-0` until somebody was refused, then `token-1` …
#[derive(Default, Clone)]
struct Counting {
    refreshed: Arc<AtomicUsize>,
    pause: Duration,
}

impl Counting {
    fn current(&self) -> SecretString {
        SecretString::from(format!("token-{}", self.refreshed.load(Ordering::SeqCst)))
    }
}

#[async_trait]
impl TokenSource for Counting {
    async fn token(&self) -> Result<SecretString, PortError> {
        SystemClock::default().sleep(self.pause).await;
        Ok(self.current())
    }

    async fn refresh(&self, refused: &SecretString) -> Result<SecretString, PortError> {
        assert_eq!(refused.expose_secret(), self.current().expose_secret());
        self.refreshed.fetch_add(1, Ordering::SeqCst);
        Ok(self.current())
    }
}

async fn taking_only(token: &str) -> MockServer {
    let server = MockServer::start().await;
    let done = ResponseTemplate::new(200).set_body_json(json!({ "message": "", "data": null }));
    Mock::given(header("authorization", format!("Bearer {token}").as_str()))
        .respond_with(done)
        .mount(&server)
        .await;
    Mock::given(any())
        .respond_with(ResponseTemplate::new(401))
        .with_priority(9)
        .mount(&server)
        .await;
    server
}

async fn received(server: &MockServer) -> usize {
    server.received_requests().await.unwrap().len()
}

#[tokio::test]
async fn a_refused_token_is_renewed_once_and_the_call_made() {
    let server = taking_only("token-1").await;
    let tokens = Counting::default();
    let client = with(settings(&server.uri()), tokens.clone());
    assert_eq!(client.grant(PROJECT, Credits::whole(1), &long_lease()).await, Ok(()));
    assert_eq!(received(&server).await, 2);
    assert_eq!(client.grant(PROJECT, Credits::whole(1), &long_lease()).await, Ok(()));
    assert_eq!(received(&server).await, 3, "the new token is kept");
    assert_eq!(tokens.refreshed.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_new_token_that_is_refused_too_is_unavailable() {
    let server = taking_only("another").await;
    let client = with(settings(&server.uri()), Counting::default());
    let answer = client.grant(PROJECT, Credits::whole(1), &long_lease()).await;
    assert!(matches!(answer, Err(PortError::Unavailable(_))), "{answer:?}");
    assert_eq!(received(&server).await, 2, "once more, and no further");
    let answer = client.project_balance(PROJECT).await;
    assert!(matches!(answer, Err(PortError::Unavailable(_))), "{answer:?}");
}

/// Has none, or no newer one, whatever the reason.
struct Without(PortError, Option<&'static str>);

#[async_trait]
impl TokenSource for Without {
    async fn token(&self) -> Result<SecretString, PortError> {
        self.1.map(SecretString::from).ok_or_else(|| self.0.clone())
    }

    async fn refresh(&self, _refused: &SecretString) -> Result<SecretString, PortError> {
        Err(self.0.clone())
    }
}

#[tokio::test]
async fn without_a_token_nothing_is_sent_and_that_is_known() {
    let server = taking_only("x").await;
    for why in
        [PortError::NotFound, PortError::Unknown("?".into()), PortError::Rejected("!".into())]
    {
        let client = with(settings(&server.uri()), Without(why.clone(), None));
        let answer = client.grant(PROJECT, Credits::whole(1), &long_lease()).await;
        assert!(matches!(answer, Err(PortError::Unavailable(_))), "{why:?}: {answer:?}");
        assert_eq!(received(&server).await, 0);
    }
    let client = with(settings(&server.uri()), Without(PortError::NotFound, Some("old")));
    let answer = client.grant(PROJECT, Credits::whole(1), &long_lease()).await;
    assert!(matches!(answer, Err(PortError::Unavailable(_))), "{answer:?}");
}

#[tokio::test]
async fn the_lease_is_checked_after_the_token_has_come() {
    let server = taking_only("token-0").await;
    let clock = Arc::new(SystemClock::default());
    let tokens = Counting { pause: Duration::from_millis(150), ..Counting::default() };
    let timeout = Duration::from_millis(200);
    let settings = AccountingSettings { timeout, ..settings(&server.uri()) };
    let client = course_seats_accounting::AccountingClient::new(
        settings,
        Arc::new(tokens),
        Arc::clone(&clock) as Arc<dyn Clock>,
    )
    .unwrap();
    // Covers a call now, but no longer when the token is there.
    let lease = Lease::until(clock.monotonic() + timeout + Duration::from_millis(100));
    let answer = client.grant(PROJECT, Credits::whole(1), &lease).await;
    assert!(matches!(answer, Err(PortError::Unavailable(_))), "{answer:?}");
    assert_eq!(received(&server).await, 0);
}
