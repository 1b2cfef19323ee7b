use super::outcome::Stop;
use super::run::{Run, claimed};
use super::turn::Turn;
use crate::app::{App, finish};
use crate::ports::StoreError;
use chrono::{DateTime, Utc};
use course_seats_domain::ids::SagaId;
use course_seats_domain::plans::{CourseEvent, CourseStep};
use course_seats_domain::saga::{Claim, Next};
use futures::channel::oneshot;
use futures::future::ready;
use futures::stream;
use futures::{FutureExt, StreamExt};
use std::sync::Arc;
use std::time::Duration;

/// How a run ended.
pub(super) enum End {
    /// The saga is closed, in other hands, or not to be tried again (see `Outcome::Undecidable`).
    Over,
    /// The lease is given back; it is due again after this pause.
    Later(Duration),
    /// The same, but it waits for another saga: whatever moves may be that.
    Queued(Duration),
}

/// Drives sagas that were just written, each in a task of its own; as many at once are at work outside
/// as a request's students may be. While they wait for the outside, as many others are taken, and as
/// many settle: the database and the outside work at the same time. The receiver hears when every one
/// of them was driven as far as it goes without waiting.
pub(crate) fn start(app: &Arc<App>, sagas: Vec<SagaId>) -> oneshot::Receiver<()> {
    start_some(app, sagas, app.settings.batch_concurrency)
}

/// The same, so many at once.
pub(crate) fn start_some(
    app: &Arc<App>,
    sagas: Vec<SagaId>,
    at_once: usize,
) -> oneshot::Receiver<()> {
    let (done, finished) = oneshot::channel();
    let app_in_task = Arc::clone(app);
    app.spawn(async move {
        stream::iter(sagas)
            .map(|saga| {
                let (turn, place) = Turn::new();
                ready((place, run(&app_in_task, saga, turn)))
            })
            .buffered(at_once)
            .map(|(place, driven)| place.lent().map(|()| driven))
            .buffer_unordered(at_once)
            .for_each_concurrent(at_once, |driven| async move {
                // An error means that it is over, or that its task panicked: then it is taken over.
                let _ = driven.await;
            })
            .await;
        // Nobody may be waiting any more.
        let _ = done.send(());
    });
    finished
}

/// Drives one saga in a task of its own. The receiver hears when it is closed or waits for its
/// next try, which then happens by itself.
pub(crate) fn resume(app: &Arc<App>, saga: SagaId) -> oneshot::Receiver<()> {
    run(app, saga, Turn::default())
}

fn run(app: &Arc<App>, saga: SagaId, mut turn: Turn) -> oneshot::Receiver<()> {
    let (done, driven) = oneshot::channel();
    let app_in_task = Arc::clone(app);
    app.spawn(async move {
        let mut done = Some(done);
        let mut tries = 0;
        loop {
            let end = drive(&app_in_task, saga, tries, &mut turn).await;
            if matches!(end, End::Over) {
                return;
            }
            turn.give_back();
            if let Some(done) = done.take() {
                let _ = done.send(());
            }
            if app_in_task.tasks.draining() {
                return;
            }
            match end {
                End::Over => return,
                End::Later(pause) => app_in_task.rest(pause).await,
                End::Queued(pause) => app_in_task.rest_in_queue(pause).await,
            }
            tries += 1;
        }
    });
    driven
}

/// Takes the saga and works on it until it is closed, lost, or has to wait.
async fn drive(app: &Arc<App>, id: SagaId, tries: u32, turn: &mut Turn) -> End {
    let claimed_at = app.ports.clock.monotonic();
    let claim = async {
        // One of many that were just written here: nobody has had it, but for an accident.
        if turn.is_awaited() {
            let mut tx = app.single().await?;
            let claim = tx.claim_new(id, app.settings.lease()).await;
            if let Some(claim) = finish(tx, claim.map_err(StoreError::from)).await? {
                return Ok(claim);
            }
        }
        let mut tx = app.begin().await?;
        let claim = tx.claim(id.uuid(), app.settings.lease()).await;
        claimed(tx, claim).await
    }
    .await;
    let mut run = match claim {
        Ok(Claim::Taken { ticket, saga, created_at }) => {
            Run::new(Arc::clone(app), ticket, *saga, created_at, claimed_at)
        }
        Ok(Claim::Held | Claim::Closed(_) | Claim::Missing) => return End::Over,
        Err(StoreError::Corrupt(why)) => {
            // Recovery comes back to it; perhaps a newer replica can read it.
            tracing::error!(saga = %id, why, "the saga cannot be read");
            return End::Over;
        }
        Err(error) => {
            tracing::warn!(saga = %id, %error, "the saga was not taken");
            return End::Later(app.backoff(tries));
        }
    };
    let mut rereads = 0;
    loop {
        match run.advance(tries, turn).await {
            Ok(end) => {
                // One that waits has let go of nothing that anybody else waits for.
                if matches!(end, End::Over) {
                    app.tasks.progress.notify(usize::MAX);
                }
                return end;
            }
            Err(Stop::Reread) => {
                // A database that answers, but does not take this write, is not asked in one breath.
                app.rest(app.backoff(rereads)).await;
                rereads += 1;
                match run.pick_up_again().await {
                    Ok(()) | Err(Stop::Reread) => {}
                    Err(Stop::Lost | Stop::Draining) => return End::Over,
                }
            }
            Err(Stop::Lost) => {
                run.lease.end();
                app.tasks.progress.notify(usize::MAX);
                return End::Over;
            }
            Err(Stop::Draining) => {
                // Handed back at once, and anybody's at once; if even that fails, the lease runs out.
                let due = app.now() - app.settings.lease() * 2;
                if run.release_until(due).await.is_err() {
                    tracing::warn!(saga = %id, "a lease was not handed back");
                }
                return End::Over;
            }
        }
    }
}

