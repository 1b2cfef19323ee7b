use crate::app::App;
use crate::ports::StoreError;
use crate::ports::store::{Batch, BatchFilter, Listed, Page};
use course_seats_domain::ids::BatchId;

/// Why there are no batches. The texts are the API's messages.
#[derive(Debug, thiserror::Error)]
pub enum BatchError {
    /// There is no such batch.
    #[error("Seat batch {0} not found")]
    NotFound(BatchId),
    /// None matches.
    #[error("No seat batches found matching the given filters")]
    NoneMatches,
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The batches that match.
///
/// # Errors
/// [`BatchError::NoneMatches`], or the database.
pub async fn list_batches(
    app: &App,
    filter: &BatchFilter,
    page: Option<Page>,
) -> Result<Listed<Batch>, BatchError> {
    let found = app.read().await?.list_batches(filter, page).await?;
    if found.total == 0 { Err(BatchError::NoneMatches) } else { Ok(found) }
}

/// One batch: an entry for each course that has seats of it.
///
/// # Errors
/// [`BatchError::NotFound`], or the database.
pub async fn get_batch(app: &App, id: BatchId) -> Result<Vec<Batch>, BatchError> {
    let filter = BatchFilter { batch: Some(id), ..BatchFilter::default() };
    let found = app.read().await?.list_batches(&filter, None).await?.items;
    if found.is_empty() { Err(BatchError::NotFound(id)) } else { Ok(found) }
}
