use crate::app::{App, finish};
use crate::engine::keep_after_funding;
use crate::ports::StoreError;
use crate::ports::store::{Listed, Page, SagaFilter, SagaSummary};
use course_seats_domain::ids::SagaId;
use course_seats_domain::plans::{CourseEvent, CourseSaga, settling_event};
use course_seats_domain::saga::{LedgerError, Status};
use serde_json::json;

/// Why nothing was done about a saga.
#[derive(Debug, thiserror::Error)]
pub enum SagaError {
    /// There is none.
    #[error("Saga {0} not found")]
    NotFound(SagaId),
    /// It is closed: there is nothing to try again.
    #[error("This saga is {status}: there is nothing to try again", status = .0.as_str())]
    Closed(Status),
    /// It is not for a person to decide, or it has moved.
    #[error("This saga does not wait for anybody's decision")]
    NotToSettle,
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

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

/// Makes an open saga due now, whatever its backoff; also one that is not tried any more. Who has
/// it in hand goes on.
///
/// # Errors
/// [`SagaError`].
pub async fn retry_saga(app: &App, actor: &str, id: SagaId) -> Result<(), SagaError> {
    let mut tx = app.begin().await?;
    let result = async {
        // Due for so long that any process takes it, also one that never knew of it.
        let due = app.now() - app.settings.lease() * 2;
        match tx.set_due(id, due).await? {
            None => return Err(SagaError::NotFound(id)),
            Some(status) if !status.is_open() => return Err(SagaError::Closed(status)),
            Some(_) => {}
        }
        tx.audit(&app.audit(actor, "retry_saga", id, json!({}))).await?;
        Ok(())
    }
    .await;
    finish(tx, result).await?;
    app.wake_reconcilers();
    Ok(())
}

/// A person says what nobody can tell: a saga that waits for that is closed as it stands, of one
/// that is closed already the call for attention ends. The reason is kept in the notebook.
///
/// # Errors
/// [`SagaError`].
pub async fn settle_saga(
    app: &App,
    actor: &str,
    id: SagaId,
    reason: &str,
) -> Result<(), SagaError> {
    let mut tx = app.begin().await?;
    let result = async {
        let saga = tx.load(id.uuid()).await.map_err(StoreError::from)?;
        let saga = saga.ok_or(SagaError::NotFound(id))?;
        let event = settling_event(&saga, reason).ok_or(SagaError::NotToSettle)?;
        if saga.status.is_open() {
            keep_after_funding(app, &mut *tx, id, &saga).await?;
        }
        let mut events = Vec::new();
        if saga.status.is_open() || saga.looking {
            // Somebody may have it in hand.
            events.push(CourseEvent::TakenOver);
        }
        events.push(event);
        // What is closed by a word alone is looked at as everything that was ever unknown.
        let looks = app.settings.look_after(0).filter(|_| saga.status.is_open());
        let look_at = looks.map(|after| app.now() + after);
        match tx.seize(id, saga.status, &events, look_at).await {
            Ok(()) => {}
            Err(LedgerError::Fenced) => return Err(SagaError::NotToSettle),
            Err(error) => return Err(StoreError::from(error).into()),
        }
        let detail = json!({ "reason": reason, "was": saga.status.as_str() });
        tx.audit(&app.audit(actor, "settle_saga", id, detail)).await?;
        Ok(())
    }
    .await;
    finish(tx, result).await?;
    app.tasks.progress.notify(usize::MAX);
    Ok(())
}