/// When something that is not to be tried again is due: beyond all time that anybody sets.
fn never() -> DateTime<Utc> {
    DateTime::from_timestamp(253_370_764_800, 0).unwrap_or(DateTime::<Utc>::MAX_UTC)
}

/// What a step or a round of undos leaves to do.
pub(super) enum Flow {
    /// Go on with what is next.
    On,
    /// Give the lease back and try again later.
    Wait,
    /// The same, but it waits for another saga.
    Queue,
    /// Give the lease back and stop trying.
    Never,
    /// The saga is closed.
    Closed,
}

impl Run {
    /// Does what is next until the saga is closed or has to wait.
    async fn advance(&mut self, tries: u32, turn: &mut Turn) -> Result<End, Stop> {
        loop {
            self.keep_lease().await?;
            let flow = match self.saga.next() {
                Next::Do(at, step) => {
                    let step: CourseStep = step.clone();
                    match step.is_local() {
                        // Its time may have gone meanwhile.
                        false if turn.is_awaited() => {
                            turn.comes().await;
                            continue;
                        }
                        true if turn.is_had() => turn.give_back(),
                        _ => {}
                    }
                    self.forward(at, &step).await?
                }
                Next::Undo(outstanding) => {
                    let outstanding =
                        outstanding.into_iter().map(|(at, undo)| (at, undo.clone())).collect();
                    self.backward(outstanding).await?
                }
                // A plan ends with a settle, which closes the saga itself; this is for plans of
                // other versions.
                Next::Complete => self.close(CourseEvent::Completed).await?,
                Next::CloseUndone => self.close(CourseEvent::AllUndone).await?,
                Next::Nothing => Flow::Closed,
            };
            match flow {
                Flow::On => {}
                Flow::Closed => return Ok(End::Over),
                Flow::Wait => {
                    self.ask_for_attention_if_old()?;
                    let pause = self.app.backoff(tries);
                    self.release(pause).await?;
                    return Ok(End::Later(pause));
                }
                Flow::Queue => {
                    self.ask_for_attention_if_old()?;
                    // Another replica may be the one that it waits for.
                    let pause = self.app.backoff(tries).min(self.app.settings.reconcile_interval);
                    self.release(pause).await?;
                    return Ok(End::Queued(pause));
                }
                Flow::Never => {
                    self.release_until(never()).await?;
                    return Ok(End::Over);
                }
            }
        }
    }

    /// Goes on from what is on paper. What must not be forgotten is written at once: the next write
    /// may be the one that is not taken.
    async fn pick_up_again(&mut self) -> Result<(), Stop> {
        self.reread().await?;
        self.ask_for_attention_if_old()?;
        if self.unwritten().is_empty() { Ok(()) } else { self.write().await }
    }

    fn ask_for_attention_if_old(&mut self) -> Result<(), Stop> {
        let age = self.app.now() - self.created_at;
        let limit = crate::settings::delta(self.app.settings.needs_attention_after);
        if self.saga.needs_attention || age < limit {
            return Ok(());
        }
        let last = self.saga.steps.iter().rev().find_map(|step| step.error.clone());
        let why = last.unwrap_or_else(|| "it has been open for too long".into());
        self.tell(CourseEvent::NeedsAttention { why })
    }

    /// Closes a saga that has nothing to settle.
    async fn close(&mut self, closing: CourseEvent) -> Result<Flow, Stop> {
        let undone = matches!(closing, CourseEvent::AllUndone);
        let result = async {
            let mut tx = self.app.begin().await?;
            let result = async {
                let closed = self.close_in(&mut *tx, vec![closing]).await?;
                if undone {
                    self.keep_given_up(&mut *tx).await?;
                }
                Ok::<_, StoreError>(closed)
            }
            .await;
            finish(tx, result).await
        }
        .await;
        match result {
            Ok(closed) => {
                self.saga = closed;
                self.written(Ok(()))?;
                Ok(Flow::Closed)
            }
            Err(error) => self.written(Err(error)).map(|()| Flow::Closed),
        }
    }
}
