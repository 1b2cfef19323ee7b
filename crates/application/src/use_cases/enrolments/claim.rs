use crate::app::{App, finish};
use crate::ports::store::CourseDetails;
use crate::ports::{Caller, StoreError, Tx};
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
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Claims an enrolment for whoever holds the link. `within`: only if it is of this course.
///
/// # Errors
/// [`ClaimError`].
pub async fn claim_enrolment(
    app: &App,
    caller: &Caller,
    id: EnrolmentId,
    within: Option<CourseId>,
) -> Result<Claimed, ClaimError> {
    let user = caller.user.ok_or(ClaimError::NotAPerson)?;
    let mut tx = app.begin().await?;
    let result = claim(app, &mut *tx, user, id, within).await;
    finish(tx, result).await
}

async fn claim(
    app: &App,
    tx: &mut dyn Tx,
    user: UserId,
    id: EnrolmentId,
    within: Option<CourseId>,
) -> Result<Claimed, ClaimError> {
    let of = tx.enrolment(id).await?.ok_or(ClaimError::NotFound)?.course;
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
    let course = tx.course_details(of).await?.ok_or(ClaimError::NotFound)?;
    Ok(Claimed { enrolment, course })
}
