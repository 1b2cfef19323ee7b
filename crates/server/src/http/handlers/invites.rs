//! Invitations into a lab.

use super::problems::{Bad, Missing, Outside, Problems, TooBig};
use super::words::RoleWord;
use crate::http::auth::Demand;
use crate::http::call::Call;
use crate::http::error::Answer;
use crate::http::parse;
use crate::http::views::{AcceptedInviteOut, InviteOut, Message, SentInviteOut, message};
use actix_web::{get, post};
use course_seats_application::use_cases::labs::{accept_invite, send_invite, show_invite};
use course_seats_domain::group::GroupRole;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

/// Somebody to be invited.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({"email": "faculty@sandbox.example", "role": "admin"}))]
pub struct InviteCreate {
    /// Who: only a signed-in user with this address can accept.
    #[schema(format = Email)]
    pub email: String,
    /// As what.
    pub role: RoleWord,
}

/// Invite somebody into a lab
#[utoipa::path(
    tag = "invites",
    operation_id = "invite_user_to_virtual_lab",
    params(("virtual_lab_id" = Uuid, Path, description = "The lab")),
    request_body = InviteCreate,
    responses((status = 200, description = "On its way", body = Message<SentInviteOut>), Problems, Missing, TooBig),
)]
#[post("/virtual-labs/{virtual_lab_id}/invites")]
pub async fn send(mut call: Call) -> Answer {
    let (caller, lab) = call.lab_admin(|_| Demand::LabInvites).await?;
    let read = call.body(|mut body| {
        let email = body.required("email", parse::line);
        let role = body.required("role", |value| {
            let roles = GroupRole::ALL.map(|role| (role.as_str(), role));
            parse::one_of(value, &roles)
        });
        body.finish((email, role))
    });
    let (email, role) = read.await?;
    let invite = call
        .run(move |app| async move { send_invite(&app, &caller, lab, email, role).await })
        .await??;
    message("Invite sent to user", SentInviteOut { id: invite.uuid() })
}

/// Show an invite
#[utoipa::path(
    tag = "invites",
    operation_id = "get_invite",
    params(("token" = Option<String>, Query, description = "What the link in the mail carries")),
    responses((status = 200, description = "The invite", body = Message<InviteOut>), Problems, Bad, Missing),
)]
#[get("/invites")]
pub async fn show(call: Call) -> Answer {
    call.signed_in().await?;
    let token = token(&call);
    let view = call.run(move |app| async move { show_invite(&app, &token).await }).await??;
    let invite = InviteOut {
        accepted: view.invite.accepted,
        invite_id: view.invite.id.uuid(),
        inviter_full_name: view.inviter_full_name,
        origin: "Lab",
        virtual_lab_id: view.invite.lab.uuid(),
        virtual_lab_name: Some(view.lab_name),
        project_id: None,
        project_name: None,
    };
    message("Invite for Lab received successfully", invite)
}

/// Accept an invite
///
/// Only for the signed-in user whose verified e-mail is the invited one.
#[utoipa::path(
    tag = "invites",
    operation_id = "accept_invite",
    params(("token" = Option<String>, Query, description = "What the link in the mail carries")),
    responses((status = 200, description = "Accepted", body = Message<AcceptedInviteOut>), Problems, Bad, Missing, Outside),
)]
#[post("/invites")]
pub async fn accept(call: Call) -> Answer {
    let caller = call.signed_in().await?;
    let token = token(&call);
    let done =
        call.run(move |app| async move { accept_invite(&app, &caller, &token).await }).await??;
    let lab = done.invite.lab.uuid();
    let (title, status) = match done.already {
        true => (format!("Invite for vlab: {lab} already accepted"), "already_accepted"),
        false => ("Invite for Lab accepted successfully".to_owned(), "accepted"),
    };
    let accepted = AcceptedInviteOut {
        origin: "Lab",
        invite_id: done.invite.id.uuid(),
        virtual_lab_id: lab,
        project_id: None,
        status,
        accepted: status,
    };
    message(title, accepted)
}

/// No token is one that is malformed.
fn token(call: &Call) -> String {
    call.query().get("token").and_then(Value::as_str).unwrap_or_default().to_owned()
}
