use crate::app::App;
use crate::ports::StoreError;
use crate::ports::store::{Listed, Page, SagaFilter, SagaSummary};
use course_seats_domain::ids::SagaId;
use course_seats_domain::plans::CourseSaga;

/// The sagas that match, newest first.
///
/// # Errors
/// [`StoreError`] if the database does not answer.
pub async fn list_sagas(
    app: &App,
    filter: &SagaFilter,
    page: Page,
) -> Result<Listed<SagaSummary>, StoreError> {
    app.read().await?.list_sagas(filter, page).await
}

/// One saga with its notebook, or `None`.
///
/// # Errors
/// [`StoreError`] if the database does not answer.
pub async fn get_saga(
    app: &App,
    id: SagaId,
) -> Result<Option<(SagaSummary, CourseSaga)>, StoreError> {
    app.read().await?.describe(id).await
}
