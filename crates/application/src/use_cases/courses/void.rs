use super::{CourseError, mark_closing};
use crate::app::{App, finish};
use crate::engine::{decided, start};
use crate::ports::{StoreError, Tx};
use course_seats_domain::course::{Closing, Course, CourseEvent};
use course_seats_domain::ids::{CourseId, SagaId};
use serde_json::json;
use std::sync::Arc;

/// Voids a course: idempotent and always allowed. `VOIDED` is committed before the first call
/// outside; what is left when the answer is due goes on by itself.
///
/// # Errors
/// [`CourseError`].
pub async fn void_course(app: &Arc<App>, actor: &str, id: CourseId) -> Result<Course, CourseError> {
    let deadline = app.ports.clock.monotonic() + app.settings.answer_deadline;
    let mut tx = app.begin().await?;
    let result = void(app, &mut *tx, actor, id).await;
    let (course, saga) = finish(tx, result).await?;
    if let Some(saga) = saga {
        let driven = start(app, vec![saga]);
        decided(app, &[saga], driven, deadline).await?;
    }
    Ok(course)
}

async fn void(
    app: &App,
    tx: &mut dyn Tx,
    actor: &str,
    id: CourseId,
) -> Result<(Course, Option<SagaId>), CourseError> {
    let mut course = tx.lock_course(id).await?.ok_or(CourseError::NotFound(id))?;
    course.status = course
        .status
        .after(CourseEvent::Void)
        .map_err(|bug| StoreError::Corrupt(bug.to_string()))?;
    tx.update_course(&course).await?;
    let saga = mark_closing(app, tx, &mut course, Closing::Voided).await?;
    tx.audit(&app.audit(actor, "void_course", id, json!({}))).await?;
    Ok((course, saga))
}
