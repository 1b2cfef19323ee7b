use super::outcome::{Outcome, Stop};
use crate::app::{App, finish};
use crate::ports::{Lease, StoreError, Tx};
use crate::settings::delta;
use chrono::{DateTime, Utc};
use course_seats_domain::ids::SagaId;
use course_seats_domain::plans::{CourseEvent, CourseSaga, CourseStep, CourseUndo, Note};
use course_seats_domain::saga::{Claim, LedgerError, Status, StepState, Ticket};
use std::sync::Arc;
use std::time::Duration;

/// A saga in our hands: what is known of it, and the right to write to it.
///
/// Most progress is only remembered ([`Run::tell`]): who takes over repeats it, which is safe.
/// What must not be repeated is written down first ([`Run::write`]).
pub(super) struct Run {
    pub(super) app: Arc<App>,
    pub(super) id: SagaId,
    pub(super) ticket: Ticket,
    pub(super) saga: CourseSaga,
    pub(super) lease: Lease,
    pub(super) created_at: DateTime<Utc>,
    unwritten: Vec<CourseEvent>,
    /// Of a closing: whether it has opened the drops that it waits for.
    pub(super) drops_opened: bool,
}

impl Run {
    /// `claimed_at`: the monotonic time right before the claim was sent.
    pub(super) fn new(
        app: Arc<App>,
        ticket: Ticket,
        saga: CourseSaga,
        created_at: DateTime<Utc>,
        claimed_at: Duration,
    ) -> Self {
        let lease = Lease::until(claimed_at + app.settings.saga_lease);
        let id = SagaId::new(ticket.saga);
        let unwritten = Vec::new();
        Self { app, id, ticket, saga, lease, created_at, unwritten, drops_opened: false }
    }

    /// Takes in what happened, to be written with the next write, if it is news.
    pub(super) fn tell(&mut self, event: CourseEvent) -> Result<(), Stop> {
        if !self.saga.is_news(&event) {
            return Ok(());
        }
        if let Err(illegal) = self.saga.apply(&event) {
            tracing::error!(saga = %self.id, error = %illegal, "bug: an illegal event");
            return Err(Stop::Reread);
        }
        self.unwritten.push(event);
        Ok(())
    }

    /// Writes what was told, and renews the lease.
    pub(super) async fn write(&mut self) -> Result<(), Stop> {
        let sent_at = self.app.ports.clock.monotonic();
        let result = async {
            let mut tx = self.app.begin().await?;
            let lease = self.app.settings.lease();
            let result = tx.record(&self.ticket, &self.unwritten, lease).await;
            finish(tx, result.map_err(StoreError::from)).await
        }
        .await;
        self.written(result)?;
        self.lease.renew(sent_at + self.app.settings.saga_lease);
        Ok(())
    }

    /// Tells and writes at once.
    pub(super) async fn note(&mut self, event: CourseEvent) -> Result<(), Stop> {
        self.tell(event)?;
        self.write().await
    }

    /// Writes a note before the act that it announces.
    pub(super) async fn announce(&mut self, step: usize, note: Note) -> Result<(), Stop> {
        self.note(CourseEvent::Noted { step, note }).await
    }

    /// What is told but not written; whoever writes it within a transaction of its own calls
    /// [`Run::written`] with what came of it.
    pub(super) fn unwritten(&self) -> &[CourseEvent] {
        &self.unwritten
    }

    /// Takes in what came of a write of all that was told.
    pub(super) fn written(&mut self, result: Result<(), StoreError>) -> Result<(), Stop> {
        match result {
            Ok(()) => {
                self.unwritten.clear();
                self.ticket.status = self.saga.status;
                Ok(())
            }
            Err(StoreError::Fenced) => Err(Stop::Lost),
            Err(error) => {
                tracing::warn!(saga = %self.id, %error, "the ledger did not write");
                Err(Stop::Reread)
            }
        }
    }

    /// Renews the lease if half of it is gone: progress renews it, nothing else does.
    pub(super) async fn keep_lease(&mut self) -> Result<(), Stop> {
        if self.app.tasks.draining() {
            return Err(Stop::Draining);
        }
        let half = self.app.settings.saga_lease / 2;
        if self.lease.covers(self.app.ports.clock.monotonic(), half) {
            return Ok(());
        }
        self.write().await
    }

    /// Waits a little within the run, keeping the lease.
    pub(super) async fn pause(&mut self, duration: Duration) -> Result<(), Stop> {
        let longest = self.app.settings.saga_lease / 4;
        self.app.rest(duration.min(longest)).await;
        self.keep_lease().await
    }

    /// Reads the saga again after a write whose outcome is not known, as long as it is ours. What
    /// was told and is not on paper may have happened all the same: the saga is told that it was
    /// taken over, so that an undo does not pass over it, and that it is looked at again.
    pub(super) async fn reread(&mut self) -> Result<(), Stop> {
        let in_doubt = !self.unwritten.is_empty();
        self.unwritten.clear();
        let mut tries = 0;
        loop {
            match self.read_again().await {
                Ok(saga) => {
                    self.saga = saga;
                    return if in_doubt { self.tell(CourseEvent::TakenOver) } else { Ok(()) };
                }
                Err(StoreError::Fenced) => return Err(Stop::Lost),
                Err(error) => tracing::warn!(saga = %self.id, %error, "the ledger does not answer"),
            }
            if self.app.tasks.draining() {
                return Err(Stop::Lost);
            }
            self.app.rest(self.app.backoff(tries)).await;
            tries += 1;
        }
    }

