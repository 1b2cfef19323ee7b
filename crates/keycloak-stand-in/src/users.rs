//! The people of the realm, and the accounts of its clients.

use crate::answer;
use crate::pairs::Pairs;
use crate::service::Keycloak;
use crate::user::User;
use serde_json::json;
use stand_in_kit::{Answer, Request};
use uuid::Uuid;

/// So many are told at once, unless asked for otherwise.
const USERS: usize = 100;

/// The conditions that a query may name.
const FILTERS: [&str; 4] = ["email", "username", "emailVerified", "search"];

pub(crate) fn find(service: &Keycloak, request: &Request) -> Answer {
    let query = Pairs::of_query(request.query.as_deref());
    service.kept.look(|realm| {
        let people = realm.everybody().filter(|user| !user.is_service_account());
        let page = query.page(people.filter(|user| fits(user, &query)), USERS);
        Answer::json(200, page.into_iter().map(User::shown).collect())
    })
}

pub(crate) fn count(service: &Keycloak, request: &Request) -> Answer {
    let query = Pairs::of_query(request.query.as_deref());
    // With a filter the accounts of clients count, too.
    let filtered = FILTERS.iter().any(|name| query.get(name).is_some());
    service.kept.look(|realm| {
        let users = realm.everybody().filter(|user| filtered || !user.is_service_account());
        Answer::json(200, json!(users.filter(|user| fits(user, &query)).count()))
    })
}

pub(crate) fn read(service: &Keycloak, id: Option<Uuid>) -> Answer {
    service.kept.look(|realm| match id.and_then(|id| realm.user(id)) {
        Some(user) => Answer::json(200, user.shown()),
        None => answer::unknown_user(),
    })
}

/// Whether somebody is asked for.
fn fits(user: &User, query: &Pairs) -> bool {
    let exact = query.is_true("exact");
    let is_like = |own: &str, asked: &str| {
        let (own, asked) = (own.to_lowercase(), asked.to_lowercase());
        if exact { own == asked } else { own.contains(&asked) }
    };
    let email = user.email.as_deref().unwrap_or_default();
    query.get("email").is_none_or(|asked| is_like(email, asked))
        && query.get("username").is_none_or(|asked| is_like(&user.username, asked))
        && query.get("emailVerified").is_none_or(|asked| (asked == "true") == user.email_verified)
        && query
            .get("search")
            .is_none_or(|asked| is_like(email, asked) || is_like(&user.username, asked))
}
