use crate::app::{App, finish};
use crate::ports::{StoreError, Tx};
use course_seats_domain::course::{ActivationRefusal, Course};
use course_seats_domain::ids::CourseId;
use serde_json::json;

/// Why a course was not activated. The texts are the API's messages.
#[derive(Debug, thiserror::Error)]
pub enum ActivateCourseError {
    /// There is none.
    #[error("Course {0} not found")]
    NotFound(CourseId),
    /// The rules refuse.
    #[error(transparent)]
    Refused(#[from] ActivationRefusal),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Makes a draft active.
///
/// # Errors
/// [`ActivateCourseError`].
pub async fn activate_course(
    app: &App,
    actor: &str,
    id: CourseId,
) -> Result<Course, ActivateCourseError> {
    let mut tx = app.begin().await?;
    let result = activate(app, &mut *tx, actor, id).await;
    finish(tx, result).await
}

async fn activate(
    app: &App,
    tx: &mut dyn Tx,
    actor: &str,
    id: CourseId,
) -> Result<Course, ActivateCourseError> {
    let mut course = tx.lock_course(id).await?.ok_or(ActivateCourseError::NotFound(id))?;
    course.activate(app.now())?;
    tx.update_course(&course).await?;
    tx.audit(&app.audit(actor, "activate_course", id, json!({}))).await?;
    Ok(course)
}
