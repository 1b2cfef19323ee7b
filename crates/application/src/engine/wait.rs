use super::drive::resume;
use crate::app::{App, finish};
use crate::ports::StoreError;
use course_seats_domain::ids::SagaId;
use course_seats_domain::plans::CourseEvent;
use course_seats_domain::saga::{LedgerError, Status};
use futures::channel::oneshot;
use futures::future::select;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

/// How often who waits reads the ledger without being woken: another replica may have finished.
const READ_AGAIN: Duration = Duration::from_millis(500);

/// Where each saga is.
pub(crate) type Decisions = HashMap<SagaId, Status>;

/// Waits until all of these sagas are closed, or the deadline has passed (on the monotonic
/// clock), and says where they are. `driven` is what [`super::start`] gave. A database that does
/// not answer is asked again until then.
pub(crate) async fn decided(
    app: &App,
    sagas: &[SagaId],
    driven: oneshot::Receiver<()>,
    deadline: Duration,
) -> Result<Decisions, StoreError> {
    // As long as this process is at work on them there is nothing to read.
    let left = deadline.saturating_sub(app.ports.clock.monotonic());
    let _ = select(driven, app.ports.clock.sleep(left)).await;
    loop {
        let progress = app.tasks.progress.listen();
        let read = async { app.glance().await?.statuses(sagas).await }.await;
        let read = read.map(|statuses| statuses.into_iter().collect::<Decisions>());
        let left = deadline.saturating_sub(app.ports.clock.monotonic());
        let open = match &read {
            Ok(decisions) => decisions.values().any(|status| status.is_open()),
            Err(_) => true,
        };
        if !open || left.is_zero() || app.tasks.draining() {
            return read;
        }
        select(progress, app.ports.clock.sleep(left.min(READ_AGAIN))).await;
    }
}

/// Turns a saga to undo because the answer is due, unless it is closed, or past its point of no
/// return: once said, it never settles. Returns where it is now.
pub(crate) async fn turn_to_undo(
    app: &Arc<App>,
    saga: SagaId,
    why: &str,
) -> Result<Status, StoreError> {
    let mut tx = app.begin().await?;
    let result = async {
        let Some(found) = tx.load(saga.uuid()).await? else {
            return Ok(Status::Undone);
        };
        if !found.can_turn_back() {
            return Ok(found.status);
        }
        // Its owner may be in the middle of a call: that is an unknown outcome.
        let events = [CourseEvent::TakenOver, CourseEvent::TurnedToUndo { why: why.to_owned() }];
        match tx.seize(saga, Status::Running, &events, None).await {
            Ok(()) => Ok(Status::Undoing),
            // It has moved since it was read: what is said must be what it is now.
            Err(LedgerError::Fenced) => {
                Ok(tx.load(saga.uuid()).await?.map_or(Status::Undone, |found| found.status))
            }
            Err(error) => Err(StoreError::from(error)),
        }
    }
    .await;
    let status = finish(tx, result).await?;
    if status == Status::Undoing {
        drop(resume(app, saga));
    }
    Ok(status)
}
