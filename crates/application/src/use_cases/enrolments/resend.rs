use crate::app::{App, finish};
use crate::ports::store::MailContent;
use crate::ports::{StoreError, Tx};
use crate::reconcilers::send_soon;
use crate::settings::delta;
use course_seats_domain::enrolment::{ClaimRefusal, check_claim};
use course_seats_domain::ids::{CourseId, EnrolmentId, MailId};
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;

/// Why no other claim mail is sent.
#[derive(Debug, thiserror::Error)]
pub enum ResendError {
    /// There is no such enrolment in this course.
    #[error("Enrolment not found")]
    NotFound,
    /// The link would lead nowhere.
    #[error(transparent)]
    Refused(#[from] ClaimRefusal),
    /// The last one is too young.
    #[error("A mail about this enrolment was written a short while ago")]
    TooSoon {
        /// After how long another one may be asked for.
        wait: Duration,
    },
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Queues another claim mail about an enrolment of this course that can still be claimed. It takes
/// the place of those that were not sent.
///
/// # Errors
/// [`ResendError`].
pub async fn resend_claim_mail(
    app: &Arc<App>,
    actor: &str,
    course: CourseId,
    id: EnrolmentId,
) -> Result<MailId, ResendError> {
    let mut tx = app.begin().await?;
    let result = queue(app, &mut *tx, actor, course, id).await;
    let mail = finish(tx, result).await?;
    send_soon(app, mail);
    Ok(mail)
}

async fn queue(
    app: &App,
    tx: &mut dyn Tx,
    actor: &str,
    course: CourseId,
    id: EnrolmentId,
) -> Result<MailId, ResendError> {
    let course = tx.lock_course(course).await?.ok_or(ResendError::NotFound)?;
    let enrolment = tx.enrolment(id).await?.filter(|enrolment| enrolment.course == course.id);
    let enrolment = enrolment.ok_or(ResendError::NotFound)?;
    check_claim(&enrolment, &course, app.now())?;
    if let Some(newest) = tx.newest_mail_at(id.uuid()).await? {
        let free_at = newest + delta(app.settings.resend_cooldown);
        if let Ok(wait) = (free_at - app.now()).to_std()
            && !wait.is_zero()
        {
            return Err(ResendError::TooSoon { wait });
        }
    }
    let lab = tx.lab(course.lab).await?.ok_or(ResendError::NotFound)?;
    let lab_name = lab.profile.name.to_string();
    tx.cancel_mails(id.uuid()).await?;
    let mail: MailId = app.new_id();
    let content = MailContent::Claim { enrolment: id, lab_name };
    tx.enqueue(mail, &enrolment.email, &content).await?;
    let detail = json!({ "course": course.id, "mail": mail });
    tx.audit(&app.audit(actor, "resend_claim_mail", id, detail)).await?;
    Ok(mail)
}
