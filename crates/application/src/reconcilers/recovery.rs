//! Recovery: sagas whose owner is gone are continued, closed ones are looked at when it is time.
//! Two reconcilers, so that slow looks hold up nobody who takes over.

use crate::app::App;
use crate::engine::{look, resume};
use crate::ports::StoreError;
use chrono::DateTime;
use course_seats_domain::ids::SagaId;
use course_seats_domain::saga::recovery::{Decision, Head, decide, overdue_since};
use futures::future::select;
use futures::{StreamExt, stream};
use std::sync::Arc;

/// How many heads one round reads.
const HEADS: u32 = 500;

/// One round of takeovers, some at once: the queue of a big request that waits for its turn must
/// not become a crowd. What is taken over drives itself; the next one's turn comes when it is closed
/// or waits, and at the latest after a lease.
pub(super) async fn take_over(app: Arc<App>) {
    let app = &app;
    let heads = async {
        let overdue = overdue_since(app.settings.lease(), app.now());
        // If there is no such moment, nobody was due by then.
        let due_by = overdue.unwrap_or(DateTime::UNIX_EPOCH);
        app.read().await?.abandoned(due_by, HEADS).await
    };
    let sagas = decided_on(app, Decision::TakeOver, heads.await);
    stream::iter(sagas)
        .for_each_concurrent(app.settings.batch_concurrency, |saga| async move {
            tracing::info!(%saga, "taking a saga over");
            let driven = resume(app, saga);
            select(driven, app.ports.clock.sleep(app.settings.saga_lease)).await;
        })
        .await;
}

/// One round of late looks.
pub(super) async fn look_again(app: Arc<App>) {
    let heads = async { app.read().await?.to_look_at(HEADS).await }.await;
    let looks = decided_on(&app, Decision::Look, heads);
    stream::iter(looks)
        .for_each_concurrent(app.settings.batch_concurrency, |saga| look(&app, saga))
        .await;
}

/// The sagas with which this should be done now.
fn decided_on(
    app: &App,
    wanted: Decision,
    heads: Result<Vec<(SagaId, Head)>, StoreError>,
) -> Vec<SagaId> {
    let heads = heads.unwrap_or_else(|error| {
        tracing::warn!(%error, "recovery cannot read the ledger");
        Vec::new()
    });
    let (lease, now) = (app.settings.lease(), app.now());
    heads
        .into_iter()
        .filter(|(_, head)| decide(head, lease, now) == wanted)
        .map(|(saga, _)| saga)
        .collect()
}
