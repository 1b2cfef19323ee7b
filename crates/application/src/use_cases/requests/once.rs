use super::Asked;
use crate::app::App;
use crate::ports::store::{Request, RequestKey, Work};
use crate::ports::{StoreError, Tx};
use crate::settings::delta;
use chrono::{DateTime, TimeDelta, Utc};
use course_seats_domain::ids::{CourseId, RequestId};
use std::time::Duration;

/// How long a key is known.
const KEYS_ARE_KEPT: TimeDelta = TimeDelta::hours(24);

/// How long a job can be asked for.
const JOBS_ARE_KEPT: TimeDelta = TimeDelta::days(30);

/// The shortest and the longest pause that a repeat is asked for.
const PAUSES: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(5));

/// Why a repeat is not answered. The texts are the API's messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RepeatError {
    /// The key was sent with another body before.
    #[error("This key was used for a request with another body")]
    OtherBody,
    /// The first call is not answered yet.
    #[error("The first request with this key is still at work; please try again")]
    AtWork {
        /// After this pause.
        retry_after: Duration,
    },
}

/// What a call turns out to be.
pub(crate) enum Turn<T> {
    /// The first with its key, or one without.
    First(T),
    /// A repeat of this one.
    Again(Box<Request>),
}

/// Does something, unless a call with the same key has done it. `first` writes the call down with
/// [`record`], in the transaction that does the work: of two at once one is refused there, and
/// finds the other one's row.
pub(crate) async fn once<T, E>(
    app: &App,
    asked: &Asked,
    first: impl Future<Output = Result<T, E>>,
) -> Result<Turn<T>, E>
where
    E: From<RepeatError> + From<StoreError>,
{
    if let Some(request) = earlier(app, asked).await? {
        return Ok(Turn::Again(same_body(asked, request)?));
    }
    let error = match first.await {
        Ok(done) => return Ok(Turn::First(done)),
        Err(error) => error,
    };
    // What refused it may be what the other one has done; and if the answer to a commit was lost,
    // the other one is this one.
    match earlier(app, asked).await {
        Ok(Some(request)) => Ok(Turn::Again(same_body(asked, request)?)),
        Ok(None) | Err(_) => Err(error),
    }
}

async fn earlier(app: &App, asked: &Asked) -> Result<Option<Request>, StoreError> {
    let Some(key) = &asked.key else {
        return Ok(None);
    };
    app.glance().await?.request_by_key(&asked.subject, key, keys_since(app)).await
}

fn keys_since(app: &App) -> DateTime<Utc> {
    app.now() - KEYS_ARE_KEPT
}

fn same_body(asked: &Asked, request: Request) -> Result<Box<Request>, RepeatError> {
    let hash = |key: &Option<RequestKey>| key.as_ref().map(|key| key.body_hash.clone());
    match hash(&asked.key) == hash(&request.key) {
        true => Ok(Box::new(request)),
        false => Err(RepeatError::OtherBody),
    }
}

/// Writes a call down, within the transaction that does its work. Calls without a key are only
/// remembered if their progress can be asked for.
pub(crate) async fn record(
    app: &App,
    tx: &mut dyn Tx,
    asked: &Asked,
    id: RequestId,
    course: Option<CourseId>,
    work: Work,
) -> Result<Request, StoreError> {
    let now = app.now();
    let kept = if work.is_job() { JOBS_ARE_KEPT } else { KEYS_ARE_KEPT };
    let request = Request {
        id,
        caller: asked.subject.clone(),
        key: asked.key.clone(),
        course,
        work,
        created_at: now,
        answer_due_at: now + delta(app.settings.answer_deadline),
        keep_until: now + kept,
    };
    if request.key.is_some() || request.work.is_job() {
        match tx.insert_request(&request, keys_since(app)).await {
            // Somebody sent the same key meanwhile: `once` looks for it.
            Err(StoreError::Conflict(why)) => return Err(StoreError::Unavailable(why)),
            written => written?,
        }
    }
    Ok(request)
}

/// Lets a repeat through once everything is decided, or the answer to the first was due.
pub(crate) async fn over_or_due<E>(app: &App, request: &Request) -> Result<(), E>
where
    E: From<RepeatError> + From<StoreError>,
{
    let left = (request.answer_due_at - app.now()).to_std().unwrap_or_default();
    let sagas = request.work.sagas();
    if left.is_zero() || sagas.is_empty() {
        return Ok(());
    }
    let statuses = app.glance().await?.statuses(&sagas).await?;
    match statuses.iter().any(|(_, status)| status.is_open()) {
        true => Err(RepeatError::AtWork { retry_after: left.clamp(PAUSES.0, PAUSES.1) }.into()),
        false => Ok(()),
    }
}
