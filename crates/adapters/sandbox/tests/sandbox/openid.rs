use crate::world::{ISSUER, World, password, world};
use chrono::TimeDelta;
use course_seats_application::ports::{AuthError, Freshness, IdentityProvider};
use course_seats_sandbox::{TokenRequest, people};
use serde_json::{Value, json};

async fn check(world: &World, token: &str) -> Result<String, AuthError> {
    let caller = world.sandbox.identity.authenticate(token, Freshness::Cached).await?;
    Ok(caller.username)
}

fn refusal(world: &World, request: &TokenRequest) -> (u16, &'static str) {
    let error = world.sandbox.identity.token(request).unwrap_err();
    assert_eq!(error.to_json().get("error").unwrap(), error.error);
    (error.status, error.error)
}

#[tokio::test]
async fn everybody_signs_in_and_has_the_groups_of_userinfo() {
    let world = world();
    let identity = &world.sandbox.identity;
    let token = world.token("service-admin");
    let caller = identity.authenticate(&token, Freshness::Cached).await.unwrap();
    assert_eq!(caller.user, Some(people::SERVICE_ADMIN));
    assert_eq!(*caller.groups, ["/service/virtual-lab-svc/admin".to_owned()].into());
    let expected = json!({
        "sub": people::SERVICE_ADMIN,
        "preferred_username": "service-admin",
        "name": "Service Admin",
        "given_name": "Service",
        "family_name": "Admin",
        "email": "service-admin@sandbox.example",
        "email_verified": true,
        "groups": ["/service/virtual-lab-svc/admin"],
    });
    assert_eq!(identity.userinfo(&token).unwrap(), expected);

    let owner = identity.user(people::COURSE_LAB_OWNER).await.unwrap().unwrap();
    assert_eq!(owner.full_name(), "OBI Virtual Lab");
    let by_mail = identity.token(&password("Student-9@sandbox.example", "sandbox")).unwrap();
    let token = by_mail.get("access_token").unwrap().as_str().unwrap();
    assert_eq!(check(&world, token).await.as_deref(), Ok("student-9"));
}

#[tokio::test]
async fn a_token_says_what_keycloaks_say_and_no_groups() {
    let world = world();
    let answer = world.sandbox.identity.token(&password("faculty", "sandbox")).unwrap();
    assert_eq!(answer.get("token_type").unwrap(), "Bearer");
    assert_eq!(answer.get("expires_in").unwrap(), 1800);
    let token = answer.get("access_token").unwrap().as_str().unwrap();
    let claims: Value = jsonwebtoken::dangerous::insecure_decode_claims(token).unwrap();
    assert_eq!(claims.get("iss").unwrap(), ISSUER);
    assert_eq!(claims.get("sub").unwrap(), &json!(people::FACULTY));
    assert_eq!(claims.get("typ").unwrap(), "Bearer");
    assert_eq!(claims.get("preferred_username").unwrap(), "faculty");
    assert!(claims.get("groups").is_none());
}

#[tokio::test]
async fn refusals_are_those_of_keycloak() {
    let world = world();
    assert_eq!(refusal(&world, &password("faculty", "wrong")), (401, "invalid_grant"));
    assert_eq!(refusal(&world, &password("nobody", "sandbox")), (401, "invalid_grant"));
    let other = TokenRequest { client_id: Some("x".into()), ..password("faculty", "sandbox") };
    assert_eq!(refusal(&world, &other), (401, "invalid_client"));
    let code = TokenRequest { grant_type: Some("x".into()), ..password("faculty", "sandbox") };
    assert_eq!(refusal(&world, &code), (400, "unsupported_grant_type"));
    assert_eq!(refusal(&world, &TokenRequest::default()), (400, "invalid_request"));
    let error = world.sandbox.identity.userinfo("nonsense").unwrap_err();
    assert_eq!((error.status, error.error), (401, "invalid_token"));
}

#[tokio::test]
async fn a_session_goes_on_until_it_is_ended() {
    let world = world();
    let identity = &world.sandbox.identity;
    let answer = identity.token(&password("faculty", "sandbox")).unwrap();
    let text = |name: &str| answer.get(name).unwrap().as_str().unwrap();
    let refresh = TokenRequest {
        grant_type: Some("refresh_token".into()),
        client_id: Some("obpapp".into()),
        refresh_token: Some(text("refresh_token").into()),
        ..TokenRequest::default()
    };
    let next = identity.token(&refresh).unwrap();
    let next = next.get("access_token").unwrap().as_str().unwrap();
    assert_eq!(check(&world, next).await.as_deref(), Ok("faculty"));

    identity.logout(text("refresh_token")).unwrap();
    for token in [text("access_token"), next] {
        assert_eq!(check(&world, token).await, Err(AuthError::Inactive));
        let error = identity.userinfo(token).unwrap_err();
        assert_eq!((error.status, error.description.as_str()), (401, "user_session_not_found"));
    }
    assert_eq!(refusal(&world, &refresh), (400, "invalid_grant"));
    assert!(identity.logout("nonsense").is_err());
    let other = world.token("faculty");
    assert_eq!(check(&world, &other).await.as_deref(), Ok("faculty"), "other sessions go on");
}

#[tokio::test]
async fn the_sandbox_clock_decides_when_a_token_expires() {
    let world = world();
    let token = world.token("faculty");
    world.clock.advance(TimeDelta::minutes(29)).unwrap();
    assert!(check(&world, &token).await.is_ok());
    world.clock.advance(TimeDelta::minutes(2)).unwrap();
    assert_eq!(check(&world, &token).await, Err(AuthError::Inactive));
    world.clock.advance(TimeDelta::days(-1)).unwrap();
    assert_eq!(check(&world, &token).await, Err(AuthError::Inactive), "not valid yet");
    let token = world.token("faculty");
    assert!(check(&world, &token).await.is_ok(), "but a new one is");
}

#[tokio::test]
async fn a_token_of_another_sandbox_is_foreign() {
    let (world, other) = (world(), world());
    let token = other.token("faculty");
    assert_eq!(check(&world, &token).await, Err(AuthError::Inactive));
    assert_eq!(check(&other, &token).await.as_deref(), Ok("faculty"));
}

#[tokio::test]
async fn the_published_documents_are_enough_to_check_a_token() {
    let world = world();
    let identity = &world.sandbox.identity;
    let discovery = identity.discovery();
    assert_eq!(discovery.get("issuer").unwrap(), ISSUER);
    let certs = discovery.get("jwks_uri").unwrap().as_str().unwrap();
    assert_eq!(certs, format!("{ISSUER}/protocol/openid-connect/certs"));
    let jwks = identity.jwks();
    assert_eq!(jwks.pointer("/keys/0/use").unwrap(), "sig");
    assert_eq!(jwks.pointer("/keys/0/alg").unwrap(), "ES256");
    assert!(jwks.pointer("/keys/0/d").is_none(), "never the secret");
    let keys = serde_json::from_value(jwks).unwrap();
    let now = course_seats_application::ports::Clock::now(&*world.clock);
    assert!(course_seats_oidc::verify(&world.token("faculty"), &keys, ISSUER, now).is_ok());
}
