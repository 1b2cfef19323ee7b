use super::show_invite::{InviteError, find};
use crate::app::{App, finish};
use crate::ports::{Caller, StoreError};
use crate::use_cases::new_saga;
use crate::use_cases::one_object::{NotMade, see_through};
use course_seats_domain::ids::SagaId;
use course_seats_domain::plans::{AcceptInvite, SagaKind, Subject};
use course_seats_domain::virtual_lab::Invite;
use std::sync::Arc;

/// An invite that is accepted.
#[derive(Debug, Clone)]
pub struct AcceptedInvite {
    /// The invite.
    pub invite: Invite,
    /// Whether it was accepted before.
    pub already: bool,
}

/// Accepts an invite: the caller joins the lab. Only for whom it was sent to, by verified e-mail.
///
/// # Errors
/// [`InviteError`]; then nothing is left of it, or soon nothing will be.
pub async fn accept_invite(
    app: &Arc<App>,
    caller: &Caller,
    token: &str,
) -> Result<AcceptedInvite, InviteError> {
    let (invite, lab) = find(app, token).await?;
    let user = caller.user.ok_or(InviteError::NotAPerson)?;
    if !is_invited(app, caller, &invite) {
        return Err(InviteError::WrongPerson);
    }
    if invite.accepted {
        return Ok(AcceptedInvite { invite, already: true });
    }
    if app.is_shutting_down() {
        return Err(NotMade::ShuttingDown.into());
    }
    let accept = AcceptInvite { invite: invite.id, lab: invite.lab, user, role: invite.role };
    let group = lab.group(invite.role).clone();
    let saga: SagaId = app.new_id();
    let (kind, subject) = (SagaKind::AcceptInvite, Subject::Invite(invite.id));
    let mut tx = app.begin().await?;
    let opened = tx.open(new_saga(saga, kind, subject, None, None, accept.plan(group))).await;
    finish(tx, opened.map_err(StoreError::from)).await?;
    match see_through::<InviteError>(app, saga).await {
        Ok(()) => Ok(AcceptedInvite { invite, already: false }),
        Err(InviteError::NotMade(not_made)) => {
            // Somebody else (another tab) may have accepted it at the same time.
            match app.read().await?.invite(invite.id).await? {
                Some(invite) if invite.accepted => Ok(AcceptedInvite { invite, already: true }),
                _ => Err(not_made.into()),
            }
        }
        Err(error) => Err(error),
    }
}

fn is_invited(app: &App, caller: &Caller, invite: &Invite) -> bool {
    let verified = caller.email_verified || !app.settings.invite_require_verified_email;
    let same = caller.email.as_ref().is_some_and(|email| email.folded() == invite.email.folded());
    verified && same
}
