//! Recovery: sagas whose owner is gone are continued, closed ones are looked at when it is time.

use crate::app::App;
use crate::engine::{look, resume};
use course_seats_domain::saga::recovery::{Decision, decide};
use futures::{StreamExt, stream};
use std::sync::Arc;

/// How many heads one round reads.
const HEADS: u32 = 500;

/// One round.
pub(super) async fn recover(app: Arc<App>) {
    let app = &app;
    let heads = async { app.read().await?.recoverable(HEADS).await }.await;
    let heads = match heads {
        Ok(heads) => heads,
        Err(error) => {
            tracing::warn!(%error, "recovery cannot read the ledger");
            return;
        }
    };
    let now = app.now();
    let lease = app.settings.lease();
    let mut looks = Vec::new();
    for (saga, head) in heads {
        match decide(&head, lease, now) {
            Decision::Leave => {}
            Decision::TakeOver => {
                tracing::info!(%saga, "taking a saga over");
                // It drives itself from here on.
                drop(resume(app, saga));
            }
            Decision::Look => looks.push(saga),
        }
    }
    stream::iter(looks)
        .for_each_concurrent(app.settings.batch_concurrency, |saga| look(app, saga))
        .await;
}
