use crate::app::{App, finish};
use crate::ports::store::Work;
use crate::ports::{StoreError, Tx};
use crate::use_cases::requests::{Asked, RepeatError, Turn, once, record};
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
    /// A repeat that is not answered.
    #[error(transparent)]
    Repeat(#[from] RepeatError),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Makes a draft active. A repeat gives the course as it is now.
///
/// # Errors
/// [`ActivateCourseError`].
pub async fn activate_course(
    app: &App,
    asked: impl Into<Asked>,
    id: CourseId,
) -> Result<Course, ActivateCourseError> {
    let asked = asked.into();
    let first = async {
        let mut tx = app.begin().await?;
        let result = activate(app, &mut *tx, &asked, id).await;
        finish(tx, result).await
    };
    match once(app, &asked, first).await? {
        Turn::First(course) => Ok(course),
        Turn::Again(_) => {
            app.read().await?.course(id).await?.ok_or(ActivateCourseError::NotFound(id))
        }
    }
}

async fn activate(
    app: &App,
    tx: &mut dyn Tx,
    asked: &Asked,
    id: CourseId,
) -> Result<Course, ActivateCourseError> {
    let mut course = tx.lock_course(id).await?.ok_or(ActivateCourseError::NotFound(id))?;
    course.activate(app.now())?;
    tx.update_course(&course).await?;
    tx.audit(&app.audit(&asked.subject, "activate_course", id, json!({}))).await?;
    let work = Work::ActivateCourse { course: id };
    record(app, tx, asked, app.new_id(), Some(id), work).await?;
    Ok(course)
}
