use super::{CourseError, mark_closing};
use crate::app::{App, finish};
use crate::engine::{decided, start};
use crate::ports::store::Work;
use crate::ports::{StoreError, Tx};
use crate::use_cases::requests::{Asked, Turn, once, over_or_due, record};
use course_seats_domain::course::{Closing, Course, CourseEvent};
use course_seats_domain::ids::{CourseId, SagaId};
use serde_json::json;
use std::sync::Arc;

/// Voids a course: idempotent and always allowed. `VOIDED` is committed before the first call
/// outside; what is left when the answer is due goes on by itself.
///
/// # Errors
/// [`CourseError`].
pub async fn void_course(
    app: &Arc<App>,
    asked: impl Into<Asked>,
    id: CourseId,
) -> Result<Course, CourseError> {
    let asked = asked.into();
    let deadline = app.ports.clock.monotonic() + app.settings.answer_deadline;
    let first = async {
        let mut tx = app.begin().await?;
        let result = void(app, &mut *tx, &asked, id).await;
        finish(tx, result).await
    };
    match once(app, &asked, first).await? {
        Turn::First((course, None)) => Ok(course),
        Turn::First((course, Some(saga))) => {
            let driven = start(app, vec![saga]);
            decided(app, &[saga], driven, deadline).await?;
            Ok(course)
        }
        Turn::Again(request) => {
            over_or_due::<CourseError>(app, &request).await?;
            app.read().await?.course(id).await?.ok_or(CourseError::NotFound(id))
        }
    }
}

async fn void(
    app: &App,
    tx: &mut dyn Tx,
    asked: &Asked,
    id: CourseId,
) -> Result<(Course, Option<SagaId>), CourseError> {
    let mut course = tx.lock_course(id).await?.ok_or(CourseError::NotFound(id))?;
    course.status = course
        .status
        .after(CourseEvent::Void)
        .map_err(|bug| StoreError::Corrupt(bug.to_string()))?;
    tx.update_course(&course).await?;
    let saga = mark_closing(app, tx, &mut course, Closing::Voided).await?;
    tx.audit(&app.audit(&asked.subject, "void_course", id, json!({}))).await?;
    let work = Work::VoidCourse { course: id, saga };
    record(app, tx, asked, app.new_id(), Some(id), work).await?;
    Ok((course, saga))
}
