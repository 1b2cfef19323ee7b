//! The traps of the real service, over real connections to the stand-in.

use crate::world::{LAB, PROJECT, client, hasty, settings, with};
use accounting_stand_in::{Fault, FaultKind, Operation, StandIn, StandInConfig};
use course_seats_accounting::{AccountingClient, AccountingSettings, StaticToken};
use course_seats_application::ports::{Accounting, Clock, Lease, PortError};
use course_seats_domain::values::Credits;
use course_seats_testkit::runtime::{SystemClock, long_lease};
use futures::future::{join, join_all};
use std::sync::Arc;
use std::time::Duration;

async fn stand_in() -> StandIn {
    StandIn::start(StandInConfig::default()).await.unwrap()
}

async fn opened(client: &AccountingClient) {
    client.open_lab(LAB, "Lab", &long_lease()).await.unwrap();
    client.open_project(PROJECT, LAB, "S1", &long_lease()).await.unwrap();
}

async fn grant(client: &AccountingClient) -> Result<(), PortError> {
    client.grant(PROJECT, Credits::whole(200), &long_lease()).await
}

/// Waits until the balance is so much.
async fn becomes(client: &AccountingClient, expected: u32) {
    for _ in 0..500 {
        if client.project_balance(PROJECT).await == Ok(Credits::whole(expected)) {
            return;
        }
        SystemClock::default().sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(client.project_balance(PROJECT).await, Ok(Credits::whole(expected)));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_exists_is_a_crash_and_only_the_balance_tells() {
    let service = stand_in().await;
    let client = client(&service.base_url());
    opened(&client).await;
    let again = client.open_lab(LAB, "Lab", &long_lease()).await;
    assert!(matches!(again, Err(PortError::Unknown(_))), "{again:?}");
    assert_eq!(client.lab_balance(LAB).await, Ok(Credits::ZERO));
}

#[tokio::test(flavor = "multi_thread")]
async fn each_fault_of_a_grant() {
    let service = stand_in().await;
    let client = hasty(&service.base_url());
    opened(&client).await;
    let mut balance = 0;
    for (kind, lands) in [
        (FaultKind::ErrorBefore, false),
        (FaultKind::ErrorAfter, true),
        (FaultKind::DropBefore, false),
        (FaultKind::DropAfter, true),
        (FaultKind::Garbage, true),
        (FaultKind::Late, true),
        (FaultKind::SlowBefore, true),
        (FaultKind::SlowAfter, true),
    ] {
        let fault = Fault { delay_ms: 1500, ..Fault::once(Operation::Grant, kind) };
        service.inject(fault).unwrap();
        let answer = grant(&client).await;
        assert!(matches!(answer, Err(PortError::Unknown(_))), "{kind:?}: {answer:?}");
        balance += if lands { 200 } else { 0 };
        becomes(&client, balance).await;
    }
    assert_eq!(service.accounts().get("sum").unwrap(), "0.00");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_that_stops_and_starts_is_found_again() {
    let service = stand_in().await;
    let bind = service.address();
    let client = client(&service.base_url());
    opened(&client).await;
    service.stop().await;
    // A call that takes a kept connection before the client has seen it close may be lost.
    let mut answer = grant(&client).await;
    for _ in 0..10 {
        if !matches!(answer, Err(PortError::Unknown(_))) {
            break;
        }
        answer = grant(&client).await;
    }
    assert!(matches!(answer, Err(PortError::Unavailable(_))), "{answer:?}");
    let _again = StandIn::start(StandInConfig { bind, state: None }).await.unwrap();
    assert_eq!(grant(&client).await, Err(PortError::NotFound), "it forgot everything");
    opened(&client).await;
    assert_eq!(grant(&client).await, Ok(()));
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_are_used_again() {
    let service = stand_in().await;
    let client = client(&service.base_url());
    opened(&client).await;
    for _ in 0..20 {
        grant(&client).await.unwrap();
    }
    // A call may come before the connection of the last one is free again, but seldom does.
    assert!(service.connections() <= 5, "{} for 22 calls", service.connections());
}

#[tokio::test(flavor = "multi_thread")]
async fn no_more_calls_at_once_than_allowed_and_the_lease_is_checked_after_the_wait() {
    let service = stand_in().await;
    let clock = Arc::new(SystemClock::default());
    let timeout = Duration::from_secs(2);
    let settings = AccountingSettings { concurrency: 2, timeout, ..settings(&service.base_url()) };
    let client = AccountingClient::new(
        settings,
        Arc::new(StaticToken::new("t")),
        Arc::clone(&clock) as Arc<dyn Clock>,
    )
    .unwrap();
    opened(&client).await;
    service.set_latency(Duration::from_millis(100));
    // Covers the call when it begins to wait, but no longer when a permit is free.
    let lease = Lease::until(clock.monotonic() + timeout + Duration::from_millis(150));
    let others = join_all((0..4).map(|_| grant(&client)));
    let last = client.grant(PROJECT, Credits::whole(7), &lease);
    let (others, last) = join(others, last).await;
    assert!(others.iter().all(Result::is_ok), "{others:?}");
    assert!(matches!(last, Err(PortError::Unavailable(_))), "{last:?}");
    assert_eq!(client.project_balance(PROJECT).await, Ok(Credits::whole(800)));
}

/// Behind calls that hang nobody waits for longer than a call may last.
#[tokio::test(flavor = "multi_thread")]
async fn the_wait_for_a_place_ends_too() {
    let service = stand_in().await;
    let timeout = Duration::from_millis(500);
    let settings = AccountingSettings { concurrency: 1, timeout, ..settings(&service.base_url()) };
    let client = with(settings, StaticToken::new("t"));
    service.set_latency(timeout * 10);
    let answers = join_all((0..6).map(|_| client.project_balance(PROJECT))).await;
    let busy = Err(PortError::Unavailable("too many calls at once".into()));
    // The first one has the place; the second may get it at the last moment.
    assert!(answers.iter().filter(|answer| **answer == busy).count() >= 4, "{answers:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn says_whether_it_is_there() {
    let service = stand_in().await;
    let client = with(settings(&service.base_url()), StaticToken::new("t"));
    assert_eq!(client.ready().await, Ok(()));
    let unauthorised = Fault { status: 401, times: 2, ..error(Operation::ProjectBalance) };
    service.inject(unauthorised).unwrap();
    assert!(client.ready().await.is_err());
    service.stop().await;
    assert!(client.ready().await.is_err());
}

fn error(operation: Operation) -> Fault {
    Fault::once(operation, FaultKind::ErrorBefore)
}
