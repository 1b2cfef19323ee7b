use crate::app::App;
use crate::ports::StoreError;
use crate::ports::store::Statistics;

/// What the database holds, in numbers.
///
/// # Errors
/// [`StoreError`] if the database does not answer.
pub async fn statistics(app: &App) -> Result<Statistics, StoreError> {
    app.read().await?.statistics().await
}
