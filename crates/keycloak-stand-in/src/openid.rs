//! The pages of the realm itself, but for the token endpoint.

use crate::answer;
use crate::keys::{self, Key};
use crate::pairs::Pairs;
use crate::realm::Change;
use crate::service::{Keycloak, origin};
use serde_json::{Value, json};
use stand_in_kit::header::{CACHE_CONTROL, WWW_AUTHENTICATE};
use stand_in_kit::{Answer, Request};

pub(crate) fn realm(service: &Keycloak, request: &Request) -> Answer {
    let (issuer, name) = (service.issuer(request), service.kept.look(|realm| realm.name.clone()));
    Answer::json(
        200,
        json!({
            "realm": name,
            "token-service": format!("{issuer}/protocol/openid-connect"),
            "account-service": format!("{issuer}/account"),
            "tokens-not-before": 0,
        }),
    )
}

pub(crate) fn discovery(service: &Keycloak, request: &Request) -> Answer {
    let issuer = service.issuer(request);
    let protocol = format!("{issuer}/protocol/openid-connect");
    let document = json!({
        "issuer": issuer,
        "token_endpoint": format!("{protocol}/token"),
        "jwks_uri": format!("{protocol}/certs"),
        "userinfo_endpoint": format!("{protocol}/userinfo"),
        "end_session_endpoint": format!("{protocol}/logout"),
        "grant_types_supported": ["password", "client_credentials"],
        "response_types_supported": ["none"],
        "subject_types_supported": ["public"],
        "scopes_supported": ["openid", "profile", "email"],
        "id_token_signing_alg_values_supported": ["ES256"],
        "token_endpoint_auth_methods_supported": ["client_secret_post"],
    });
    uncached(document)
}

/// The keys: the one that signs, those that did before, and one for something else.
pub(crate) fn certs(service: &Keycloak) -> Answer {
    let mut published: Vec<Value> =
        service.kept.look(|realm| realm.keys.iter().rev().map(Key::published).collect());
    published.push(keys::encryption_key());
    uncached(json!({ "keys": published }))
}

fn uncached(body: Value) -> Answer {
    Answer::json(200, body).with_header(CACHE_CONTROL, "no-cache")
}

/// Who holds this token, with the groups of now.
pub(crate) fn userinfo(service: &Keycloak, request: &Request) -> Answer {
    let Some(claims) = service.holder(request) else {
        return refused(service, 401, "invalid_token", "Token verification failed");
    };
    if !claims.scope.split(' ').any(|scope| scope == "openid") {
        return refused(service, 403, "insufficient_scope", "Missing openid scope");
    }
    service.kept.look(|realm| {
        let Some(user) = realm.user(claims.sub) else { return answer::unknown_user() };
        let mut info = json!({
            "sub": user.id,
            "email_verified": user.email_verified,
            "preferred_username": user.username,
        });
        let shows_groups = realm.client(&claims.azp).is_some_and(|client| client.shows_groups());
        let groups: Vec<_> = realm.groups_of(user.id).map(|name| format!("/{name}")).collect();
        if let Some(info) = info.as_object_mut() {
            for (name, value) in [
                ("name", user.full_name()),
                ("given_name", user.first_name.clone()),
                ("family_name", user.last_name.clone()),
                ("email", user.email.clone()),
            ] {
                value.and_then(|value| info.insert(name.into(), json!(value)));
            }
            // Who is in none has no such claim.
            if shows_groups && !groups.is_empty() {
                info.insert("groups".into(), json!(groups));
            }
        }
        Answer::json(200, info)
    })
}

/// As a bearer token is refused: told in a header, too.
fn refused(service: &Keycloak, status: u16, error: &str, why: &str) -> Answer {
    let realm = service.kept.look(|realm| realm.name.clone());
    let told = format!("Bearer realm=\"{realm}\", error=\"{error}\", error_description=\"{why}\"");
    answer::oauth(status, error, why).with_header(WWW_AUTHENTICATE, told)
}

/// Ends the session of this refresh token.
pub(crate) fn logout(service: &Keycloak, request: &Request) -> Answer {
    let form = Pairs::read(&request.body);
    let known = form.get("client_id");
    if known.is_none_or(|id| service.kept.look(|realm| realm.client(id).is_none())) {
        let why = "Invalid client or Invalid client credentials";
        return answer::oauth(401, "invalid_client", why);
    }
    let Some(refresh) = form.get("refresh_token") else {
        return answer::oauth(400, "invalid_request", "No refresh token");
    };
    service.kept.change(|realm| {
        let sid = refresh.parse().ok().and_then(|refresh| realm.session_of(refresh));
        match sid {
            Some(sid) => Ok((Answer::empty(204), Some(Change::SessionEnded { sid }))),
            None => Err(answer::oauth(400, "invalid_grant", "Invalid refresh token")),
        }
    })
}

/// Where something of the realm is administered.
pub(crate) fn administered(service: &Keycloak, request: &Request, page: &str) -> String {
    let name = service.kept.look(|realm| realm.name.clone());
    format!("{}/admin/realms/{name}/{page}", origin(request))
}
