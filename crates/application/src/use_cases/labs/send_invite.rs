use crate::app::{App, finish};
use crate::ports::store::MailContent;
use crate::ports::{Caller, StoreError, Tx};
use crate::reconcilers::{Queued, queue_mail, wait_for_mail};
use course_seats_domain::group::GroupRole;
use course_seats_domain::ids::{InviteId, LabId, UserId};
use course_seats_domain::values::EmailAddress;
use course_seats_domain::virtual_lab::Invite;
use serde_json::json;
use std::sync::Arc;

/// Why nobody was invited. The texts are the API's messages.
#[derive(Debug, thiserror::Error)]
pub enum SendInviteError {
    /// There is no such lab.
    #[error("No virtual lab with this id found")]
    LabNotFound,
    /// The caller's `sub` is no UUID and cannot be stored.
    #[error("This account cannot invite")]
    NotAPerson,
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Invites somebody into a lab, by mail.
///
/// # Errors
/// [`SendInviteError`].
pub async fn send_invite(
    app: &Arc<App>,
    caller: &Caller,
    lab: LabId,
    email: EmailAddress,
    role: GroupRole,
) -> Result<InviteId, SendInviteError> {
    let inviter = caller.user.ok_or(SendInviteError::NotAPerson)?;
    let mut tx = app.begin().await?;
    let result = write(app, &mut *tx, inviter, &caller.full_name, lab, email, role).await;
    let (invite, mail) = finish(tx, result).await?;
    mail.send(app);
    wait_for_mail(app, &[invite.uuid()]).await?;
    Ok(invite)
}

async fn write(
    app: &App,
    tx: &mut dyn Tx,
    inviter: UserId,
    inviter_name: &str,
    lab: LabId,
    email: EmailAddress,
    role: GroupRole,
) -> Result<(InviteId, Queued), SendInviteError> {
    let row = tx.lab(lab).await?.ok_or(SendInviteError::LabNotFound)?;
    let now = app.now();
    let invite = Invite {
        id: app.new_id(),
        lab,
        inviter,
        role,
        email,
        user: None,
        accepted: false,
        created_at: now,
        updated_at: now,
    };
    tx.insert_invite(&invite).await?;
    let content = MailContent::Invite {
        invite: invite.id,
        lab_name: row.profile.name.to_string(),
        inviter: inviter_name.to_owned(),
        expires_at: now + app.settings.invite_expires,
    };
    let mail = queue_mail(app, tx, invite.email, content).await?;
    let detail = json!({ "lab": lab, "role": role });
    tx.audit(&app.audit(&inviter.to_string(), "send_invite", invite.id, detail)).await?;
    Ok((invite.id, mail))
}
