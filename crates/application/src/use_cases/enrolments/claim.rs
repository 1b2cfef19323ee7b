use crate::app::{App, finish};
use crate::ports::store::{CourseDetails, Work};
use crate::ports::{StoreError, Tx};
use crate::use_cases::requests::{Asked, RepeatError, Turn, once, record};
use course_seats_domain::enrolment::{ClaimRefusal, Enrolment, check_claim};
use course_seats_domain::ids::{CourseId, EnrolmentId, UserId};
use serde_json::json;

/// An enrolment that was claimed.
#[derive(Debug, Clone)]
pub struct Claimed {
    /// The enrolment.
    pub enrolment: Enrolment,
    /// Its course.
    pub course: CourseDetails,
}

/// Why an enrolment was not claimed. The texts are the API's messages.
#[derive(Debug, thiserror::Error)]
pub enum ClaimError {
    /// There is none, or not in this course.
    #[error("Enrolment not found")]
    NotFound,
    /// The rules refuse.
    #[error(transparent)]
    Refused(#[from] ClaimRefusal),
    /// The caller's `sub` is no UUID and cannot be stored.
    #[error("This account cannot hold an enrolment")]
    NotAPerson,
    /// A repeat that is not answered.
    #[error(transparent)]
    Repeat(#[from] RepeatError),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Claims an enrolment for whoever holds the link. `within`: only if it is of this course. A repeat
/// gives the enrolment as it is now.
///
/// # Errors
/// [`ClaimError`].
pub async fn claim_enrolment(
    app: &App,
    asked: impl Into<Asked>,
    id: EnrolmentId,
    within: Option<CourseId>,
) -> Result<Claimed, ClaimError> {
    let asked = asked.into();
    let user = asked.user.ok_or(ClaimError::NotAPerson)?;
    let first = async {
        let mut tx = app.begin().await?;
        let result = claim(app, &mut *tx, &asked, user, id, within).await;
        finish(tx, result).await
    };
    match once(app, &asked, first).await? {
        Turn::First(claimed) => Ok(claimed),
        Turn::Again(_) => {
            let mut tx = app.read().await?;
            let enrolment = tx.enrolment(id).await?.ok_or(ClaimError::NotFound)?;
            let course = tx.course_details(enrolment.course).await?.ok_or(ClaimError::NotFound)?;
            Ok(Claimed { enrolment, course })
        }
    }
}

async fn claim(
    app: &App,
    tx: &mut dyn Tx,
    asked: &Asked,
    user: UserId,
    id: EnrolmentId,
    within: Option<CourseId>,
) -> Result<Claimed, ClaimError> {
    // Not yet locked: the course comes first.
    let found = tx.enrolments_by_id(&[id]).await?;
    let of = found.first().ok_or(ClaimError::NotFound)?.course;
    if within.is_some_and(|course| course != of) {
        return Err(ClaimError::NotFound);
    }
    let course = tx.lock_course(of).await?.ok_or(ClaimError::NotFound)?;
    // Read again: it may have changed before the lock.
    let mut enrolment = tx.enrolment(id).await?.ok_or(ClaimError::NotFound)?;
    check_claim(&enrolment, &course, app.now())?;
    enrolment.claimed_by = Some(user);
    tx.update_enrolment(&enrolment).await?;
    tx.audit(&app.audit(&user.to_string(), "claim_enrolment", id, json!({}))).await?;
    record(app, tx, asked, app.new_id(), Some(of), Work::Claim { enrolment: id }).await?;
    let course = tx.course_details(of).await?.ok_or(ClaimError::NotFound)?;
    Ok(Claimed { enrolment, course })
}
