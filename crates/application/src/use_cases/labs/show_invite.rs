use super::invite_token;
use crate::app::App;
use crate::ports::StoreError;
use crate::use_cases::one_object::NotMade;
use course_seats_domain::virtual_lab::{Invite, VirtualLab};

/// An invite as the invited person sees it.
#[derive(Debug, Clone)]
pub struct InviteView {
    /// The invite.
    pub invite: Invite,
    /// The name of its lab.
    pub lab_name: String,
    /// Who invited; empty if the identity provider does not know him any more.
    pub inviter_full_name: String,
}

/// Why an invite is not shown or accepted. The texts are the API's messages.
#[derive(Debug, thiserror::Error)]
pub enum InviteError {
    /// The token is not one of ours.
    #[error("Invite Token is not valid")]
    Malformed,
    /// It came too late.
    #[error("Invite Token is not valid")]
    Expired,
    /// The invite, or its lab, is gone.
    #[error("Invite not found")]
    NotFound,
    /// It was sent to somebody else, or the caller's address is not verified.
    #[error("Invite was sent to another e-mail address")]
    WrongPerson,
    /// The caller's `sub` is no UUID and cannot be stored.
    #[error("This account cannot accept an invite")]
    NotAPerson,
    /// It did not come to a good end.
    #[error(transparent)]
    NotMade(#[from] NotMade),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What a token invites to.
///
/// # Errors
/// [`InviteError`].
pub async fn show_invite(app: &App, token: &str) -> Result<InviteView, InviteError> {
    let (invite, lab) = find(app, token).await?;
    let inviter = app.ports.identity.user(invite.inviter).await.map_err(NotMade::from)?;
    Ok(InviteView {
        lab_name: lab.profile.name.to_string(),
        inviter_full_name: inviter.map(|user| user.full_name()).unwrap_or_default(),
        invite,
    })
}

/// The invite that a token names, and its lab.
pub(super) async fn find(app: &App, token: &str) -> Result<(Invite, VirtualLab), InviteError> {
    let id = invite_token::read(token, &app.settings.invite_secret, app.now())?;
    let mut tx = app.read().await?;
    let invite = tx.invite(id).await?.ok_or(InviteError::NotFound)?;
    let lab = tx.lab(invite.lab).await?.ok_or(InviteError::NotFound)?;
    Ok((invite, lab))
}