    async fn read_again(&mut self) -> Result<CourseSaga, StoreError> {
        let sent_at = self.app.ports.clock.monotonic();
        let mut tx = self.app.begin().await?;
        // What it turned to is not yet known: either of the two may be on paper.
        let result = async {
            tx.record(&self.ticket, &[], self.app.settings.lease()).await?;
            tx.load(self.ticket.saga).await?.ok_or(StoreError::Fenced)
        }
        .await;
        let saga = finish(tx, result).await?;
        self.lease.renew(sent_at + self.app.settings.saga_lease);
        Ok(saga)
    }

    /// Gives the lease back; the saga is due again after `pause`.
    pub(super) async fn release(&mut self, pause: Duration) -> Result<(), Stop> {
        self.lease.end();
        let due = self.app.now() + delta(pause);
        self.release_until(due).await
    }

    /// Gives the lease back; the saga is due again at `due`.
    pub(super) async fn release_until(&mut self, due: DateTime<Utc>) -> Result<(), Stop> {
        self.lease.end();
        let result = async {
            let mut tx = self.app.begin().await?;
            let result = tx.release(&self.ticket, &self.unwritten, due).await;
            finish(tx, result.map_err(StoreError::from)).await
        }
        .await;
        self.written(result)
    }

    /// Within a transaction: appends what was told and closes the saga. `closing` must be the
    /// event that closes it, not told before.
    pub(super) async fn close_in(
        &self,
        tx: &mut dyn Tx,
        closing: Vec<CourseEvent>,
    ) -> Result<CourseSaga, StoreError> {
        let mut closed = self.saga.clone();
        for event in &closing {
            closed.apply(event).map_err(|bug| StoreError::Corrupt(bug.to_string()))?;
        }
        let events: Vec<CourseEvent> = self.unwritten.iter().cloned().chain(closing).collect();
        let look_at = self.first_look(&closed);
        tx.close(&self.ticket, &events, look_at).await?;
        Ok(closed)
    }

    /// When the closed saga is to be looked at: every saga that ever had an unknown outcome,
    /// every account given up, every drop, every closing (design §4.4).
    fn first_look(&self, closed: &CourseSaga) -> Option<DateTime<Utc>> {
        let wanted = closed.uncertain || always_looked_at(closed);
        wanted
            .then(|| self.app.settings.look_after(0))
            .flatten()
            .map(|after| self.app.now() + after)
    }
}

/// Ends the transaction of a claim. A plan that this code does not know was written by a newer
/// replica, in a rolling deploy: the claim is taken back, so that one of those gets it.
pub(super) async fn claimed(
    tx: Box<dyn Tx>,
    claim: Result<Claim<CourseStep>, LedgerError>,
) -> Result<Claim<CourseStep>, StoreError> {
    match claim {
        Ok(Claim::Taken { ticket, saga, .. }) if !saga.plan.is_known() => {
            let version = saga.plan.version;
            tracing::warn!(saga = %ticket.saga, version, "a plan of a newer version: left alone");
            tx.rollback().await?;
            Ok(Claim::Held)
        }
        claim => finish(tx, claim.map_err(StoreError::from)).await,
    }
}

/// What is looked at again even if all went as planned: drops, accounts given up, closings, because a
/// template's grant may be committed only after the lab's deplete, and fundings: if they were ended,
/// the look takes back what was granted, and so it does if the other service has deleted the course
/// before the grant was committed.
fn always_looked_at(saga: &CourseSaga) -> bool {
    saga.plan.steps.iter().zip(&saga.steps).any(|(planned, record)| match saga.status {
        Status::Undone => {
            let account = matches!(
                planned.undo,
                Some(CourseUndo::GiveUpLab { .. } | CourseUndo::GiveUpProject { .. })
            );
            let granted = matches!(planned.step, CourseStep::GrantTemplate { .. });
            account && record.state == StepState::Undone
                || granted && record.state != StepState::Pending
        }
        Status::Completed => {
            matches!(
                planned.step,
                CourseStep::SettleDrop(_)
                    | CourseStep::SettleClosing(_)
                    | CourseStep::GrantTemplate { .. }
            )
        }
        Status::Running | Status::Undoing => false,
    })
}

impl App {
    /// The pause before another try: doubling, with jitter, up to `RETRY_MAX_MS`.
    pub(crate) fn backoff(&self, tries: u32) -> Duration {
        let base = Duration::from_millis(200).saturating_mul(1 << tries.min(10));
        base.min(self.settings.retry_max).mul_f64(0.5 + self.ports.entropy.fraction() / 2.0)
    }
}

impl From<StoreError> for Outcome {
    fn from(error: StoreError) -> Self {
        Self::NotDone(error.to_string())
    }
}
