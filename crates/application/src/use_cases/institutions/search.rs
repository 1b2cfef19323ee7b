use crate::app::App;
use crate::ports::StoreError;
use crate::ports::store::{Listed, Page};
use course_seats_domain::institution::Institution;

/// The institutions whose name contains `text`, or all.
///
/// # Errors
/// [`StoreError`] if the database does not answer.
pub async fn search_institutions(
    app: &App,
    text: Option<&str>,
    page: Option<Page>,
) -> Result<Listed<Institution>, StoreError> {
    app.read().await?.search_institutions(text, page).await
}
