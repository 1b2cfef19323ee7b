use crate::app::{App, finish};
use crate::ports::{StoreError, Tx};
use chrono::{DateTime, Utc};
use course_seats_domain::course::{Course, CourseEvent};
use course_seats_domain::ids::{CourseId, InstitutionId};
use serde_json::json;

/// What is to be changed: an absent field stays, `Some(None)` clears it.
#[derive(Debug, Clone, Copy, Default)]
pub struct CourseChanges {
    /// The start.
    pub start: Option<Option<DateTime<Utc>>>,
    /// The last drop.
    pub last_drop: Option<Option<DateTime<Utc>>>,
    /// The end.
    pub end: Option<Option<DateTime<Utc>>>,
    /// The institution.
    pub institution: Option<InstitutionId>,
}

/// Why a course was not changed. The texts are the API's messages.
#[derive(Debug, thiserror::Error)]
pub enum UpdateCourseError {
    /// There is none.
    #[error("Course {0} not found")]
    NotFound(CourseId),
    /// It is no draft.
    #[error("Only draft courses can be modified")]
    NotADraft,
    /// There is no such institution.
    #[error("Institution {0} not found")]
    InstitutionNotFound(InstitutionId),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Changes a draft.
///
/// # Errors
/// [`UpdateCourseError`].
pub async fn update_course(
    app: &App,
    actor: &str,
    id: CourseId,
    changes: CourseChanges,
) -> Result<Course, UpdateCourseError> {
    let mut tx = app.begin().await?;
    let result = change(app, &mut *tx, actor, id, changes).await;
    finish(tx, result).await
}

async fn change(
    app: &App,
    tx: &mut dyn Tx,
    actor: &str,
    id: CourseId,
    changes: CourseChanges,
) -> Result<Course, UpdateCourseError> {
    let mut course = tx.lock_course(id).await?.ok_or(UpdateCourseError::NotFound(id))?;
    if course.status.after(CourseEvent::Change).is_err() || course.closing.is_some() {
        return Err(UpdateCourseError::NotADraft);
    }
    if let Some(institution) = changes.institution {
        if tx.institution(institution).await?.is_none() {
            return Err(UpdateCourseError::InstitutionNotFound(institution));
        }
        course.institution = institution;
    }
    course.dates.start = changes.start.unwrap_or(course.dates.start);
    course.dates.last_drop = changes.last_drop.unwrap_or(course.dates.last_drop);
    course.dates.end = changes.end.unwrap_or(course.dates.end);
    course.updated_at = app.now();
    tx.update_course(&course).await?;
    tx.audit(&app.audit(actor, "update_course", id, json!({}))).await?;
    Ok(course)
}
