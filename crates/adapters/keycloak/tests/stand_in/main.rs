//! What is expected of a Keycloak, on the stand-in for it, which so is held to the same as a real
//! one; and what the adapter makes of its faults.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a failed check panics"
)]

#[macro_use]
#[path = "../realm/mod.rs"]
mod realm;

mod faults;

use async_trait::async_trait;
use course_seats_domain::ids::UserId;
use keycloak_stand_in::{StandIn, StandInConfig};
use realm::{Administrator, Realm, http};
use serde_json::Value;
use std::time::Duration;

every_expectation!(stand_in_realm);

#[tokio::test]
async fn the_contract_holds_when_every_call_takes_its_time() {
    let config = StandInConfig { latency: Duration::from_millis(3), ..StandInConfig::default() };
    realm::expectations::the_contract_holds(realm_with(config).await).await;
}

async fn stand_in_realm() -> Option<Realm> {
    Some(realm_with(StandInConfig::default()).await)
}

async fn realm_with(config: StandInConfig) -> Realm {
    let stand_in = StandIn::start(config).await.unwrap();
    let url = stand_in.base_url();
    let (id, secret) = ("course-seats".into(), "course-seats-dev-secret".into());
    Realm::new(url, id, secret, Owner(stand_in))
}

/// Who owns the stand-in can do anything.
struct Owner(StandIn);

#[async_trait]
impl Administrator for Owner {
    async fn add_people(&self, count: usize) -> Vec<UserId> {
        let people = self.0.add_people(count.try_into().unwrap()).unwrap();
        people.into_iter().map(|person| UserId::new(person.id)).collect()
    }

    async fn add_client(&self, client: Value) {
        self.0.add_client(serde_json::from_value(client).unwrap()).unwrap();
    }

    async fn rotate_signing_key(&self) {
        self.0.rotate_key().unwrap();
    }

    async fn foreign_token(&self) -> String {
        let other = StandIn::start(StandInConfig::default()).await.unwrap();
        let form = [
            ("grant_type", "password"),
            ("client_id", "obpapp"),
            ("scope", "openid"),
            ("username", "student-1"),
            ("password", "sandbox"),
        ];
        let page = format!("{}/realms/obp-realm/protocol/openid-connect/token", other.base_url());
        let answer = http().post(page).form(&form).send().await.unwrap();
        let answer: Value = answer.json().await.unwrap();
        answer["access_token"].as_str().unwrap().to_owned()
    }
}
