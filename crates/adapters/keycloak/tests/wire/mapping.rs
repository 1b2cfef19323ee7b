//! How answers become errors of the port: one test for each line of the table in the README.

use crate::raw;
use crate::world::{ADMIN, OPENID, TIMEOUT, USER, World, client, group, name, settings};
use course_seats_application::ports::{Clock, IdentityProvider, Lease, PortError};
use course_seats_keycloak::Keycloak;
use course_seats_testkit::clock::TestClock;
use course_seats_testkit::runtime::{SystemClock, long_lease, no_lease};
use futures::future::join;
use serde_json::json;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use wiremock::ResponseTemplate;

/// What every write says.
async fn writes(keycloak: &Keycloak) -> Vec<Result<(), PortError>> {
    let lease = long_lease();
    vec![
        keycloak.create_group(&name(), &lease).await.map(drop),
        keycloak.delete_group(&group(), &lease).await,
        keycloak.join(USER, &group(), &lease).await,
        keycloak.leave(USER, &group(), &lease).await,
    ]
}

/// What every read says.
async fn reads(keycloak: &Keycloak) -> Vec<Result<(), PortError>> {
    vec![
        keycloak.find_group(&name()).await.map(drop),
        keycloak.members(&group()).await.map(drop),
        keycloak.user(USER).await.map(drop),
    ]
}

fn all_unavailable(answers: &[Result<(), PortError>]) {
    let unavailable = |answer: &_| matches!(answer, Err(PortError::Unavailable(_)));
    assert!(answers.iter().all(unavailable), "{answers:?}");
}

fn all_unknown(answers: &[Result<(), PortError>]) {
    let unknown = |answer: &_| matches!(answer, Err(PortError::Unknown(_)));
    assert!(answers.iter().all(unknown), "{answers:?}");
}

async fn on(status: u16) -> World {
    let world = World::new().await;
    world.admin(ResponseTemplate::new(status)).await;
    world
}

#[tokio::test]
async fn could_not_connect_is_unavailable() {
    let server = raw::saying("").await;
    let keycloak = client(&server.uri);
    // The token is there, so that it is the call itself which cannot connect. Its connection is
    // closed: a write on one that just goes away would be unknown.
    assert!(keycloak.service_token().token().await.is_ok());
    server.stop().await;
    all_unavailable(&writes(&keycloak).await);
    all_unavailable(&reads(&keycloak).await);
}

#[tokio::test]
async fn a_timeout_is_unknown_on_a_write_and_unavailable_on_a_read() {
    let world = World::new().await;
    world.admin(ResponseTemplate::new(204).set_delay(TIMEOUT * 10)).await;
    all_unknown(&writes(&world.keycloak).await);
    all_unavailable(&reads(&world.keycloak).await);
}

#[tokio::test]
async fn a_connection_lost_after_sending_is_unknown_on_a_write_and_unavailable_on_a_read() {
    for bytes in ["", "HTTP/1.1 20"] {
        let server = raw::saying(bytes).await;
        let keycloak = client(&server.uri);
        all_unknown(&writes(&keycloak).await);
        all_unavailable(&reads(&keycloak).await);
        assert_eq!(server.calls.load(Ordering::SeqCst), 7, "nothing is sent twice");
    }
}

#[tokio::test]
async fn a_5xx_is_unknown_on_a_write_and_unavailable_on_a_read() {
    for status in [500, 502, 503, 504] {
        let world = on(status).await;
        all_unknown(&writes(&world.keycloak).await);
        all_unavailable(&reads(&world.keycloak).await);
    }
}

#[tokio::test]
async fn a_redirection_is_not_followed_and_nothing_is_known() {
    let world = World::new().await;
    world.admin(ResponseTemplate::new(302).insert_header("Location", "/elsewhere/x")).await;
    all_unknown(&writes(&world.keycloak).await);
    all_unavailable(&reads(&world.keycloak).await);
    assert_eq!(world.asked("/elsewhere/x").await, 0);
}

