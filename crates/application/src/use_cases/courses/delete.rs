use super::mark_closing;
use crate::app::{App, finish};
use crate::engine::{decided, start};
use crate::ports::{StoreError, Tx};
use course_seats_domain::course::{Closing, CourseEvent};
use course_seats_domain::ids::{CourseId, SagaId};
use course_seats_domain::saga::Status;
use serde_json::json;
use std::sync::Arc;

/// Why a course is not deleted. The texts are the API's messages.
#[derive(Debug, thiserror::Error)]
pub enum DeleteCourseError {
    /// There is none.
    #[error("Course {0} not found")]
    NotFound(CourseId),
    /// It is active.
    #[error("Active courses cannot be deleted. Void the course first.")]
    Active,
    /// It is not done when the answer is due; it goes on by itself, and a repeat joins it.
    #[error("Failed to deplete vlab budget for course {0}")]
    NotDoneYet(CourseId),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Deletes a course: drops everyone, depletes, and removes course, seats and enrolments, all or
/// nothing.
///
/// # Errors
/// [`DeleteCourseError`].
pub async fn delete_course(
    app: &Arc<App>,
    actor: &str,
    id: CourseId,
) -> Result<(), DeleteCourseError> {
    let deadline = app.ports.clock.monotonic() + app.settings.answer_deadline;
    let mut tx = app.begin().await?;
    let result = delete(app, &mut *tx, actor, id).await;
    let Some(saga) = finish(tx, result).await? else {
        return Err(DeleteCourseError::NotDoneYet(id));
    };
    let driven = start(app, vec![saga]);
    let decisions = decided(app, &[saga], driven, deadline).await?;
    match decisions.get(&saga) {
        Some(Status::Completed) => Ok(()),
        _ => Err(DeleteCourseError::NotDoneYet(id)),
    }
}

async fn delete(
    app: &App,
    tx: &mut dyn Tx,
    actor: &str,
    id: CourseId,
) -> Result<Option<SagaId>, DeleteCourseError> {
    let mut course = tx.lock_course(id).await?.ok_or(DeleteCourseError::NotFound(id))?;
    if course.status.after(CourseEvent::Delete).is_err() {
        return Err(DeleteCourseError::Active);
    }
    let saga = mark_closing(app, tx, &mut course, Closing::Deleting).await?;
    tx.audit(&app.audit(actor, "delete_course", id, json!({}))).await?;
    Ok(saga)
}
