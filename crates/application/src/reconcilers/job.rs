use crate::app::{App, finish};
use crate::ports::StoreError;
use chrono::{DateTime, TimeDelta, Utc};

/// Does what one replica does for all, unless another one has done it, or took it less than
/// `lease` ago.
pub(super) async fn once_for_all(
    app: &App,
    job: &'static str,
    due: DateTime<Utc>,
    lease: TimeDelta,
    work: impl Future<Output = Result<(), StoreError>>,
) {
    let taken = async {
        let mut tx = app.begin().await?;
        let result = tx.take_run(job, due, lease).await;
        finish(tx, result).await
    };
    match taken.await {
        Ok(true) => {}
        Ok(false) => return,
        Err(error) => {
            tracing::warn!(job, %error, "a job was not taken");
            return;
        }
    }
    let done = async {
        work.await?;
        let mut tx = app.begin().await?;
        let result = tx.run_done(job, due).await;
        finish(tx, result).await
    };
    if let Err(error) = done.await {
        tracing::warn!(job, %error, "a job is not done; it is taken again");
    }
}
