//! The control endpoints of its own, under `/_control`.

use crate::answer;
use crate::client::Client;
use crate::groups;
use crate::keys::Key;
use crate::realm::Change;
use crate::service::Keycloak;
use crate::user::{Person, User};
use serde::Deserialize;
use serde_json::json;
use stand_in_kit::{Answer, Request};

/// As many as anybody can want, and no more than the memory bears.
const MOST_AT_ONCE: u64 = 100_000;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    count: u64,
}

/// Answers a path below `/_control`, if it is one of these.
pub(crate) fn answer(service: &Keycloak, path: &str, request: &Request) -> Option<Answer> {
    match (request.method.as_str(), path) {
        ("GET", "/groups") => Some(Answer::json(200, groups::report(service))),
        ("POST", "/users") => Some(match request.json::<Wanted>() {
            Ok(wanted) => add_people(service, wanted.count).0,
            Err(why) => answer::error(400, &why),
        }),
        ("POST", "/clients") => Some(match request.json::<Client>() {
            Ok(client) => add_client(service, client),
            Err(why) => answer::error(400, &why),
        }),
        ("POST", "/keys") => Some(rotate_key(service)),
        _ => None,
    }
}

/// So many more students.
pub(crate) fn add_people(service: &Keycloak, count: u64) -> (Answer, Vec<Person>) {
    if count > MOST_AT_ONCE {
        return (answer::error(400, "count must be at most 100000"), Vec::new());
    }
    let mut added = Vec::new();
    let answer = service.kept.change(|realm| {
        let there = realm.bulk();
        added.extend((there + 1..=there + count).map(|number| User::bulk(number).into()));
        Ok((Answer::json(201, json!({ "users": added })), Some(Change::BulkUsersAdded { count })))
    });
    (answer, added)
}

/// A client, with an account that may nothing if it wants one.
pub(crate) fn add_client(service: &Keycloak, client: Client) -> Answer {
    service.kept.change(|realm| {
        if client.client_id.is_empty() {
            return Err(answer::error(400, "clientId must be given"));
        }
        if realm.client(&client.client_id).is_some() {
            let why = format!("Client {} already exists", client.client_id);
            return Err(answer::error_message(409, &why));
        }
        let account = client.service_accounts_enabled.then(|| User::of_client(&client.client_id));
        Ok((Answer::empty(201), Some(Change::ClientAdded { client, account })))
    })
}

/// From now on another key signs; those before are still published.
pub(crate) fn rotate_key(service: &Keycloak) -> Answer {
    match Key::generate() {
        Ok(key) => {
            let kid = json!({ "kid": key.kid() });
            let added = Change::KeyAdded { key };
            service.kept.change(|_| Ok((Answer::json(201, kid), Some(added))))
        }
        Err(_) => answer::crash(),
    }
}
