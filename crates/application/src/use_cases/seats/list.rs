use crate::app::App;
use crate::ports::StoreError;
use crate::ports::store::{Listed, Page, SeatFilter, SeatView};
use course_seats_domain::ids::CourseId;

/// The seats of a course.
///
/// # Errors
/// [`StoreError`] if the database does not answer.
pub async fn list_seats(
    app: &App,
    course: CourseId,
    filter: &SeatFilter,
    page: Option<Page>,
) -> Result<Listed<SeatView>, StoreError> {
    app.glance().await?.list_seats(course, app.now(), filter, page).await
}
