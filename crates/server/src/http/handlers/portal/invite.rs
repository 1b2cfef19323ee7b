//! Where an invite link leads.

use super::super::openid::{field, form};
use super::super::problems::TooBig;
use super::{everybody, from_query, mailbox, not_done, shown, signed_in};
use crate::http::call::Call;
use crate::http::error::{Answer, Failure};
use actix_web::{get, post};
use course_seats_application::use_cases::labs::{InviteView, accept_invite, show_invite};
use course_seats_sandbox::{PortalForm, PortalPage};
use serde::Serialize;
use utoipa::ToSchema;

/// The form that accepts.
#[derive(Serialize, ToSchema)]
pub struct AcceptForm {
    /// What the link carries.
    pub token: String,
    /// Who accepts.
    #[schema(example = "faculty")]
    pub username: String,
}

/// Where an invite link leads, as a page
///
/// The portal has this path in production. Here it says what the portal would do, and lets a
/// user of the sandbox do it.
#[utoipa::path(
    tag = "sandbox",
    operation_id = "sandbox_invite_page",
    security(()),
    params(("token" = Option<String>, Query, description = "What the link carries")),
    responses(
        (status = 200, description = "The invitation", body = String, content_type = "text/html"),
        (status = 400, description = "No token, or an expired one", body = String, content_type = "text/html"),
        (status = 404, description = "There is no such invitation", body = String, content_type = "text/html"),
    ),
)]
#[get("/invite")]
pub async fn show(call: Call) -> Answer {
    let token = from_query(&call, "token");
    match invitation(&call, &token).await {
        Ok(view) => Ok(shown(&invite_page(&call, &view, token, "sandbox/"))),
        Err(failure) => Ok(not_done(&call, &failure, PortalPage::default(), "sandbox/")),
    }
}

/// Accept an invitation: what the portal does when the invited person follows the link
#[utoipa::path(
    tag = "sandbox",
    operation_id = "sandbox_accept_invite",
    security(()),
    request_body(content = AcceptForm, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 200, description = "What became of it", body = String, content_type = "text/html"),
        (status = 400, description = "No token, or an expired one", body = String, content_type = "text/html"),
        (status = 403, description = "It was sent to somebody else", body = String, content_type = "text/html"),
        (status = 404, description = "There is no such invitation", body = String, content_type = "text/html"),
        (status = 422, description = "Nobody was chosen", body = String, content_type = "text/html"),
        TooBig,
    ),
)]
#[post("/sandbox/invite")]
pub async fn submit(mut call: Call) -> Answer {
    let form = form(&mut call).await?;
    let token = field(&form, "token").unwrap_or_default();
    let username = field(&form, "username").unwrap_or_default();
    let view = match invitation(&call, &token).await {
        Ok(view) => view,
        Err(failure) => return Ok(not_done(&call, &failure, PortalPage::default(), "")),
    };
    let mut page = invite_page(&call, &view, token.clone(), "");
    let done = match signed_in(&call, &username).await {
        Ok(caller) => call
            .run(move |app| async move { accept_invite(&app, &caller, &token).await })
            .await?
            .map_err(Failure::from),
        Err(failure) => Err(failure),
    };
    match done {
        Ok(done) => {
            let (lab, role) = (&view.lab_name, view.invite.role.as_str());
            page.paragraphs = vec![match done.already {
                true => "The invitation had been accepted before.".to_owned(),
                false => format!("{username} is now {role} of the virtual lab “{lab}”."),
            }];
            page.form = None;
            Ok(shown(&page))
        }
        Err(failure) => Ok(not_done(&call, &failure, page, "")),
    }
}

async fn invitation(call: &Call, token: &str) -> Result<InviteView, Failure> {
    let token = token.to_owned();
    Ok(call.run(move |app| async move { show_invite(&app, &token).await }).await??)
}

fn invite_page(call: &Call, view: &InviteView, token: String, up: &str) -> PortalPage {
    let invite = &view.invite;
    let inviter = match view.inviter_full_name.as_str() {
        "" => "Somebody",
        name => name,
    };
    let about = format!(
        "{inviter} invites {} to the virtual lab “{}”, as {}.",
        invite.email.as_str(),
        view.lab_name,
        invite.role.as_str(),
    );
    let next = match invite.accepted {
        true => "The invitation is accepted.",
        false => {
            "In production this link opens the portal: whoever is signed in with that address \
             joins the lab. Here, choose who that is."
        }
    };
    let form = (!invite.accepted).then(|| PortalForm {
        action: format!("{up}invite"),
        hidden: ("token", token),
        people: everybody(call),
        suggested_email: Some(invite.email.as_str().to_owned()),
        button: "Accept the invitation",
    });
    PortalPage {
        title: "An invitation to a virtual lab".into(),
        paragraphs: vec![about, next.to_owned()],
        form,
        mailbox: mailbox(call, up),
    }
}
