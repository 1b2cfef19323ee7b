//! Calls whose time is over are forgotten: keys after a day, jobs after thirty.

use crate::app::{App, finish};
use crate::ports::StoreError;
use std::sync::Arc;
use std::time::Duration;

/// How often it looks: what is over is not answered from anyway.
const EVERY: Duration = Duration::from_secs(3600);

/// How many go in one transaction.
const AT_ONCE: u32 = 500;

/// One round: all that are over, a few at a time, then a long rest.
pub(super) async fn forget_old(app: Arc<App>) {
    loop {
        match forget_some(&app).await {
            Ok(0) => break,
            Ok(forgotten) => tracing::info!(forgotten, "old requests are forgotten"),
            Err(error) => {
                tracing::warn!(%error, "old requests are not forgotten yet");
                break;
            }
        }
    }
    app.rest(EVERY).await;
}

async fn forget_some(app: &App) -> Result<usize, StoreError> {
    // Read first: most often there is nothing, and no write.
    let over = app.read().await?.requests_to_forget(app.now(), AT_ONCE).await?;
    if over.is_empty() {
        return Ok(0);
    }
    let mut tx = app.begin().await?;
    let result = tx.forget_requests(&over).await;
    finish(tx, result).await?;
    Ok(over.len())
}
