use crate::app::App;
use crate::ports::StoreError;
use crate::ports::store::{CourseDetails, Listed, Page};

/// The courses whose lab's name contains `lab_name`.
///
/// # Errors
/// [`StoreError`] if the database does not answer.
pub async fn search_courses(
    app: &App,
    lab_name: &str,
    page: Option<Page>,
) -> Result<Listed<CourseDetails>, StoreError> {
    app.read().await?.search_courses(lab_name, page).await
}
