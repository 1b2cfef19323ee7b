use crate::app::App;
use crate::ports::StoreError;
use crate::ports::store::{EnrolmentFilter, EnrolmentView, Listed, Page};
use course_seats_domain::ids::CourseId;

/// The enrolments of a course.
///
/// # Errors
/// [`StoreError`] if the database does not answer.
pub async fn list_enrolments(
    app: &App,
    course: CourseId,
    filter: &EnrolmentFilter,
    page: Option<Page>,
) -> Result<Listed<EnrolmentView>, StoreError> {
    app.glance().await?.list_enrolments(course, filter, page).await
}