#[tokio::test]
async fn an_answer_that_cannot_be_read_is_unavailable_on_a_read() {
    let bodies = ["", "no json", "{}", "[{}]", r#"[{"id": 7, "name": []}]"#, r#"{"id": "x"}"#];
    for body in bodies {
        let world = World::new().await;
        world.admin(ResponseTemplate::new(200).set_body_string(body)).await;
        all_unavailable(&reads(&world.keycloak).await);
    }
    let server = raw::saying("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n[]").await;
    all_unavailable(&reads(&client(&server.uri)).await);
}

#[tokio::test]
async fn a_success_without_what_is_documented_is_unknown_on_a_write() {
    for location in [None, Some(""), Some("nonsense"), Some("/groups/"), Some("/groups/a b")] {
        let world = World::new().await;
        let answer = ResponseTemplate::new(201);
        world
            .admin(match location {
                Some(location) => answer.insert_header("Location", location),
                None => answer,
            })
            .await;
        let made = world.keycloak.create_group(&name(), &long_lease()).await;
        assert!(matches!(made, Err(PortError::Unknown(_))), "{location:?}: {made:?}");
    }
}

#[tokio::test]
async fn a_401_gets_a_new_token_once_more_and_then_is_unavailable() {
    let world = on(401).await;
    let lease = long_lease();
    let joined = world.keycloak.join(USER, &group(), &lease).await;
    assert!(matches!(joined, Err(PortError::Unavailable(_))), "{joined:?}");
    assert_eq!(world.admin_calls().await, 2);
    assert_eq!(world.asked(&format!("{OPENID}/token")).await, 2);
    all_unavailable(&writes(&world.keycloak).await);
    all_unavailable(&reads(&world.keycloak).await);
}

#[tokio::test]
async fn a_401_is_healed_by_a_new_token() {
    let world = on(204).await;
    let refused = wiremock::Mock::given(wiremock::matchers::path_regex("^/admin/"))
        .and(wiremock::matchers::header("Authorization", "Bearer service"))
        .respond_with(ResponseTemplate::new(401))
        .with_priority(1);
    refused.mount(&world.server).await;
    let token = world.keycloak.service_token();
    assert!(token.token().await.is_ok());
    world.post("token", 200, json!({"access_token": "newer", "expires_in": 300})).await;
    assert_eq!(world.keycloak.join(USER, &group(), &long_lease()).await, Ok(()));
    assert_eq!(world.admin_calls().await, 2);
}

#[tokio::test]
async fn a_403_a_408_a_425_and_a_429_are_unavailable() {
    for status in [403, 408, 425, 429] {
        let world = on(status).await;
        all_unavailable(&writes(&world.keycloak).await);
        all_unavailable(&reads(&world.keycloak).await);
    }
}

#[tokio::test]
async fn a_404_is_not_found() {
    let world = on(404).await;
    let answers = writes(&world.keycloak).await;
    assert!(answers.iter().all(|answer| *answer == Err(PortError::NotFound)), "{answers:?}");
    assert_eq!(world.keycloak.members(&group()).await, Err(PortError::NotFound));
    assert_eq!(world.keycloak.user(USER).await, Ok(None));
}

#[tokio::test]
async fn a_409_is_a_conflict() {
    let answers = writes(&on(409).await.keycloak).await;
    assert!(answers.iter().all(|answer| *answer == Err(PortError::Conflict)), "{answers:?}");
}

#[tokio::test]
async fn any_other_4xx_is_rejected() {
    for status in [400, 405, 413, 422, 431] {
        let world = on(status).await;
        let mut answers = writes(&world.keycloak).await;
        answers.extend(reads(&world.keycloak).await);
        let rejected = Err(PortError::Rejected(format!("HTTP {status}")));
        assert!(answers.iter().all(|answer| *answer == rejected), "{answers:?}");
    }
}

#[tokio::test]
async fn any_2xx_is_a_success() {
    for status in [200, 201, 202, 204, 299] {
        let world = World::new().await;
        let location = format!("{}{ADMIN}/groups/{}", world.server.uri(), group());
        world.admin(ResponseTemplate::new(status).insert_header("Location", location)).await;
        let answers = writes(&world.keycloak).await;
        assert!(answers.iter().all(Result::is_ok), "{status}: {answers:?}");
    }
}

#[tokio::test]
async fn a_status_counts_although_the_body_behind_it_is_lost() {
    let head = "HTTP/1.1 409 Conflict\r\nContent-Length: 100\r\n\r\n";
    let server = raw::saying(head).await;
    let made = client(&server.uri).create_group(&name(), &long_lease()).await;
    assert_eq!(made, Err(PortError::Conflict));
}

#[tokio::test]
async fn a_lease_that_is_too_short_sends_nothing() {
    let world = on(204).await;
    let (now, lease) = (world.clock.monotonic(), no_lease());
    all_unavailable(&[world.keycloak.join(USER, &group(), &lease).await]);
    lease.renew(now + TIMEOUT);
    all_unavailable(&[world.keycloak.leave(USER, &group(), &lease).await]);
    assert_eq!(world.admin_calls().await, 0);
    lease.renew(now + TIMEOUT + Duration::from_millis(1));
    assert_eq!(world.keycloak.leave(USER, &group(), &lease).await, Ok(()));
}

#[tokio::test]
async fn a_lease_that_ends_while_its_call_waits_for_a_permit_sends_nothing() {
    let world = World::new().await;
    let slow = TIMEOUT / 2;
    world.admin(ResponseTemplate::new(204).set_delay(slow)).await;
    let one_at_a_time = settings(&world.server.uri());
    let one_at_a_time = course_seats_keycloak::KeycloakSettings { concurrency: 1, ..one_at_a_time };
    let clock = Arc::new(SystemClock::default());
    let keycloak = Keycloak::new(&one_at_a_time, clock.clone()).unwrap();
    let (long, short) = (long_lease(), Lease::until(clock.monotonic() + TIMEOUT + slow / 2));
    let (group, other) = (group(), group());
    let (first, second) =
        join(keycloak.join(USER, &group, &long), keycloak.leave(USER, &other, &short)).await;
    assert_eq!(first, Ok(()));
    all_unavailable(&[second]);
    assert_eq!(world.admin_calls().await, 1);
}

#[tokio::test]
async fn the_wait_for_a_permit_ends_too() {
    let world = World::new().await;
    world.admin(ResponseTemplate::new(204).set_delay(TIMEOUT * 10)).await;
    let settings = settings(&world.server.uri());
    let settings = course_seats_keycloak::KeycloakSettings {
        concurrency: 1,
        timeout: TIMEOUT * 5,
        ..settings
    };
    let clock = Arc::new(TestClock::default());
    let keycloak = Keycloak::new(&settings, clock.clone()).unwrap();
    let (group, lease) = (group(), long_lease());
    let passes = async {
        while world.admin_calls().await == 0 {
            tokio::task::yield_now().await;
        }
        // While the first call has the only permit, the second one's patience ends.
        let advance = chrono::TimeDelta::from_std(TIMEOUT * 6).unwrap();
        clock.advance(advance);
    };
    let second = async {
        let first = keycloak.join(USER, &group, &lease);
        let second = keycloak.leave(USER, &group, &lease);
        futures::join!(first, second, passes)
    };
    let (first, second, ()) = second.await;
    all_unknown(&[first]);
    let busy = PortError::Unavailable("too many calls at once".into());
    assert_eq!(second, Err(busy));
    assert_eq!(world.admin_calls().await, 1);
}
