//! What is expected of a Keycloak, the real one and the stand-in.

pub use super::words::*;

use super::{AUTH_CACHE, Realm, new_id};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, TimeDelta, Utc};
use course_seats_application::ports::{AuthError, Clock, Freshness, IdentityProvider, PortError};
use course_seats_domain::group::{GroupName, GroupRole};
use course_seats_domain::ids::{LabId, UserId};
use course_seats_domain::values::EmailAddress;
use course_seats_testkit::contract::identity;
use course_seats_testkit::runtime::{SystemClock, long_lease};
use futures::future::join_all;
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;

pub async fn the_contract_holds(realm: Realm) {
    let known = identity::Known {
        user: "5a4db0c5-0000-4000-8000-000000000001".parse().map(UserId::new).unwrap(),
        username: "student-1".into(),
        email: "student-1@sandbox.example".into(),
        token: realm.sign_in("student-1").await.access,
        other: "5a4db0c5-0000-4000-8000-000000000064".parse().map(UserId::new).unwrap(),
    };
    identity::holds(&realm.keycloak, &known).await;
}

pub async fn the_service_admin_is_in_the_group_with_slashes_in_its_name(realm: Realm) {
    let session = realm.sign_in("service-admin").await;
    let caller = realm.keycloak.authenticate(&session.access, Freshness::Cached).await.unwrap();
    assert_eq!(*caller.groups, ["/service/virtual-lab-svc/admin".to_owned()].into());
    let name = GroupName::from_provider("service/virtual-lab-svc/admin");
    assert!(realm.keycloak.find_group(&name).await.unwrap().is_some());
}

pub async fn somebody_is_found_by_address(realm: Realm) {
    let person = async |address: &str| {
        let address: EmailAddress = address.parse().unwrap();
        realm.keycloak.person(&address).await.unwrap()
    };
    for address in ["student-1@sandbox.example", "Student-1@Sandbox.example"] {
        let found = person(address).await.unwrap();
        assert_eq!(found.username, "student-1");
        assert_eq!(found.id, "5a4db0c5-0000-4000-8000-000000000001");
        assert!(found.email_verified && found.enabled);
    }
    assert_eq!(person("student@sandbox.example").await, None, "no part of an address counts");
}

pub async fn a_group_of_250_is_read_whole(realm: Realm) {
    let name = GroupName::of_lab(LabId::new(new_id()), GroupRole::Member);
    let group = realm.keycloak.create_group(&name, &long_lease()).await.unwrap();
    let mut expected = realm.add_people(250).await;
    let lease = long_lease();
    let joined = join_all(expected.iter().map(|who| realm.keycloak.join(*who, &group, &lease)));
    assert!(joined.await.iter().all(Result::is_ok));
    expected.sort();
    assert_eq!(realm.keycloak.members(&group).await.unwrap(), expected);
    let gone = expected.pop().unwrap();
    assert_eq!(realm.keycloak.leave(gone, &group, &long_lease()).await, Ok(()));
    assert_eq!(realm.keycloak.members(&group).await.unwrap(), expected);
}

pub async fn a_rotated_signing_key_is_picked_up(realm: Realm) {
    let before = realm.sign_in("student-2").await.access;
    assert!(realm.keycloak.authenticate(&before, Freshness::Fresh).await.is_ok());
    realm.rotate_signing_key().await;
    let after = realm.sign_in("student-2").await.access;
    assert_ne!(kid(&before), kid(&after));
    assert!(realm.keycloak.authenticate(&after, Freshness::Fresh).await.is_ok());
    assert!(realm.keycloak.authenticate(&before, Freshness::Fresh).await.is_ok());
}

/// The system's clock, turned on by so much.
struct Ahead(SystemClock, TimeDelta);

#[async_trait::async_trait]
impl Clock for Ahead {
    fn now(&self) -> DateTime<Utc> {
        self.0.now() + self.1
    }

    fn monotonic(&self) -> Duration {
        self.0.monotonic()
    }

    async fn sleep(&self, duration: Duration) {
        self.0.sleep(duration).await;
    }
}

pub async fn an_expired_token_is_refused(realm: Realm) {
    let token = realm.sign_in("student-3").await.access;
    let later = Arc::new(Ahead(SystemClock::default(), TimeDelta::hours(1)));
    let later = realm.keycloak_with(later);
    for freshness in [Freshness::Cached, Freshness::Fresh] {
        assert_eq!(later.authenticate(&token, freshness).await, Err(AuthError::Inactive));
        assert!(realm.keycloak.authenticate(&token, freshness).await.is_ok());
    }

    let short = realm.sign_in_for_a_second("student-3").await;
    let answer = async || realm.keycloak.authenticate(&short, Freshness::Cached).await.err();
    eventually("a token of one second ends", Some(AuthError::Inactive), answer).await;
}

