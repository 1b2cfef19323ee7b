use crate::app::{App, finish};
use crate::ports::store::{MailContent, Work};
use crate::ports::{StoreError, Tx};
use crate::reconcilers::{Queued, queue_mail};
use crate::settings::delta;
use crate::use_cases::requests::{Asked, RepeatError, Turn, once, record};
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
    /// A repeat that is not answered.
    #[error(transparent)]
    Repeat(#[from] RepeatError),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Queues another claim mail about an enrolment of this course that can still be claimed. It takes
/// the place of those that were not sent. A repeat is told of the same mail.
///
/// # Errors
/// [`ResendError`].
pub async fn resend_claim_mail(
    app: &Arc<App>,
    asked: impl Into<Asked>,
    course: CourseId,
    id: EnrolmentId,
) -> Result<MailId, ResendError> {
    let asked = asked.into();
    let first = async {
        let mut tx = app.begin().await?;
        let result = queue(app, &mut *tx, &asked, course, id).await;
        finish(tx, result).await
    };
    match once(app, &asked, first).await? {
        Turn::First(mail) => {
            let id = mail.id();
            mail.send(app);
            Ok(id)
        }
        Turn::Again(request) => match request.work {
            Work::ResendClaimMail { mail } => Ok(mail),
            other => Err(other.misplaced("a resend").into()),
        },
    }
}

async fn queue(
    app: &App,
    tx: &mut dyn Tx,
    asked: &Asked,
    course: CourseId,
    id: EnrolmentId,
) -> Result<Queued, ResendError> {
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
    tx.cancel_mails(&[id.uuid()]).await?;
    let content = MailContent::Claim { enrolment: id, lab_name };
    let mail = queue_mail(app, tx, enrolment.email, content).await?;
    let detail = json!({ "course": course.id, "mail": mail.id() });
    tx.audit(&app.audit(&asked.subject, "resend_claim_mail", id, detail)).await?;
    let work = Work::ResendClaimMail { mail: mail.id() };
    record(app, tx, asked, app.new_id(), Some(course.id), work).await?;
    Ok(mail)
}
