//! The published keys: rotated, flooded, unreadable, out of reach.

use crate::world::{OPENID, REALM, Signer, USER, World};
use chrono::TimeDelta;
use course_seats_application::ports::{AuthError, Caller, Freshness, IdentityProvider};
use futures::future::join_all;
use serde_json::json;
use wiremock::ResponseTemplate;

fn me() -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_json(json!({"sub": USER, "preferred_username": "ada"}))
}

async fn check(world: &World, token: &str) -> Result<Caller, AuthError> {
    world.keycloak.authenticate(token, Freshness::Fresh).await
}

async fn certs(world: &World) -> usize {
    world.asked(&format!("{OPENID}/certs")).await
}

fn second() -> TimeDelta {
    TimeDelta::seconds(1)
}

#[tokio::test]
async fn a_new_key_is_picked_up_when_the_first_token_shows_it() {
    let (old, new) = (Signer::new("old"), Signer::new("new"));
    let world = World::publishing(json!([old.public])).await;
    world.userinfo(me()).await;
    assert!(check(&world, &old.sign(&world.claims())).await.is_ok());
    world.clock.advance(second());
    world.publish(json!([old.public, new.public])).await;
    assert!(check(&world, &new.sign(&world.claims())).await.is_ok());
    assert!(check(&world, &old.sign(&world.claims())).await.is_ok());
    assert_eq!(certs(&world).await, 2);
}

#[tokio::test]
async fn a_flood_of_unknown_keys_is_one_question_a_second() {
    let signer = Signer::new("k");
    let world = World::publishing(json!([signer.public])).await;
    world.userinfo(me()).await;
    assert!(check(&world, &signer.sign(&world.claims())).await.is_ok());
    world.clock.advance(second());
    let tokens: Vec<_> =
        (0..30).map(|kid| Signer::new(&kid.to_string()).sign(&world.claims())).collect();
    let answers = join_all(tokens.iter().map(|token| check(&world, token))).await;
    assert!(answers.iter().all(|answer| *answer == Err(AuthError::Inactive)), "{answers:?}");
    assert_eq!(certs(&world).await, 2);
    assert_eq!(world.asked(&format!("{OPENID}/userinfo")).await, 1);
}

#[tokio::test]
async fn a_new_key_right_after_a_made_up_one_waits_a_moment_and_counts() {
    let (old, new) = (Signer::new("old"), Signer::new("new"));
    let world = World::publishing(json!([old.public])).await;
    world.userinfo(me()).await;
    assert!(check(&world, &old.sign(&world.claims())).await.is_ok());
    world.clock.advance(TimeDelta::milliseconds(1));
    world.publish(json!([old.public, new.public])).await;
    let token = new.sign(&world.claims());
    let passes = async {
        tokio::task::yield_now().await;
        world.clock.advance(second());
    };
    let (answer, ()) = futures::join!(check(&world, &token), passes);
    assert!(answer.is_ok(), "{answer:?}");
}

#[tokio::test]
async fn keys_that_nobody_knows_shut_nobody_out() {
    let signer = Signer::new("k");
    let keys = json!([
        {"kty": "RSA", "use": "enc", "alg": "RSA-OAEP", "kid": "enc", "n": "AQAB", "e": "AQAB"},
        {"kty": "AKP", "use": "sig", "alg": "ML-DSA-44", "kid": "new", "pub": "AA"},
        {"kty": 7, "kid": []},
        signer.public,
    ]);
    let world = World::publishing(keys).await;
    world.userinfo(me()).await;
    assert!(check(&world, &signer.sign(&world.claims())).await.is_ok());
}

#[tokio::test]
async fn a_failure_to_get_them_is_no_refusal() {
    let signer = Signer::new("k");
    let world = World::publishing(json!([signer.public])).await;
    world.userinfo(me()).await;
    let token = signer.sign(&world.claims());
    for (page, body) in [
        (format!("{OPENID}/certs"), "no json"),
        (format!("{OPENID}/certs"), "{}"),
        (format!("{REALM}/.well-known/openid-configuration"), "{}"),
    ] {
        let answer = ResponseTemplate::new(200).set_body_string(body);
        world.answer("GET", &page, answer).await;
        let answer = check(&world, &token).await;
        assert!(matches!(answer, Err(AuthError::Unavailable(_))), "{answer:?}");
        world.clock.advance(second());
    }
    world.answer("GET", &format!("{OPENID}/certs"), ResponseTemplate::new(503)).await;
    let answer = check(&world, &token).await;
    assert!(matches!(answer, Err(AuthError::Unavailable(_))), "{answer:?}");
}

#[tokio::test]
async fn an_unknown_key_is_no_refusal_while_nobody_can_tell_the_new_ones() {
    let (old, new) = (Signer::new("old"), Signer::new("new"));
    let world = World::publishing(json!([old.public])).await;
    world.userinfo(me()).await;
    assert!(check(&world, &old.sign(&world.claims())).await.is_ok());
    world.clock.advance(second());
    world.answer("GET", &format!("{OPENID}/certs"), ResponseTemplate::new(502)).await;
    let answer = check(&world, &new.sign(&world.claims())).await;
    assert!(matches!(answer, Err(AuthError::Unavailable(_))), "{answer:?}");
}

#[tokio::test]
async fn they_are_asked_for_again_now_and_then_and_kept_if_that_fails() {
    let signer = Signer::new("k");
    let world = World::publishing(json!([signer.public])).await;
    world.userinfo(me()).await;
    assert!(check(&world, &signer.sign(&world.claims())).await.is_ok());
    world.clock.advance(TimeDelta::minutes(5));
    assert!(check(&world, &signer.sign(&world.claims())).await.is_ok());
    assert_eq!(certs(&world).await, 2);
    world.answer("GET", &format!("{OPENID}/certs"), ResponseTemplate::new(502)).await;
    world.clock.advance(TimeDelta::minutes(5));
    assert!(check(&world, &signer.sign(&world.claims())).await.is_ok());
    world.publish(json!([])).await;
    world.clock.advance(TimeDelta::minutes(5));
    let gone = check(&world, &signer.sign(&world.claims())).await;
    assert_eq!(gone, Err(AuthError::Inactive), "a key that is gone counts no more");
}
