use super::CourseError;
use crate::app::App;
use crate::ports::store::CourseDetails;
use course_seats_domain::ids::CourseId;

/// One course, with the names of its lab and institution.
///
/// # Errors
/// [`CourseError::NotFound`], or the database.
pub async fn get_course(app: &App, id: CourseId) -> Result<CourseDetails, CourseError> {
    app.glance().await?.course_details(id).await?.ok_or(CourseError::NotFound(id))
}
