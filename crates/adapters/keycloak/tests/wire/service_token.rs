//! The token of the service account: one for all, renewed early, its failures shared.

use crate::world::{OPENID, TIMEOUT, World};
use chrono::TimeDelta;
use course_seats_application::ports::PortError;
use course_seats_testkit::runtime::SystemClock;
use futures::future::join_all;
use secrecy::ExposeSecret;
use serde_json::json;
use wiremock::matchers::{body_string_contains, method, path};
use wiremock::{Mock, ResponseTemplate};

async fn asked(world: &World) -> usize {
    world.asked(&format!("{OPENID}/token")).await
}

async fn text(world: &World) -> String {
    world.keycloak.service_token().token().await.unwrap().expose_secret().to_owned()
}

#[tokio::test]
async fn it_is_asked_for_with_the_clients_credentials() {
    let world = World::without_token().await;
    let mut mock = Mock::given(method("POST")).and(path(format!("{OPENID}/token")));
    for part in ["grant_type=client_credentials", "client_id=course-seats", "client_secret=secret"]
    {
        mock = mock.and(body_string_contains(part));
    }
    let granted = json!({"access_token": "good", "expires_in": 300});
    mock.respond_with(ResponseTemplate::new(200).set_body_json(granted)).mount(&world.server).await;
    assert_eq!(text(&world).await, "good");
}

#[tokio::test]
async fn many_at_once_share_one() {
    let world = World::new().await;
    let token = world.keycloak.service_token();
    let tokens = join_all((0..50).map(|_| token.token())).await;
    assert!(tokens.iter().all(Result::is_ok));
    assert_eq!(asked(&world).await, 1);
}

#[tokio::test]
async fn it_is_renewed_early_and_kept_while_that_fails() {
    let world = World::new().await;
    assert_eq!(text(&world).await, "service");
    world.clock.advance(TimeDelta::seconds(239));
    assert_eq!(text(&world).await, "service");
    assert_eq!(asked(&world).await, 1);

    world.post("token", 503, json!({})).await;
    world.clock.advance(TimeDelta::seconds(1));
    assert_eq!(text(&world).await, "service");
    assert_eq!(text(&world).await, "service");
    assert_eq!(asked(&world).await, 2, "not tried again at once");

    world.post("token", 200, json!({"access_token": "next", "expires_in": 300})).await;
    world.clock.advance(TimeDelta::seconds(5));
    assert_eq!(text(&world).await, "next");

    world.post("token", 503, json!({})).await;
    world.clock.advance(TimeDelta::seconds(300));
    let error = world.keycloak.service_token().token().await.unwrap_err();
    assert_eq!(error, PortError::Unavailable("no service token: HTTP 503".into()));
}

#[tokio::test]
async fn of_many_refusals_one_asks_for_another() {
    let world = World::new().await;
    let token = world.keycloak.service_token();
    let refused = token.token().await.unwrap();
    world.post("token", 200, json!({"access_token": "next", "expires_in": 300})).await;
    let others = join_all((0..20).map(|_| token.refresh(&refused))).await;
    assert!(others.iter().all(|other| other.as_ref().unwrap().expose_secret() == "next"));
    assert_eq!(asked(&world).await, 2);
}

#[tokio::test]
async fn whatever_is_wrong_it_is_unavailable() {
    for (status, body) in [(401, "{}"), (400, "{}"), (500, ""), (200, "{}"), (200, "no json")] {
        let world = World::without_token().await;
        let answer = ResponseTemplate::new(status).set_body_string(body);
        world.answer("POST", &format!("{OPENID}/token"), answer).await;
        let error = world.keycloak.service_token().token().await.unwrap_err();
        assert!(matches!(error, PortError::Unavailable(_)), "{error:?}");
    }
}

#[tokio::test]
async fn when_keycloak_hangs_all_wait_for_one_time_limit_only() {
    use course_seats_application::ports::Clock;
    let world = World::without_token().await;
    let silence = ResponseTemplate::new(200).set_delay(TIMEOUT * 50);
    world.answer("POST", &format!("{OPENID}/token"), silence).await;
    let settings = crate::world::settings(&world.server.uri());
    let clock = std::sync::Arc::new(SystemClock::default());
    let keycloak = course_seats_keycloak::Keycloak::new(&settings, clock.clone()).unwrap();
    let token = keycloak.service_token();
    let tokens = join_all((0..30).map(|_| token.token())).await;
    assert!(tokens.iter().all(Result::is_err));
    assert!(clock.monotonic() < TIMEOUT * 10, "30 time limits would have been 3 times that");
    assert_eq!(asked(&world).await, 1);
}
