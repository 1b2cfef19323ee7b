use crate::app::{App, finish};
use crate::ports::StoreError;
use crate::ports::store::{Listed, MailStatus, MailSummary, Page};
use course_seats_domain::ids::MailId;
use serde_json::json;

/// Why a mail is not tried again.
#[derive(Debug, thiserror::Error)]
pub enum RetryMailError {
    /// There is none.
    #[error("Mail {0} not found")]
    NotFound(MailId),
    /// It was sent, or what it is about is gone.
    #[error("This mail is {status}", status = .0.as_str())]
    Refused(MailStatus),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The mails that are there, newest first.
///
/// # Errors
/// [`StoreError`] if the database does not answer.
pub async fn list_mails(
    app: &App,
    status: Option<MailStatus>,
    page: Page,
) -> Result<Listed<MailSummary>, StoreError> {
    app.read().await?.list_mails(status, page).await
}

/// Makes a queued or dead mail due now, its attempts counted anew.
///
/// # Errors
/// [`RetryMailError`].
pub async fn retry_mail(app: &App, actor: &str, id: MailId) -> Result<(), RetryMailError> {
    let mut tx = app.begin().await?;
    let result = async {
        let found = tx.mail(id).await?.ok_or(RetryMailError::NotFound(id))?;
        if !tx.requeue_mail(id).await? {
            return Err(RetryMailError::Refused(found.mail.status));
        }
        let detail = json!({ "was": found.mail.status.as_str() });
        tx.audit(&app.audit(actor, "retry_mail", id, detail)).await?;
        Ok(())
    }
    .await;
    finish(tx, result).await?;
    app.wake_reconcilers();
    Ok(())
}