pub async fn foreign_and_unsigned_tokens_are_refused(realm: Realm) {
    let own = realm.sign_in("student-4").await.access;
    let foreign = realm.foreign_token().await;
    let (head, payload) = {
        let mut parts = own.split('.');
        (parts.next().unwrap().to_owned(), parts.next().unwrap().to_owned())
    };
    let none = part(&json!({"alg": "none", "typ": "JWT"}));
    let none_with_kid = part(&json!({"alg": "none", "kid": kid(&own)}));
    let hmac = part(&json!({"alg": "HS256", "kid": kid(&own)}));
    let refused = [
        foreign,
        format!("{head}.{payload}."),
        format!("{none}.{payload}."),
        format!("{none_with_kid}.{payload}."),
        format!("{hmac}.{payload}.{}", "A".repeat(43)),
        format!("{head}.{payload}.{}", "A".repeat(342)),
    ];
    for token in &refused {
        for freshness in [Freshness::Cached, Freshness::Fresh] {
            let answer = realm.keycloak.authenticate(token, freshness).await;
            assert_eq!(answer, Err(AuthError::Inactive));
        }
    }
}

pub async fn a_token_without_the_scope_openid_is_refused(realm: Realm) {
    let token = realm.sign_in_with_scope("student-5", "profile").await.access;
    let answer = realm.keycloak.authenticate(&token, Freshness::Fresh).await;
    assert_eq!(answer, Err(AuthError::Inactive));
}

pub async fn a_session_that_was_logged_out_is_refused(realm: Realm) {
    let session = realm.sign_in("student-6").await;
    assert!(realm.keycloak.authenticate(&session.access, Freshness::Cached).await.is_ok());
    let clock = SystemClock::default();
    realm.log_out(&session).await;
    // Well within the thirty seconds that are promised.
    let answer =
        async || realm.keycloak.authenticate(&session.access, Freshness::Cached).await.err();
    eventually("the cached answer ends", Some(AuthError::Inactive), answer).await;
    assert!(clock.monotonic() < AUTH_CACHE + Duration::from_secs(5));
    identity::revoked(&realm.keycloak, &session.access).await;
}

pub async fn a_name_that_is_too_long_has_an_unknown_outcome(realm: Realm) {
    let name = GroupName::from_provider("x".repeat(256));
    let answer = realm.keycloak.create_group(&name, &long_lease()).await;
    assert!(matches!(answer, Err(PortError::Unknown(_))), "{answer:?}");
    assert_eq!(realm.keycloak.find_group(&name).await, Ok(None));
}

pub async fn the_service_token_is_one_that_keycloak_takes(realm: Realm) {
    let token = realm.keycloak.service_token();
    let first = token.token().await.unwrap();
    let other = token.refresh(&first).await.unwrap();
    assert_ne!(first.expose_secret(), other.expose_secret());
    assert_eq!(token.token().await.unwrap().expose_secret(), other.expose_secret());
}

pub async fn a_checkup_tells_what_the_service_account_may(realm: Realm) {
    let issuer = realm.keycloak.issuer().await.unwrap();
    assert!(issuer.ends_with("/realms/obp-realm"), "{issuer}");
    assert_eq!(realm.keycloak.may_manage_groups().await, Ok(true));
    let users = realm.keycloak.verified_users().await.unwrap();
    // Other tests add people whose addresses are not; all of the realm's own are.
    assert!(users.verified == 12 && users.all >= 12, "{users:?}");

    let powerless = realm.keycloak_of_a_client_without_roles().await;
    assert_eq!(powerless.may_manage_groups().await, Ok(false));
    let name = GroupName::of_lab(LabId::new(new_id()), GroupRole::Member);
    let made = powerless.create_group(&name, &long_lease()).await;
    assert!(matches!(made, Err(PortError::Unavailable(_))), "{made:?}");

    let stranger = realm.keycloak_with_a_wrong_secret();
    let answer = stranger.may_manage_groups().await;
    assert!(matches!(answer, Err(PortError::Unavailable(_))), "{answer:?}");
}

/// The key that a token says it is signed by.
fn kid(token: &str) -> String {
    jsonwebtoken::decode_header(token).unwrap().kid.unwrap()
}

/// A part of a token.
fn part(value: &Value) -> String {
    URL_SAFE_NO_PAD.encode(value.to_string())
}

/// Asks until the answer is the expected one.
async fn eventually<T: PartialEq + std::fmt::Debug>(
    what: &str,
    expected: T,
    mut ask: impl AsyncFnMut() -> T,
) {
    let clock = SystemClock::default();
    let mut last = ask().await;
    while last != expected && clock.monotonic() < Duration::from_secs(30) {
        clock.sleep(Duration::from_millis(50)).await;
        last = ask().await;
    }
    assert_eq!(last, expected, "{what}");
}
