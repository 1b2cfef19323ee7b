use crate::app::App;
use crate::mail::InHand;
use event_listener::Event;
use futures::FutureExt;
use futures::future::select;
use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

/// The sagas and reconcilers at work in this process. Nothing here decides anything about a saga:
/// all of that is in the ledger.
#[derive(Default)]
pub(crate) struct Tasks {
    draining: AtomicBool,
    at_work: AtomicUsize,
    idle: Event,
    /// Rung when the service is being stopped.
    stopping: Event,
    /// Rung when a saga has moved or a mail has gone, for those who wait.
    pub(crate) progress: Event,
    /// Rung when a reconciler has something to do before its timer says so.
    pub(crate) wake: Event,
    /// Rung when a mail waits for its turn.
    pub(crate) mail: Event,
    /// The mails that are being sent.
    pub(crate) mails: InHand,
}

impl Tasks {
    pub(crate) fn draining(&self) -> bool {
        self.draining.load(Ordering::Acquire)
    }
}

impl App {
    /// Runs a task to its end on the process's own runtime, whatever becomes of the caller.
    pub(crate) fn spawn(self: &Arc<Self>, task: impl Future<Output = ()> + Send + 'static) {
        let app = Arc::clone(self);
        app.tasks.at_work.fetch_add(1, Ordering::AcqRel);
        self.ports.spawner.spawn(
            async move {
                if AssertUnwindSafe(task).catch_unwind().await.is_err() {
                    // A saga in its hands is taken over when its lease ends.
                    tracing::error!("a background task panicked");
                }
                if app.tasks.at_work.fetch_sub(1, Ordering::AcqRel) == 1 {
                    app.tasks.idle.notify(usize::MAX);
                }
            }
            .boxed(),
        );
    }

    /// Stops starting anything new, and makes what is at work stop after its current call.
    pub fn begin_shutdown(&self) {
        self.tasks.draining.store(true, Ordering::Release);
        self.tasks.stopping.notify(usize::MAX);
        self.tasks.progress.notify(usize::MAX);
        self.wake_reconcilers();
    }

    /// Waits so long, or until the service is being stopped.
    pub(crate) async fn rest(&self, duration: Duration) {
        let stopping = self.tasks.stopping.listen();
        if !self.tasks.draining() {
            select(stopping, self.ports.clock.sleep(duration)).await;
        }
    }

    /// Waits until something has moved, but no longer than this.
    pub(crate) async fn rest_until_progress(&self, duration: Duration) {
        // What moves in bursts is looked at once a burst.
        const BURST: Duration = Duration::from_millis(25);
        let progress = self.tasks.progress.listen();
        if !self.tasks.draining() {
            select(progress, self.ports.clock.sleep(duration)).await;
        }
        self.rest(BURST.min(duration)).await;
    }

    /// Waits until something has moved, but no longer than this, and not so short that a long
    /// queue would keep the database busy with its waiting.
    pub(crate) async fn rest_in_queue(&self, duration: Duration) {
        const AT_LEAST: Duration = Duration::from_secs(1);
        let progress = self.tasks.progress.listen();
        self.rest(AT_LEAST.min(duration)).await;
        if !self.tasks.draining() {
            let left = duration.saturating_sub(AT_LEAST);
            select(progress, self.ports.clock.sleep(left)).await;
        }
    }

    /// Whether the service is being stopped.
    #[must_use]
    pub fn is_shutting_down(&self) -> bool {
        self.tasks.draining()
    }

    /// Waits until everything at work has stopped and handed its leases back.
    pub async fn drained(&self) {
        loop {
            let idle = self.tasks.idle.listen();
            if self.tasks.at_work.load(Ordering::Acquire) == 0 {
                return;
            }
            idle.await;
        }
    }
}
