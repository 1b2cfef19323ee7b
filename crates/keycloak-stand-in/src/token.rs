//! The token endpoint.

use crate::answer;
use crate::client::Client;
use crate::ids;
use crate::pairs::Pairs;
use crate::realm::Change;
use crate::service::Keycloak;
use crate::user::User;
use serde_json::{Value, json};
use stand_in_kit::{Answer, Request};
use uuid::Uuid;

/// How long a session says it lasts. It lasts until somebody ends it.
const SESSION_SECONDS: u64 = 1800;

/// Gives a token to who proves who he is.
pub(crate) fn grant(service: &Keycloak, request: &Request) -> Answer {
    let form = Pairs::read(&request.body);
    let granted = client(service, &form).and_then(|client| match form.get("grant_type") {
        Some("password") => sign_in(service, request, &form, &client),
        Some("client_credentials") => for_the_client(service, request, &form, &client),
        Some(_) => Err(answer::oauth(400, "unsupported_grant_type", "Unsupported grant_type")),
        None => Err(answer::oauth(400, "invalid_request", "Missing form parameter: grant_type")),
    });
    granted.unwrap_or_else(|refused| refused)
}

/// The client that asks, if it is who it says.
fn client(service: &Keycloak, form: &Pairs) -> Result<Client, Answer> {
    let why = "Invalid client or Invalid client credentials";
    let client = form
        .get("client_id")
        .and_then(|id| service.kept.look(|realm| realm.client(id).cloned()))
        .ok_or_else(|| answer::oauth(401, "invalid_client", why))?;
    if client.public_client || form.get("client_secret") == client.secret.as_deref() {
        Ok(client)
    } else {
        Err(answer::oauth(401, "unauthorized_client", why))
    }
}

fn sign_in(
    service: &Keycloak,
    request: &Request,
    form: &Pairs,
    client: &Client,
) -> Result<Answer, Answer> {
    if !client.direct_access_grants_enabled {
        let why = "Client not allowed for direct access grants";
        return Err(answer::oauth(400, "unauthorized_client", why));
    }
    let username = form
        .get("username")
        .ok_or_else(|| answer::oauth(401, "invalid_request", "Missing parameter: username"))?;
    let user = service
        .kept
        .look(|realm| realm.user_called(username).cloned())
        .filter(|user| form.get("password").is_some_and(|given| user.has_password(given)))
        .ok_or_else(|| answer::oauth(401, "invalid_grant", "Invalid user credentials"))?;
    let (sid, refresh) = (ids::new(), ids::new());
    let mut granted = granted(service, request, form, client, &user, Some(sid))?;
    if let Some(granted) = granted.as_object_mut() {
        // Good for nothing but logging out.
        granted.insert("refresh_token".into(), json!(refresh));
        granted.insert("refresh_expires_in".into(), json!(SESSION_SECONDS));
        granted.insert("session_state".into(), json!(sid));
    }
    let begun = Change::SessionBegun { sid, user: user.id, refresh };
    Ok(service.kept.change(|_| Ok((Answer::json(200, granted), Some(begun)))))
}

/// A token of the client's own account: no session is kept for it.
fn for_the_client(
    service: &Keycloak,
    request: &Request,
    form: &Pairs,
    client: &Client,
) -> Result<Answer, Answer> {
    let refused = |why| answer::oauth(401, "unauthorized_client", why);
    if client.public_client {
        return Err(refused("Public client not allowed to retrieve service account"));
    }
    let account = service.kept.look(|realm| {
        let is_it = |user: &&User| {
            user.service_account_client_id.as_deref() == Some(client.client_id.as_str())
        };
        realm.everybody().find(is_it).cloned()
    });
    let account = account
        .filter(|_| client.service_accounts_enabled)
        .ok_or_else(|| refused("Client not enabled to retrieve service account"))?;
    let mut granted = granted(service, request, form, client, &account, None)?;
    if let Some(granted) = granted.as_object_mut() {
        granted.insert("refresh_expires_in".into(), json!(0));
    }
    Ok(Answer::json(200, granted))
}

fn granted(
    service: &Keycloak,
    request: &Request,
    form: &Pairs,
    client: &Client,
    user: &User,
    sid: Option<Uuid>,
) -> Result<Value, Answer> {
    let asked = form.get("scope").unwrap_or_default();
    let scope = match asked.split(' ').any(|scope| scope == "openid") {
        true => "openid profile email",
        false => "profile email",
    };
    let issuer = service.issuer(request);
    let (token, seconds) =
        service.issue(&issuer, client, user, sid, scope).ok_or_else(answer::crash)?;
    Ok(json!({
        "access_token": token,
        "expires_in": seconds,
        "token_type": "Bearer",
        "not-before-policy": 0,
        "scope": scope,
    }))
}
