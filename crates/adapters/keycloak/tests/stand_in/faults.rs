//! What the adapter makes of the stand-in's faults, over real connections.

use course_seats_application::ports::{Clock, IdentityProvider, PortError};
use course_seats_domain::group::{GroupId, GroupName, GroupRole};
use course_seats_domain::ids::LabId;
use course_seats_keycloak::{Keycloak, KeycloakSettings};
use course_seats_testkit::contract::identity;
use course_seats_testkit::runtime::{SystemClock, long_lease};
use futures::future::join_all;
use keycloak_stand_in::{Calls, Chaos, Fault, FaultKind, Operation, StandIn, StandInConfig};
use std::sync::Arc;
use std::time::Duration;
use uuid::Uuid;

async fn stand_in() -> StandIn {
    StandIn::start(StandInConfig::default()).await.unwrap()
}

/// One that does not wait long.
fn hasty(stand_in: &StandIn) -> Keycloak {
    client(stand_in, Duration::from_millis(800))
}

/// One that waits for a busy machine.
fn patient(stand_in: &StandIn) -> Keycloak {
    client(stand_in, Duration::from_secs(30))
}

fn client(stand_in: &StandIn, timeout: Duration) -> Keycloak {
    let settings = KeycloakSettings {
        server_uri: stand_in.base_url().parse().unwrap(),
        realm: "obp-realm".into(),
        client_id: "course-seats".into(),
        client_secret: "course-seats-dev-secret".into(),
        timeout,
        connect_timeout: timeout / 2,
        concurrency: 32,
        auth_cache: Duration::from_secs(10),
    };
    Keycloak::new(&settings, Arc::new(SystemClock::default())).unwrap()
}

fn name(number: u128) -> GroupName {
    GroupName::of_lab(LabId::new(Uuid::from_u128(number)), GroupRole::Admin)
}

async fn create(keycloak: &Keycloak, number: u128) -> Result<GroupId, PortError> {
    keycloak.create_group(&name(number), &long_lease()).await
}

#[tokio::test]
async fn each_fault_of_a_create() {
    let stand_in = stand_in().await;
    let (keycloak, patient) = (hasty(&stand_in), patient(&stand_in));
    for (number, (kind, lands)) in [
        (FaultKind::ErrorBefore, false),
        (FaultKind::ErrorAfter, true),
        (FaultKind::DropBefore, false),
        (FaultKind::DropAfter, true),
        (FaultKind::Garbage, true),
        (FaultKind::Late, true),
        (FaultKind::SlowBefore, true),
        (FaultKind::SlowAfter, true),
    ]
    .into_iter()
    .enumerate()
    {
        let fault = Fault { delay_ms: 1500, ..Fault::once(Operation::CreateGroup, kind) };
        stand_in.inject(fault).unwrap();
        let answer = create(&keycloak, number as u128).await;
        assert!(matches!(answer, Err(PortError::Unknown(_))), "{kind:?}: {answer:?}");
        let clock = SystemClock::default();
        let mut found = patient.find_group(&name(number as u128)).await.unwrap();
        while lands && found.is_none() && clock.monotonic() < Duration::from_secs(10) {
            clock.sleep(Duration::from_millis(10)).await;
            found = patient.find_group(&name(number as u128)).await.unwrap();
        }
        assert_eq!(found.is_some(), lands, "{kind:?}");
    }
}

/// What became of so many creates under this chaos, and how many calls went wrong.
async fn under(chaos: Chaos) -> (Vec<&'static str>, u64) {
    let stand_in = stand_in().await;
    let keycloak = patient(&stand_in);
    stand_in.set_chaos(chaos).unwrap();
    let mut answers = Vec::new();
    for number in 0..200 {
        answers.push(match create(&keycloak, number).await {
            Ok(_) => "done",
            Err(PortError::Unknown(_)) => "unknown",
            Err(_) => "not done",
        });
    }
    stand_in.clear_faults();
    let gone_wrong = stand_in.gone_wrong();
    // A late one may still be on its way: whoever repeats it ends with one group in any case.
    for number in 0..200 {
        let again = create(&keycloak, number).await;
        assert!(matches!(again, Ok(_) | Err(PortError::Conflict)), "{again:?}");
    }
    let found = join_all((0..200).map(|number| {
        let keycloak = &keycloak;
        async move { keycloak.find_group(&name(number)).await.unwrap() }
    }));
    assert!(found.await.iter().all(Option::is_some));
    assert_eq!(stand_in.groups()["groups"].as_array().unwrap().len(), 201);
    (answers, gone_wrong)
}

#[tokio::test]
async fn a_share_of_the_calls_goes_wrong_as_the_seed_says() {
    let chaos = Chaos { delay_ms: 20, ..Chaos::of_writes(0.2, 7) };
    let (answers, gone_wrong) = under(chaos.clone()).await;
    assert!((25..=55).contains(&gone_wrong), "{gone_wrong} of 200");
    let unknown = answers.iter().filter(|answer| **answer == "unknown").count() as u64;
    // Those that are only slow are done.
    assert!(unknown > 0 && unknown < gone_wrong, "{unknown} of {gone_wrong}");
    assert!(!answers.contains(&"not done"));
    assert_eq!(under(chaos).await, (answers, gone_wrong), "the same seed");
}

#[tokio::test]
async fn reads_and_tokens_go_wrong_too_if_they_shall() {
    let stand_in = stand_in().await;
    let keycloak = patient(&stand_in);
    let all = Chaos {
        calls: Calls::All,
        kinds: vec![FaultKind::ErrorBefore],
        status: 503,
        ..Chaos::of_writes(1.0, 1)
    };
    stand_in.set_chaos(all).unwrap();
    // Without a service token nothing is sent.
    let answer = create(&keycloak, 1).await;
    assert!(matches!(answer, Err(PortError::Unavailable(_))), "{answer:?}");
    assert_eq!(stand_in.calls(Operation::CreateGroup), 0);
    let answer = keycloak.find_group(&name(1)).await;
    assert!(matches!(answer, Err(PortError::Unavailable(_))), "{answer:?}");
    assert!(keycloak.ready().await.is_err());
    stand_in.clear_faults();
    identity::groups(&keycloak).await;
}

#[tokio::test]
async fn a_restart_loses_nothing_and_the_adapter_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let state = Some(folder.path().join("realm.jsonl"));
    let config = StandInConfig { state, ..StandInConfig::default() };
    let stand_in = StandIn::start(config.clone()).await.unwrap();
    let keycloak = patient(&stand_in);
    let group = create(&keycloak, 1).await.unwrap();
    let bind = stand_in.address();
    stand_in.stop().await;
    let down = keycloak.find_group(&name(1)).await;
    assert!(matches!(down, Err(PortError::Unavailable(_))), "{down:?}");
    let _again = StandIn::start(StandInConfig { bind, ..config }).await.unwrap();
    assert_eq!(keycloak.find_group(&name(1)).await, Ok(Some(group)), "with the same token");
    assert_eq!(create(&keycloak, 1).await, Err(PortError::Conflict));
}
