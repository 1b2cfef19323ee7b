//! Who holds a token: what is checked here, what Keycloak is asked, and what is kept.

use crate::world::{OPENID, Signer, USER, World, unsigned};
use chrono::TimeDelta;
use course_seats_application::ports::{AuthError, Caller, Clock, Freshness, IdentityProvider};
use course_seats_domain::values::EmailAddress;
use serde_json::{Value, json};
use std::sync::Arc;
use wiremock::ResponseTemplate;

async fn world() -> (World, Signer) {
    let signer = Signer::new("k");
    (World::publishing(json!([signer.public])).await, signer)
}

fn info(change: impl FnOnce(&mut Value)) -> ResponseTemplate {
    let mut info = json!({
        "sub": USER,
        "preferred_username": "ada",
        "name": "Ada L.",
        "email": "ada@example.org",
        "email_verified": true,
        "groups": ["/vlab/1/admin", "/proj~/1~/2~/member"],
    });
    change(&mut info);
    ResponseTemplate::new(200).set_body_json(info)
}

async fn fresh(world: &World, token: &str) -> Result<Caller, AuthError> {
    world.keycloak.authenticate(token, Freshness::Fresh).await
}

async fn cached(world: &World, token: &str) -> Result<Caller, AuthError> {
    world.keycloak.authenticate(token, Freshness::Cached).await
}

async fn asked(world: &World) -> usize {
    world.asked(&format!("{OPENID}/userinfo")).await
}

#[tokio::test]
async fn userinfo_says_who_it_is() {
    let (world, signer) = world().await;
    world.userinfo(info(|_| ())).await;
    let caller = fresh(&world, &signer.sign(&world.claims())).await.unwrap();
    let expected = Caller {
        subject: USER.to_string(),
        user: Some(USER),
        username: "ada".into(),
        full_name: "Ada L.".into(),
        email: Some(EmailAddress::adopted("ada@example.org")),
        email_verified: true,
        // Those of projects are read over.
        groups: Arc::new(["/vlab/1/admin".into()].into()),
    };
    assert_eq!(caller, expected);
}

#[tokio::test]
async fn a_caller_may_have_next_to_nothing_and_a_subject_that_is_no_uuid() {
    let (world, signer) = world().await;
    let answer = json!({"sub": "service:7"});
    world.userinfo(ResponseTemplate::new(200).set_body_json(answer)).await;
    let mut claims = world.claims();
    claims["sub"] = json!("service:7");
    let caller = fresh(&world, &signer.sign(&claims)).await.unwrap();
    assert_eq!((caller.subject.as_str(), caller.user), ("service:7", None));
    assert_eq!((caller.full_name.as_str(), caller.email_verified), ("service:7", false));
    assert!(caller.groups.is_empty());
}

#[tokio::test]
async fn an_answer_is_kept_for_a_while_for_that_very_token() {
    let (world, signer) = world().await;
    world.userinfo(info(|_| ())).await;
    let token = signer.sign(&world.claims());
    assert!(cached(&world, &token).await.is_ok());
    assert!(cached(&world, &token).await.is_ok());
    assert_eq!(asked(&world).await, 1);
    assert!(fresh(&world, &token).await.is_ok());
    assert_eq!(asked(&world).await, 2, "afresh");
    world.clock.advance(TimeDelta::seconds(10));
    assert!(cached(&world, &token).await.is_ok());
    assert_eq!(asked(&world).await, 3, "too old");
    let mut other = world.claims();
    other["sid"] = json!("another");
    assert!(cached(&world, &signer.sign(&other)).await.is_ok());
    assert_eq!(asked(&world).await, 4, "another token");
}

#[tokio::test]
async fn a_fresh_answer_is_the_one_that_is_kept() {
    let (world, signer) = world().await;
    world.userinfo(info(|_| ())).await;
    let token = signer.sign(&world.claims());
    assert_eq!(cached(&world, &token).await.unwrap().groups.len(), 1);
    world.userinfo(info(|info| info["groups"] = json!([]))).await;
    assert_eq!(cached(&world, &token).await.unwrap().groups.len(), 1);
    assert!(fresh(&world, &token).await.unwrap().groups.is_empty());
    assert!(cached(&world, &token).await.unwrap().groups.is_empty());
}

/// The first one's question may have been asked before the others came; one more is enough for them.
#[tokio::test]
async fn many_who_want_a_fresh_answer_at_once_share_one() {
    let (world, signer) = world().await;
    world.userinfo(info(|_| ())).await;
    let token = signer.sign(&world.claims());
    let time_passes = async {
        while asked(&world).await == 0 {
            tokio::task::yield_now().await;
        }
        world.clock.advance(TimeDelta::seconds(1));
    };
    let all = futures::future::join_all((0..20).map(|_| fresh(&world, &token)));
    let (answers, ()) = futures::join!(all, time_passes);
    assert!(answers.iter().all(Result::is_ok), "{answers:?}");
    assert_eq!(asked(&world).await, 2);
}

#[tokio::test]
async fn a_kept_answer_ends_with_its_token() {
    let (world, signer) = world().await;
    world.userinfo(info(|_| ())).await;
    let mut claims = world.claims();
    claims["exp"] = json!(world.clock.now().timestamp() + 1);
    let token = signer.sign(&claims);
    assert!(cached(&world, &token).await.is_ok());
    world.clock.advance(TimeDelta::seconds(5));
    assert!(cached(&world, &token).await.is_ok(), "five seconds of leeway");
    world.clock.advance(TimeDelta::seconds(1));
    assert_eq!(cached(&world, &token).await, Err(AuthError::Inactive));
    assert_eq!(asked(&world).await, 1);
}

