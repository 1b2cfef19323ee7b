use course_seats_accounting::{AccountingClient, AccountingSettings, StaticToken, TokenSource};
use course_seats_domain::ids::{LabId, ProjectId};
use course_seats_testkit::runtime::SystemClock;
use std::sync::Arc;
use std::time::Duration;
use uuid::Uuid;

pub const LAB: LabId = LabId::new(Uuid::from_u128(1));
pub const PROJECT: ProjectId = ProjectId::new(Uuid::from_u128(2));

pub fn settings(base_url: &str) -> AccountingSettings {
    AccountingSettings {
        base_url: base_url.parse().unwrap(),
        timeout: Duration::from_secs(5),
        connect_timeout: Duration::from_secs(2),
        concurrency: 32,
    }
}

pub fn client(base_url: &str) -> AccountingClient {
    with(settings(base_url), StaticToken::new("the-token"))
}

/// One that does not wait long.
pub fn hasty(base_url: &str) -> AccountingClient {
    let timeout = Duration::from_millis(800);
    let connect_timeout = Duration::from_millis(500);
    let settings = AccountingSettings { timeout, connect_timeout, ..settings(base_url) };
    with(settings, StaticToken::new("the-token"))
}

pub fn with(settings: AccountingSettings, tokens: impl TokenSource + 'static) -> AccountingClient {
    AccountingClient::new(settings, Arc::new(tokens), Arc::new(SystemClock::default())).unwrap()
}