#[tokio::test]
async fn a_session_that_is_over_is_refused_and_forgotten() {
    let (world, signer) = world().await;
    world.userinfo(info(|_| ())).await;
    let token = signer.sign(&world.claims());
    assert!(cached(&world, &token).await.is_ok());
    world.userinfo(ResponseTemplate::new(401)).await;
    assert_eq!(fresh(&world, &token).await, Err(AuthError::Inactive));
    assert_eq!(cached(&world, &token).await, Err(AuthError::Inactive));
}

#[tokio::test]
async fn a_token_without_the_scope_is_refused() {
    let (world, signer) = world().await;
    let why = r#"Bearer realm="obp-realm", error="insufficient_scope""#;
    let answer = ResponseTemplate::new(403).insert_header("WWW-Authenticate", why);
    world.userinfo(answer).await;
    let token = signer.sign(&world.claims());
    assert_eq!(fresh(&world, &token).await, Err(AuthError::Inactive));
}

#[tokio::test]
async fn an_answer_about_somebody_else_is_a_refusal() {
    let (world, signer) = world().await;
    world.userinfo(info(|info| info["sub"] = json!("somebody"))).await;
    let token = signer.sign(&world.claims());
    assert_eq!(fresh(&world, &token).await, Err(AuthError::Inactive));
}

#[tokio::test]
async fn a_failure_is_never_a_refusal() {
    let (world, signer) = world().await;
    let token = signer.sign(&world.claims());
    let slow = crate::world::TIMEOUT * 10;
    for answer in [
        ResponseTemplate::new(500),
        ResponseTemplate::new(502),
        ResponseTemplate::new(503),
        ResponseTemplate::new(429),
        ResponseTemplate::new(403),
        ResponseTemplate::new(404),
        ResponseTemplate::new(302),
        ResponseTemplate::new(200),
        ResponseTemplate::new(200).set_body_string("<html>"),
        ResponseTemplate::new(200).set_body_json(json!({})),
        ResponseTemplate::new(200).set_delay(slow),
    ] {
        world.userinfo(answer).await;
        for freshness in [Freshness::Cached, Freshness::Fresh] {
            let answer = world.keycloak.authenticate(&token, freshness).await;
            assert!(matches!(answer, Err(AuthError::Unavailable(_))), "{answer:?}");
        }
    }
    drop(world.server);
    let answer = world.keycloak.authenticate(&token, Freshness::Fresh).await;
    assert!(matches!(answer, Err(AuthError::Unavailable(_))), "{answer:?}");
}

#[tokio::test]
async fn what_can_be_refused_here_is_not_asked_for() {
    let (world, signer) = world().await;
    world.userinfo(info(|_| ())).await;
    let changed = |name: &str, value: Value| {
        let mut claims = world.claims();
        claims[name] = value;
        claims
    };
    let now = world.clock.now().timestamp();
    let refused = [
        signer.sign(&changed("iss", json!("https://elsewhere.example/realms/obp-realm"))),
        signer.sign(&changed("exp", json!(now - 6))),
        signer.sign(&changed("nbf", json!(now + 6))),
        signer.sign(&changed("typ", json!("ID"))),
        Signer::new("k").sign(&world.claims()),
        unsigned(&json!({"alg": "none"}), &world.claims()),
        unsigned(&json!({"alg": "ES256", "kid": "k"}), &world.claims()),
        unsigned(&json!({"alg": "HS256", "kid": "k"}), &world.claims()),
    ];
    for token in &refused {
        assert_eq!(cached(&world, token).await, Err(AuthError::Inactive), "{token}");
    }
    for text in ["", "a", "a.b.c", "e30.e30"] {
        assert_eq!(cached(&world, text).await, Err(AuthError::Malformed));
    }
    assert_eq!(asked(&world).await, 0);
}

#[tokio::test]
async fn a_huge_token_is_taken() {
    let (world, signer) = world().await;
    world.userinfo(info(|_| ())).await;
    let mut claims = world.claims();
    let groups: Vec<_> = (0..1000).map(|group| format!("/proj/{group:0>100}/member")).collect();
    claims["groups"] = json!(groups);
    let token = signer.sign(&claims);
    assert!(token.len() > 120_000);
    assert!(cached(&world, &token).await.is_ok());
}

#[tokio::test]
async fn of_many_at_once_with_one_token_one_asks() {
    let (world, signer) = world().await;
    world.userinfo(info(|_| ())).await;
    let token = signer.sign(&world.claims());
    let mut claims = world.claims();
    claims["jti"] = "other".into();
    let other = signer.sign(&claims);
    let many = futures::future::join_all((0..20).map(|_| cached(&world, &token))).await;
    assert!(many.iter().all(Result::is_ok));
    assert_eq!(asked(&world).await, 1);
    cached(&world, &other).await.unwrap();
    assert_eq!(asked(&world).await, 2, "another token is another question");
}

#[tokio::test]
async fn who_waited_for_a_refusal_is_refused_with_it() {
    let (world, signer) = world().await;
    world.userinfo(ResponseTemplate::new(401)).await;
    let token = signer.sign(&world.claims());
    let many = futures::future::join_all((0..20).map(|_| cached(&world, &token))).await;
    assert!(many.iter().all(|one| *one == Err(AuthError::Inactive)));
    assert_eq!(asked(&world).await, 1);
    cached(&world, &token).await.unwrap_err();
    assert_eq!(asked(&world).await, 2, "who comes later asks anew");
}
